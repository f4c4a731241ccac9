"""From records to what arrived: events with their facts, dead letters, and events newer than this release knows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.billing.facts import Fact
from shared.events.envelope import CloudEvent
from shared.events.errors import UnknownVersion, Unreadable
from shared.events.models.base import EventModel
from shared.events.quick import read_plainly
from shared.events.reading import read_from_record
from shared.events.registry import EVENT_TYPES
from shared.log.records import Record
from shared.log.topics import CATALOG, ORDERS, SUBSCRIPTIONS, TOPICS, largest_record
from shared.projections.spec import Key, ProjectionSpec
from shared.store.dead_letters import DeadLetter

# What the subject of an event is, by topic; only subscriptions are streams that stop for it, the others are counted.
_SUBJECTS = {CATALOG.name: "product", ORDERS.name: "order", SUBSCRIPTIONS.name: "subscription"}
_OTHER = "event"


@dataclass(frozen=True, slots=True)
class Arrived:
    """An event that can be taken in, with the facts that this projection stores of it.

    Without a model where it was plain enough to be read without.
    """

    record: Record
    event: CloudEvent
    model: EventModel | None
    fingerprint: bytes
    facts: tuple[Fact, ...]


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
        if _says_nothing(spec, record):
            continue
        plainly = read_plainly(record.key, record.value, record.headers) if spec.plainly else None
        if plainly is not None:
            if plainly.event.type in spec.types:
                event, fingerprint, fact = plainly
                found.arrived.append(Arrived(record, event, None, fingerprint, (fact,)))
            continue
        try:
            read = read_from_record(record.key, record.value, record.headers, largest_record(record.topic))
            facts = tuple(fact for fact in spec.facts_of(read.event, read.model) if fact.scope in spec.scopes)
        except Unreadable as unreadable:
            found.dead.append(DeadLetter(record, unreadable.reason))
        except UnknownVersion as unknown:
            # The bytes are kept as a dead letter that can be retried; the stream must not go on without this event,
            # where the event says which: what its data mean, only a release that knows the version can say.
            found.dead.append(DeadLetter(record, unknown.reason_of_letter))
            if unknown.event.subject is not None:
                found.newer[about(record.topic, unknown.event.subject)] = unknown.reason
        except Exception as error:  # a fault of ours: this record waits among the dead letters, the rest goes on
            found.dead.append(DeadLetter(record, f"cannot be taken in here: {type(error).__name__}: {error}"))
        else:
            if read.event.type not in spec.types:
                continue
            found.arrived.append(Arrived(record, read.event, read.model, read.fingerprint, facts))
    return found


def _says_nothing(spec: ProjectionSpec, record: Record) -> bool:
    """Whether its header names a type that is known and that this projection makes nothing of.

    Who does make something of it finds out whether it can be read at all.
    """
    for name, content in record.headers:
        if name == "ce_type":
            return content in _KNOWN and content.decode() not in spec.types
    return False


_KNOWN = frozenset(name.encode() for name in EVENT_TYPES)


def about(topic: str, subject: str) -> Key:
    """What an event on a topic is about, by its subject alone."""
    return Key(_SUBJECTS.get(topic, _OTHER), subject)


def topics_about(scope: str) -> frozenset[str]:
    """The topics whose events are about things of a scope, as `about` has it."""
    return frozenset(topic.name for topic in TOPICS if _SUBJECTS.get(topic.name, _OTHER) == scope)
