"""What the records of a bucket say: read once, for all projections that are rebuilt together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from shared.billing.facts import Fact
from shared.events.envelope import CloudEvent
from shared.events.errors import UnknownVersion, Unreadable
from shared.events.facts import facts_of, facts_of_accounts
from shared.events.models.base import EventModel
from shared.events.quick import PLAIN, read_plainly
from shared.events.reading import read_from_record
from shared.log.records import Record
from shared.log.topics import largest_record
from shared.projections.facts import id_reused, identity_of
from shared.projections.spec import ProjectionSpec
from shared.store.dead_letters import DeadLetter

FactsOf = Callable[[CloudEvent, EventModel], Iterable[Fact]]


@dataclass(slots=True)
class Taken:
    """An event of a bucket, with its facts for each way of making facts of it."""

    record: Record
    event: CloudEvent
    model: EventModel | None
    identity: UUID
    fingerprint: bytes
    answers: bool
    facts: dict[FactsOf, tuple[Fact, ...]]


@dataclass(slots=True)
class Takings:
    """What a bucket brought. `dead` records are found by who answers for them."""

    taken: list[Taken] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)


def take(specs: Sequence[ProjectionSpec], records: Iterable[tuple[bool, Record]]) -> Takings:
    """Read the records of a bucket; of those with the same id the first one in the log counts. Never raises."""
    types = frozenset[str]().union(*(spec.types for spec in specs))
    plain = PLAIN.difference(*(spec.types for spec in specs if not spec.plainly)) & types
    found = Takings()
    for answers, record in records:
        plainly = read_plainly(record.key, record.value, record.headers)
        if plainly is not None and plainly.event.type in plain:
            event, fingerprint, fact = plainly
            identity = identity_of(event.source, event.id)
            found.taken.append(Taken(record, event, None, identity, fingerprint, answers, {facts_of: (fact,)}))
            continue
        try:
            read = _read(specs, types, answers, record)
        except Unreadable as unreadable:
            if answers:
                found.dead.append(DeadLetter(record, unreadable.reason))
        except UnknownVersion as unknown:
            if answers:
                found.dead.append(DeadLetter(record, unknown.reason_of_letter))
        except Exception as error:  # a fault of ours: this record is told of, with the others that are wrong
            if answers:
                reason = f"cannot be taken in here: {type(error).__name__}: {error}"
                found.dead.append(DeadLetter(record, reason))
        else:
            found.taken += read
    found.taken, reused = _each_once(found.taken)
    found.dead += reused
    return found


def _read(specs: Sequence[ProjectionSpec], types: frozenset[str], answers: bool, record: Record) -> list[Taken]:
    """The event of a record, if any of the projections makes something of it."""
    event, model, fingerprint = read_from_record(
        record.key, record.value, record.headers, largest_record(record.topic)
    )  # fmt: skip
    if event.type not in types:
        return []
    makers = {spec.facts_of for spec in specs if event.type in spec.types}
    # Beside the bucket that answers for it an event is only in that of its reseller.
    facts = {maker: tuple(maker(event, model)) if answers else facts_of_accounts(event, model) for maker in makers}
    return [Taken(record, event, model, identity_of(event.source, event.id), fingerprint, answers, facts)]


def _each_once(taken: Collection[Taken]) -> tuple[list[Taken], list[DeadLetter]]:
    first: dict[UUID, Taken] = {}
    reused = []
    for one in sorted(taken, key=_place):
        before = first.setdefault(one.identity, one)
        if before is not one and before.fingerprint != one.fingerprint and one.answers:
            place = before.record
            reused.append(DeadLetter(one.record, id_reused(one.event, place.topic, place.partition, place.offset)))
    return list(first.values()), reused


def _place(one: Taken) -> tuple[int, str, int, int]:
    record = one.record
    return (record.timestamp, record.topic, record.partition, record.offset)
