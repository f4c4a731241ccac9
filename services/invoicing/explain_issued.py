"""Explaining an issued line: from the ledger, the read views, and the events that the live generation has taken in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection

from services.invoicing.events_behind import events_behind
from services.invoicing.line_ids import NEAR, nearest, parsed, subscription_in, unknown
from services.invoicing.projection import SPEC
from shared.billing.ledger import LayerKey
from shared.errors import UserError
from shared.events.explanation import Explained, Shape, refs_of
from shared.events.shapes import Json, line_shape
from shared.projections.generations import generations
from shared.store.ledger import explained_lines, issued_lines
from shared.store.pool import connect

_DOCUMENTS = "SELECT number, kind, date::text, recipient, customer, currency FROM read.documents WHERE number = ANY(%s)"
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
        happened = await events_behind(connection, [key.subscription], refs_of(found))
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
