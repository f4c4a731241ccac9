"""From records to what arrived: events with their facts, dead letters, and events newer than this release knows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.billing.facts import Fact
from shared.events.envelope import CloudEvent
from shared.events.errors import UnknownVersion, Unreadable
from shared.events.models.base import EventModel
from shared.events.reading import read_from_record
from shared.log.records import Record
from shared.log.topics import CATALOG, ORDERS, SUBSCRIPTIONS, largest_record
from shared.projections.spec import Key, ProjectionSpec
from shared.store.dead_letters import DeadLetter

# What the subject of an event is, by topic; only subscriptions are streams that stop for it, the others are counted.
_SUBJECTS = {CATALOG.name: "product", ORDERS.name: "order", SUBSCRIPTIONS.name: "subscription"}


@dataclass(frozen=True, slots=True)
class Arrived:
    """An event that can be taken in, with the facts that this projection stores of it."""

    record: Record
    event: CloudEvent
    model: EventModel
    fingerprint: bytes
    facts: tuple[Fact, ...]

    @property
    def identity(self) -> tuple[str, str]:
        """Source and id: unique."""
        return (self.event.source, self.event.id)


@dataclass(slots=True)
class Arrivals:
    """What a batch brought. `newer`: the things whose handler has to wait for another release, with the reason."""

    arrived: list[Arrived] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)
    newer: dict[Key, str] = field(default_factory=dict)


def read_arrivals(spec: ProjectionSpec, records: Iterable[Record]) -> Arrivals:
    """Read records in their order. Never raises for what a record holds."""
    found = Arrivals()
    for record in records:
        try:
            read = read_from_record(record.key, record.value, record.headers, largest_record(record.topic))
            facts = tuple(fact for fact in spec.facts_of(read.event, read.model) if fact.scope in spec.scopes)
        except Unreadable as unreadable:
            found.dead.append(DeadLetter(record, unreadable.reason))
        except UnknownVersion as unknown:
            # The bytes are kept as a dead letter that can be retried; the stream must not go on without this event.
            found.dead.append(DeadLetter(record, unknown.reason))
            if unknown.event.subject is not None:
                found.newer[Key(_SUBJECTS.get(record.topic, "event"), unknown.event.subject)] = unknown.reason
        except Exception as error:  # a fault of ours: this record waits among the dead letters, the rest goes on
            found.dead.append(DeadLetter(record, f"cannot be taken in here: {type(error).__name__}: {error}"))
        else:
            found.arrived.append(Arrived(record, read.event, read.model, read.fingerprint, facts))
    return found
