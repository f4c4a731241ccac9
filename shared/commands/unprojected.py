"""Own events that projections may not know yet, by what they are about.

An event is written here in the transaction that appends it. A command is decided on the facts of the projection and on
these; one that is in both counts once. They are forgotten once the live generation of subscriptions has them and, where
they are about accounts, that of orders as well: who reads here before it reads there misses none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from psycopg import AsyncConnection, sql

from shared.billing.facts import Fact
from shared.events.facts import facts_of
from shared.events.reading import read
from shared.projections.generations import generations
from shared.projections.spec import Key
from shared.store.arrays import columns
from shared.store.event_table import event_of_row

PROJECTION = "subscriptions"
# Also decides on accounts that events of subscriptions name: whose customer was imported.
_OF_ACCOUNTS = "orders"
_REMEMBER = """
INSERT INTO store.unprojected (scope, scope_id, event_id)
SELECT scope, scope_id, event_id FROM unnest(%s::text[], %s::text[], %s::text[]) AS w (scope, scope_id, event_id)
"""
# `event` is the live generation's: the connection's search_path says which that is.
_READ = """
SELECT own.id, own.source, own.type, own.version, own.time, own.subject, own.sequence, own.data::text
FROM (
    SELECT DISTINCT event_id AS id FROM store.unprojected
    JOIN unnest(%s::text[], %s::text[]) AS w (scope, scope_id) USING (scope, scope_id)
) AS recent
JOIN store.event AS own USING (id)
WHERE NOT EXISTS (SELECT FROM event AS known WHERE known.identity = store.identity(own.source, own.id))
"""
_FORGET = """
DELETE FROM store.unprojected AS u USING store.event AS own
WHERE own.id = u.event_id
    AND EXISTS (SELECT FROM event AS known WHERE known.identity = store.identity(own.source, own.id))
"""
_AND_OF_ACCOUNTS = """
    AND (
        u.scope NOT IN ('customer', 'reseller')
        OR EXISTS (SELECT FROM {} AS known WHERE known.identity = store.identity(own.source, own.id))
    )
"""


async def remember(connection: AsyncConnection, facts: Iterable[Fact]) -> None:
    """Write down what new events are about, in the transaction that appends them."""
    rows = sorted({(fact.scope, fact.scope_id, fact.id) for fact in facts})
    if rows:
        await connection.execute(_REMEMBER, columns(rows, 3))


async def unprojected(connection: AsyncConnection, keys: Collection[Key]) -> list[Fact]:
    """The facts of recent own events about these things, and what else those events say.

    Read before the facts of the projection: one that arrives there in between is then found twice, never missed.
    """
    if not keys:
        return []
    rows = await (await connection.execute(_READ, columns(sorted(keys), 2))).fetchall()
    return [fact for row in rows for fact in _facts(row)]


def _facts(row: tuple[Any, ...]) -> tuple[Fact, ...]:
    event = event_of_row(row)
    return facts_of(event, read(event).model)


async def forget(connection: AsyncConnection) -> int:
    """Drop those that the live generations have; how many. Connection with its search_path."""
    statement = sql.Composed([sql.SQL(_FORGET)])
    for one in await generations(connection, _OF_ACCOUNTS):
        if one.status == "live":
            statement += sql.SQL(_AND_OF_ACCOUNTS).format(sql.Identifier(one.schema, "event"))
    return (await connection.execute(statement)).rowcount
