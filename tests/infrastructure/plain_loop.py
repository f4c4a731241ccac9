"""The plainest projection there can be, to measure others by: one event, one transaction, every fold from all facts.

No batches, no states, no cache, and nothing of what live projectors and rebuilds are made of: only what an event says,
and the pure functions of the spec. Its rows are in a schema of its own, in tables as the service has them.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg import AsyncConnection, sql

from shared.billing.facts import Fact
from shared.events.envelope import CloudEvent
from shared.events.errors import UnknownVersion, Unreadable
from shared.events.models.base import EventModel
from shared.events.reading import read_from_record
from shared.log.ends import end_offsets
from shared.log.records import Partition, Record, record_of
from shared.log.span import Bounds, Span
from shared.log.topics import largest_record
from shared.projections.spec import Key, ProjectionSpec, Rows, Table
from shared.store.pool import connect

# `about` and `names` are keys as `str` writes them; `said` is the fact itself.
_TABLES = """
CREATE TABLE taken_in (source text, id text, PRIMARY KEY (source, id));
CREATE TABLE said (about text NOT NULL, names text[] NOT NULL, said bytea NOT NULL);
CREATE INDEX ON said (about);
CREATE INDEX ON said USING gin (names);
CREATE TABLE waits (scope text, scope_id text, facts integer NOT NULL, PRIMARY KEY (scope, scope_id));
"""
_TAKE_IN = "INSERT INTO taken_in (source, id) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING id"
_SAY = "INSERT INTO said (about, names, said) VALUES (%s, %s, %s)"
_ABOUT = "SELECT said FROM said WHERE about = %s"
# What a thing looks at: what its facts name, and what the facts of that name in turn.
_LOOKED_AT = """
WITH RECURSIVE reached (about) AS (
    SELECT unnest(names) FROM said WHERE about = %s
    UNION SELECT unnest(said.names) FROM said JOIN reached USING (about)
)
SELECT about, said FROM reached JOIN said USING (about)
"""
# The other way round: what looks at one of these.
_LOOKS_AT = """
WITH RECURSIVE reached (about) AS (
    SELECT unnest(%s::text[])
    UNION SELECT said.about FROM said JOIN reached ON said.names @> ARRAY[reached.about]
)
SELECT about FROM reached
"""
_FOUNDED = "DELETE FROM waits WHERE (scope, scope_id) = (%s, %s)"
_WAITS = "INSERT INTO waits (scope, scope_id, facts) VALUES (%s, %s, %s)"


async def project_plainly(
    dsn: str, spec: ProjectionSpec, records: Iterable[Record], at: datetime | None = None, schema: str | None = None
) -> int:
    """Project the records of a log, one by one in the order given; how many events were new.

    The tables are made first, in `schema` (`<name>_plain`), which must not be there. The rows are those of the moment
    `at` (aware; now). Whatever a fold or the database raises passes: there are no dead letters and nothing is parked;
    a record that cannot be read is passed over.
    """
    within = schema or f"{spec.name}_plain"
    async with await connect(dsn) as making:
        await making.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(within)))
    async with await connect(dsn, within) as connection:
        await connection.execute(_TABLES)
        await connection.execute((spec.sql / "tables.sql").read_bytes())
        loop = _PlainLoop(connection, spec, at or datetime.now(UTC))
        return sum([await loop.take(record) for record in records])


@dataclass(frozen=True, slots=True)
class _PlainLoop:
    connection: AsyncConnection
    spec: ProjectionSpec
    at: datetime

    async def take(self, record: Record) -> bool:
        """Whether the record holds an event that is new and says something here."""
        try:
            event, model, _ = read_from_record(record.key, record.value, record.headers, largest_record(record.topic))
        except (Unreadable, UnknownVersion):
            return False
        if record.topic not in self.spec.topics or event.type not in self.spec.types:
            return False
        async with self.connection.transaction():
            new = await self.connection.execute(_TAKE_IN, [event.source, event.id])
            if await new.fetchone() is None:
                return False
            for key in await self._say(event, model):
                await self._fold(key)
        return True

    async def _say(self, event: CloudEvent, model: EventModel) -> set[Key]:
        """Store what the event says; the streams that are to be folded for it."""
        facts = [fact for fact in self.spec.facts_of(event, model) if fact.scope in self.spec.scopes]
        for fact in facts:
            names = [str(name) for name in self.spec.names(fact)]
            await self.connection.execute(_SAY, [str(_about(fact)), names, pickle.dumps(fact)])
        rows = await self.connection.execute(_LOOKS_AT, [[str(_about(fact)) for fact in facts]])
        touched = {Key.parse(about) for (about,) in await rows.fetchall()}
        documents = self.spec.documents
        if documents is not None and event.type in documents.types:
            await self._insert(documents.tables, documents.rows(event, model) or {})
            touched |= set(documents.concerns(event, model))
        return {key for key in touched if key.scope in self.spec.folds}

    async def _fold(self, key: Key) -> None:
        """Replace the rows of a stream by what all its facts give."""
        stream, spec = self.spec.folds[key.scope], self.spec
        found = await (await self.connection.execute(_ABOUT, [str(key)])).fetchall()
        if not found:
            return
        facts: list[Fact] = [pickle.loads(said) for (said,) in found]
        master = spec.master(await self._looked_at(key))
        state = stream.fold.fold(key.scope_id, facts, master)
        await self._delete(stream.tables, key)
        await self.connection.execute(_FOUNDED, key)
        if state is None:
            await self.connection.execute(_WAITS, [*key, len(facts)])
            return
        extra: Mapping[str, Any] = {}
        if stream.load_extra is not None:
            extra = await stream.load_extra(self.connection, [key.scope_id])
        view = stream.fold.look(state, master, self.at)
        await self._insert(stream.tables, stream.fold.rows(view, extra.get(key.scope_id)))

    async def _looked_at(self, key: Key) -> dict[Key, list[Fact]]:
        looked_at: dict[Key, list[Fact]] = {}
        for about, said in await (await self.connection.execute(_LOOKED_AT, [str(key)])).fetchall():
            name = Key.parse(about)
            if name.scope in self.spec.looked_at:
                looked_at.setdefault(name, []).append(pickle.loads(said))
        return looked_at

    async def _delete(self, tables: Sequence[Table], key: Key) -> None:
        for table in tables:
            statement = sql.SQL("DELETE FROM {} WHERE {} = %s").format(
                sql.Identifier(table.name), sql.Identifier(table.owner)
            )
            await self.connection.execute(statement, [key.scope_id])

    async def _insert(self, tables: Sequence[Table], rows: Rows) -> None:
        for table in tables:
            columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
            values = sql.SQL(", ").join([sql.Placeholder()] * len(table.columns))
            statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(sql.Identifier(table.name), columns, values)
            for row in rows.get(table.name, ()):
                await self.connection.execute(statement, row)


def _about(fact: Fact) -> Key:
    return Key(fact.scope, fact.scope_id)


async def log_of(broker: str, topics: Sequence[str], partitions: int) -> list[Record]:
    """All that is in these topics, in the order in which the broker took it."""
    every = [Partition(topic, number) for topic in topics for number in range(partitions)]
    bounds = {partition: Bounds(0, end) for partition, end in (await end_offsets(broker, every)).items()}
    found: list[Record] = []
    async with Span(broker, bounds) as span:
        async for pieces in span.pieces(10_000):
            found += [record_of(raw) for piece in pieces for raw in piece.records]
    return sorted(found, key=lambda record: (record.timestamp, record.topic, record.partition, record.offset))


async def rows_in(dsn: str, spec: ProjectionSpec, schema: str) -> dict[str, list[str]]:
    """The rows of the spec's tables in a schema as text, sorted, by table: of a generation or of a plain loop."""
    found = {}
    async with await connect(dsn, schema) as connection:
        for table in spec.tables:
            columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
            statement = sql.SQL("SELECT ROW({})::text FROM {}").format(columns, sql.Identifier(table.name))
            found[table.name] = sorted(row for (row,) in await (await connection.execute(statement)).fetchall())
    return found


async def waiting_in(dsn: str, schema: str, table: str = "pending") -> set[tuple[str, str, int]]:
    """What waits for the fact that founds it, with how many facts; of a plain loop the table is `waits`."""
    async with await connect(dsn, schema) as connection:
        statement = sql.SQL("SELECT scope, scope_id, facts FROM {}").format(sql.Identifier(table))
        return set(await (await connection.execute(statement)).fetchall())
