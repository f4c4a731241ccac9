"""What does not flow, as items of one list: dead records, parked streams, streams that the relay keeps back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from psycopg import AsyncConnection

from shared.projections.stopped import Parked, StreamName, parked_streams
from shared.stopped.names import KINDS, Filters, Kind, Name, OutboxName, kind_of
from shared.store import kept_letters, outbox
from shared.store.dead_letters import DEAD, DROPPED, TAKEN_IN, Place, Status
from shared.store.kept_letters import Kept
from shared.store.outbox import KeptBack

_OF_RECORDS: Final[tuple[Status, ...]] = (DEAD, DROPPED, TAKEN_IN)


@dataclass(frozen=True, slots=True)
class Item:
    """One of the list. `type`: of the event; of a stream its scope. `projection`: where it was found.

    `generations` are the schemas in which a stream stands still; `waiting`: how many records wait in the outbox.
    """

    name: Name
    status: str
    type: str | None
    subject: str | None
    topic: str | None
    projection: str
    reason: str
    since: datetime
    generations: Sequence[str] = ()
    waiting: int | None = None

    @property
    def kind(self) -> Kind:
        return kind_of(self.name)

    def shape(self, at: datetime) -> Mapping[str, object]:
        """As JSON has it; `at` is now."""
        return {
            "name": str(self.name),
            "kind": self.kind,
            "status": self.status,
            "type": self.type,
            "subject": self.subject,
            "topic": self.topic,
            "projection": self.projection,
            "generations": list(self.generations),
            "waiting": self.waiting,
            "reason": self.reason,
            "since": moment(self.since),
            "age_seconds": round((at - self.since).total_seconds(), 1),
        }


def moment(at: datetime) -> str:
    """An instant as JSON and people read it: UTC, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


async def find(connection: AsyncConnection, filters: Filters, after: Name | None, most: int) -> list[Item]:
    """At most `most` of those that are chosen, behind the one named `after`."""
    begin = 0 if after is None else KINDS.index(kind_of(after))
    found: list[Item] = []
    for kind in KINDS[begin:]:
        if filters.kind not in (None, kind) or len(found) >= most:
            continue
        behind = after if after is not None and kind_of(after) == kind else None
        if kind == "record":
            found += await _records(connection, filters, behind, most)
        else:
            items = await (_streams(connection) if kind == "stream" else _outbox(connection))
            found += _chosen(items, filters, behind)
    return found[:most]


async def _records(connection: AsyncConnection, filters: Filters, after: Name | None, most: int) -> list[Item]:
    wanted = kept_letters.Wanted(
        [status for status in _OF_RECORDS if status in filters.statuses],
        filters.topic,
        filters.type,
        filters.projection,
        filters.reason,
        filters.search,
    )
    behind = after if isinstance(after, Place) else None
    return [record_item(kept) for kept in await kept_letters.listed(connection, wanted, behind, most)]


async def _streams(connection: AsyncConnection) -> list[Item]:
    return [stream_item(name, where) for name, where in (await parked_streams(connection)).items()]


async def _outbox(connection: AsyncConnection) -> list[Item]:
    return [outbox_item(one) for one in await outbox.kept_back(connection)]


def record_item(kept: Kept) -> Item:
    return Item(
        kept.place, kept.status, kept.type, kept.subject, kept.place.topic, kept.found_by, kept.reason, kept.found_at
    )


def stream_item(name: StreamName, where: Sequence[Parked]) -> Item:
    """As its first generation has it, which is the live one where that holds it."""
    since = min(one.since for one in where)
    schemas = [one.generation.schema for one in where]
    return Item(name, "parked", name.scope, name.scope_id, None, name.projection, where[0].reason, since, schemas)


def outbox_item(one: KeptBack) -> Item:
    headers = {name: content.decode(errors="replace") for name, content in one.headers}
    name = OutboxName(one.stream_id)
    said = headers.get("ce_type"), headers.get("ce_subject")
    return Item(name, "parked", *said, one.topic, "outbox", one.reason, one.since, waiting=one.waiting)


def _chosen(items: Iterable[Item], filters: Filters, after: Name | None) -> list[Item]:
    return [
        item
        for item in items
        if (after is None or item.name > after)
        and item.status in filters.statuses
        and filters.topic in (None, item.topic)
        and filters.type in (None, item.type)
        and filters.projection in (None, item.projection)
        and (filters.reason or "").lower() in item.reason.lower()
        and (filters.search or "").lower() in f"{item.name}\n{item.subject or ''}\n{item.reason}".lower()
    ]
