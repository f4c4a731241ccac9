"""Reads what currencies are worth: these facts are of the organisation, and the projection of orders keeps none."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from psycopg import AsyncConnection, sql

from shared.billing.facts import Fact
from shared.events.fact_bodies import body_from_json
from shared.events.facts import facts_of
from shared.events.reading import read
from shared.projections.facts import moment_of
from shared.projections.generations import generations
from shared.store.event_table import event_of_row

_PROJECTED = """
SELECT source, id, time, sequence, body::text FROM {}
WHERE scope = 'organisation' AND scope_id = '' AND type = 'ExchangeRateSet'
"""
_OWN = """
SELECT id, source, type, version, time, subject, sequence, data::text FROM store.event WHERE stream_id = ANY(%s)
"""


async def exchange_rates(connection: AsyncConnection, streams: Collection[str]) -> Sequence[Fact]:
    """All rates that subscriptions know, and those of some of our own streams that they may not know yet."""
    found: dict[tuple[str, str], Fact] = {}
    for row in await (await connection.execute(_OWN, [sorted(streams)])).fetchall():
        stored = event_of_row(row)
        (found[stored.source, stored.id],) = facts_of(stored, read(stored).model)
    for one in await generations(connection, "subscriptions"):
        if one.status == "live":
            statement = sql.SQL(_PROJECTED).format(sql.Identifier(one.schema, "fact"))
            for source, event_id, time, sequence, body in await (await connection.execute(statement)).fetchall():
                parsed = body_from_json("ExchangeRateSet", "organisation", body.encode())
                fact = Fact(source, event_id, "ExchangeRateSet", moment_of(time), "organisation", "", parsed, sequence)
                found.setdefault((source, event_id), fact)
    return list(found.values())
