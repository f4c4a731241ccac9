"""What does not flow: streams that wait for what founds them (pending), and streams whose handler failed (parked)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from psycopg import AsyncConnection

from shared.projections.anchors import claim
from shared.projections.recompute import ask
from shared.projections.spec import Key
from shared.store.arrays import columns

_PENDING = """
INSERT INTO pending (scope, scope_id, since, facts)
SELECT * FROM unnest(%s::text[], %s::text[], %s::timestamptz[], %s::int[]) ORDER BY 1, 2
ON CONFLICT (scope, scope_id) DO UPDATE
SET facts = excluded.facts, since = least(pending.since, excluded.since)
"""
_FOUNDED = """
DELETE FROM pending AS p USING unnest(%s::text[], %s::text[]) AS w (scope, scope_id)
WHERE (p.scope, p.scope_id) = (w.scope, w.scope_id)
"""
_PARK = """
INSERT INTO parked (scope, scope_id, reason)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[]) ORDER BY 1, 2
ON CONFLICT (scope, scope_id) DO UPDATE SET reason = excluded.reason
"""
_UNPARK = "DELETE FROM parked WHERE (scope, scope_id) = (%s, %s)"
_HOW_MANY = "SELECT count(*) FROM parked"
_WHY = """
SELECT scope, scope_id, reason FROM parked JOIN unnest(%s::text[], %s::text[]) AS w (scope, scope_id)
USING (scope, scope_id)
"""


class TooManyParked(Exception):
    """So many streams failed that it is not they who are wrong: the projector stops."""


async def await_founding(connection: AsyncConnection, facts: Mapping[Key, int], since: Mapping[Key, datetime]) -> None:
    """Show that these wait, with how many facts, and since when by the log's clock."""
    known = [key for key in facts if key in since]
    if known:
        await connection.execute(
            _PENDING,
            columns(((key.scope, key.scope_id, since[key], facts[key]) for key in known), 4),
        )


async def founded(connection: AsyncConnection, keys: Collection[Key]) -> None:
    """These do not wait any more."""
    if keys:
        await connection.execute(_FOUNDED, columns(keys, 2))


async def park(connection: AsyncConnection, reasons: Mapping[Key, str]) -> None:
    """Leave these streams' rows as they are until they are retried."""
    if reasons:
        await connection.execute(
            _PARK,
            columns(((*key, reason) for key, reason in reasons.items()), 3),
        )


async def why_parked(connection: AsyncConnection, keys: Collection[Key]) -> dict[Key, str]:
    """The reasons of those that are parked."""
    rows = await (await connection.execute(_WHY, columns(keys, 2))).fetchall()
    return {Key(scope, scope_id): reason for scope, scope_id, reason in rows}


async def retry(connection: AsyncConnection, key: Key) -> bool:
    """Have the projector fold a parked stream again, from all its facts; False when it is not parked.

    In the generation that the connection's search_path is; in the caller's transaction, where there is one.

    Under its anchor: a batch that is folding it would otherwise still see it parked, and take it off the queue.
    """
    async with connection.transaction():
        await claim(connection, [key], [])
        freed = (await connection.execute(_UNPARK, key)).rowcount > 0
        if freed:
            await ask(connection, [key])
    return freed


async def check_parked(connection: AsyncConnection, limit: int) -> None:
    """Raise TooManyParked beyond the limit."""
    row = await (await connection.execute(_HOW_MANY)).fetchone()
    assert row is not None
    if row[0] > limit:
        raise TooManyParked(
            f"{row[0]} streams are parked, more than {limit}: the handler or the release is wrong, not the streams. "
            "See `seatledger dead-letters list --kind stream` for the reasons; mend it, retry them, or raise "
            "SEATLEDGER_PARKED_LIMIT"
        )
