"""Explaining an issued line: from the ledger, the read views, and the events that the live generation has taken in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import AsyncConnection

from services.invoicing.explanation import Explained, Happened, Shape, refs_of
from services.invoicing.line_ids import NEAR, nearest, parsed, subscription_in, unknown
from services.invoicing.projection import SPEC
from shared.billing.facts import Ref
from shared.billing.ledger import LayerKey
from shared.errors import UserError
from shared.events.shapes import Json, line_shape
from shared.projections.generations import generations
from shared.projections.spec import Key
from shared.store.arrays import columns
from shared.store.ledger import explained_lines, issued_lines
from shared.store.pool import connect

_DOCUMENTS = "SELECT number, kind, date::text, recipient, customer, currency FROM read.documents WHERE number = ANY(%s)"
_DEPENDS_ON = "SELECT depends_on FROM state WHERE scope = 'subscription' AND scope_id = %s"
# By what the facts are about: facts are found by that, and an event can be about several things.
_HAPPENED = """
SELECT DISTINCT known.source, known.id, known.type, known.time, event.topic, event.partition, event."offset"
FROM unnest(%s::text[], %s::text[]) AS about (scope, scope_id)
JOIN facts AS known USING (scope, scope_id)
JOIN unnest(%s::text[], %s::text[]) AS wanted (source, id) USING (source, id)
JOIN event ON event.identity = store.identity(known.source, known.id)
"""
_NEAR = """
(SELECT DISTINCT subscription FROM invoicing.issued_line WHERE subscription >= %(name)s ORDER BY 1 LIMIT %(most)s)
UNION ALL
(SELECT DISTINCT subscription FROM invoicing.issued_line WHERE subscription < %(name)s ORDER BY 1 DESC LIMIT %(most)s)
"""


async def explain(dsn: str, line: str) -> Explained:
    """An issued line. UserError when no document has it."""
    async with await connect(dsn, application="seatledger explain") as finding:
        live = [one for one in await generations(finding, SPEC.name) if one.status == "live"]
    if not live:
        raise UserError("invoicing has no generation yet: start the system with `seatledger up` first")
    async with await connect(dsn, live[0].schema, application="seatledger explain") as connection:
        key = parsed(line)
        layer = [] if key is None else await _layer(connection, key)
        found = next((one for one in layer if one["line"] == line), None)
        if key is None or found is None:
            raise unknown(line, nearest(line, await _near(connection, line)))
        documents = await _documents(connection, [one["document"]["number"] for one in layer])
        happened = await _happened(connection, key.subscription, refs_of(found))
        number = found["document"]["number"]
        shown = [{**one, "document": _dated(one["document"], documents)} for one in layer]
        own = {name: value for name, value in found.items() if name != "document"}
        return Explained(own, documents.get(number, {"number": number}), shown, happened)


async def _layer(connection: AsyncConnection, key: LayerKey) -> list[dict[str, Any]]:
    """The lines of a layer in their order, in the public shape, each with the number of its document."""
    return [
        line_shape(line, with_tax=False)
        | ({} if why is None else {"why": why})
        | {"document": {"number": line.document}}
        for line, why in await explained_lines(connection, key)
    ]


async def _near(connection: AsyncConnection, line: str) -> list[str]:
    """The lines of the subscription that is meant, or of the ones beside it."""
    name = subscription_in(line)
    own = await issued_lines(connection, [name])
    if not own[name]:
        rows = await (await connection.execute(_NEAR, {"name": name, "most": NEAR})).fetchall()
        own = await issued_lines(connection, [subscription for (subscription,) in rows])
    return [one.line for lines in own.values() for one in lines]


async def _documents(connection: AsyncConnection, numbers: Sequence[str]) -> dict[str, Json]:
    """The heads of documents; one that is not in the read views yet is not in the mapping."""
    rows = await (await connection.execute(_DOCUMENTS, [list(numbers)])).fetchall()
    names = ("number", "kind", "date", "recipient", "customer", "currency")
    return {row[0]: dict(zip(names, row, strict=True)) for row in rows}


def _dated(document: Shape, documents: dict[str, Json]) -> Json:
    known = documents.get(document["number"], {})
    return {**document, **{name: known[name] for name in ("kind", "date") if name in known}}


async def _happened(connection: AsyncConnection, subscription: str, refs: Iterable[Ref]) -> dict[Ref, Happened]:
    """The events behind a line: its subscription's own, and those of what that looks at."""
    row = await (await connection.execute(_DEPENDS_ON, [subscription])).fetchone()
    about = {Key("subscription", subscription), *(Key.parse(text) for text in (row[0] if row else ()))}
    rows = await connection.execute(_HAPPENED, [*columns(sorted(about), 2), *columns(sorted(refs), 2)])
    happened = {}
    for source, event_id, kind, time, topic, partition, offset in await rows.fetchall():
        ref = Ref(source, event_id)
        happened[ref] = Happened(ref, kind, time, {"topic": topic, "partition": partition, "offset": offset})
    return happened
