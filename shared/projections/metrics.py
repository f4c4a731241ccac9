"""What a projector counts, a batch at a time, and how far its loop has come: readiness is told from that.

Written by the loop alone and read by the thread that answers scrapes and probes, one attribute at a time.
"""

from __future__ import annotations

import time
from collections import Counter as Tally
from collections.abc import Callable, Iterable
from typing import Final, Literal, get_args

from prometheus_client import CollectorRegistry, Counter, Histogram

from shared.projections.generations import Generation
from shared.projections.runner import Applied

Interruption = Literal["broker_away", "database_away", "position_lost", "record_refused", "rows_refused"]
# From a live batch of a few events to 20,000 of a backlog.
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_OF: Final = ("projection", "generation")
# A batch of the largest size takes well under this; a consumer group waits five times as long for the next poll.
SILENT_S: Final = 60.0


class ProjectorMetrics:
    """The families of a process that projects; without a registry they are counted and told to nobody."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        def counter(name: str, what: str, *more: str) -> Counter:
            return Counter(f"seatledger_projector_{name}", what, (*_OF, *more), registry=registry)

        self.events = counter("events", "Events that batches brought, duplicates included.", "type")
        self.duplicates = counter("duplicates", "Events that were known already.")
        self.facts = counter("facts", "Facts that were stored.")
        self.streams = counter("streams_folded", "Streams that were folded, by a batch or from the queue.")
        self.parked = counter("streams_parked", "Times that a stream was parked because its handler failed.")
        self.dead = counter("dead_letters", "Records that became dead letters.")
        self.interruptions = counter("interruptions", "Times that it could not simply go on, by reason.", "reason")
        self.seconds = Histogram(
            "seatledger_projector_batch_seconds",
            "How long a batch took, from records to commit.",
            _OF,
            registry=registry,
            buckets=_BUCKETS,
        )

    def of(self, generation: Generation) -> Observed:
        """What the projector of one generation counts on."""
        return Observed(self, generation)


class Observed:
    """One generation's projector, as it is seen from outside. `now` is a monotonic clock."""

    def __init__(
        self, metrics: ProjectorMetrics, generation: Generation, now: Callable[[], float] = time.monotonic
    ) -> None:
        labels = (generation.name, str(generation.number))
        self._labels, self._events, self._interruptions = labels, metrics.events, metrics.interruptions
        self._duplicates, self._facts = metrics.duplicates.labels(*labels), metrics.facts.labels(*labels)
        self._streams, self._parked = metrics.streams.labels(*labels), metrics.parked.labels(*labels)
        self._dead, self._seconds = metrics.dead.labels(*labels), metrics.seconds.labels(*labels)
        for reason in get_args(Interruption):
            self._interruptions.labels(*labels, reason)
        self._now = now
        self._polled_at = now()
        self._stopped: str | None = "no partitions are assigned yet"

    def batch(self, types: Iterable[str], applied: Applied, seconds: float) -> None:
        """A batch was committed; `types` has the type of each event that it brought."""
        for type_, count in Tally(types).items():
            self._events.labels(*self._labels, type_).inc(count)
        self._duplicates.inc(applied.duplicates)
        self._facts.inc(applied.facts)
        self._dead.inc(applied.dead)
        self._seconds.observe(seconds)
        self.folded(applied)

    def folded(self, applied: Applied) -> None:
        """Streams were folded."""
        self._streams.inc(applied.streams)
        self._parked.inc(applied.parked)

    def polled(self) -> None:
        """The log was asked, and what it gave is taken in."""
        self._polled_at = self._now()

    def assigned(self) -> None:
        """It reads on, from the partitions that the group gave it; they may be none."""
        self._stopped = None
        self.polled()

    def interrupted(self, reason: Interruption, until: str | None = None) -> None:
        """It could not go on as it was; with `until` it does not read before that: a sentence."""
        self._interruptions.labels(*self._labels, reason).inc()
        if until is not None:
            self._stopped = until

    def silent(self) -> str | None:
        """Why it does not project, in words; None while it does."""
        if self._stopped is not None:
            return self._stopped
        since = self._now() - self._polled_at
        return f"the log was last read {since:.0f} s ago" if since > SILENT_S else None
