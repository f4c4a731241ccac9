"""What `seatledger as-of` does: rows as the projections had them at a moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

from services.invoicing.projection import DOCUMENT, DOCUMENT_LINE, INSTALLMENT_PLAN
from services.presentation import flowing_document, note, on_terminal, say, table
from services.rebuild_failures import Address, refusals
from services.rebuild_options import point_in_time, wanted
from services.rebuild_progress import Shown
from services.subscriptions.projection import SUBSCRIPTION
from shared.projections.rebuild.as_of import AsOf, Row, as_of
from shared.projections.rebuild.wanted import Wanted
from shared.projections.spec import Table

_TABLES: Mapping[str, tuple[str, Sequence[Table]]] = {
    "subscriptions": ("subscriptions", (SUBSCRIPTION,)),
    "plans": ("invoicing", (INSTALLMENT_PLAN,)),
    "documents": ("invoicing", (DOCUMENT, DOCUMENT_LINE)),
}
_SHOWN = {
    "subscription": ("subscription", "status", "quantity", "unit_price", "billing_plan", "term_start", "term_end",
                     "protected_until", "customer", "reseller", "product"),
    "installment_plan": ("subscription", "billing_plan", "installments", "invoiced", "remaining", "next_invoice_date",
                         "next_invoice_amount", "customer", "reseller"),
    "document": ("number", "kind", "date", "recipient", "customer", "currency", "net", "tax", "gross"),
}  # fmt: skip
# Columns that readers see as rows of another view, not in this one.
_ELSEWHERE = frozenset({"seat_history"})
_ROWS_A_TABLE = 1_000
_NUMBERS = (
    "quantity", "unit_price", "installments", "invoiced", "remaining", "next_invoice_amount", "net", "tax", "gross",
)  # fmt: skip


def show(time: str, what: str, database: Address, broker: Address, *, workers: int | None, as_json: bool) -> None:
    """Print the rows. UserError for a time that is none, or is still to come."""
    at = point_in_time(time, "TIME")
    projection, tables = _TABLES[what]
    told = Shown(quiet=as_json or not on_terminal())

    async def shown(asked: Wanted) -> None:
        async with as_of(asked, told) as then:
            await (_as_json if as_json else _as_table)(at, what, tables, then)

    with refusals(database, broker):
        asyncio.run(shown(wanted(projection, database, broker, "as_of", workers, at)))


async def _as_json(at: datetime, what: str, tables: Sequence[Table], then: AsOf) -> None:
    parked = [{"stream": str(key), "reason": reason} for key, reason in sorted(then.parked.items())]
    items = _with_lines(then) if what == "documents" else _as_read(then, tables[0])
    await flowing_document({"as_of": at}, "items", items, {"parked": parked})


async def _as_table(at: datetime, what: str, tables: Sequence[Table], then: AsOf) -> None:
    """Some rows at a time have a table of their own: how wide its columns are is known when all of them are."""
    columns, title = _SHOWN[tables[0].name], f"{what.capitalize()} as of {at:%Y-%m-%d %H:%M:%S} UTC"
    count, some = 0, list[Sequence[object]]()
    async for row in then.rows(tables[0]):
        some.append([row[name] for name in columns])
        if len(some) == _ROWS_A_TABLE:
            table(title, columns, some, right=_NUMBERS)
            count, some = count + len(some), []
    if some or not count:
        table(title, columns, some, right=_NUMBERS)
    say(f"{count + len(some)} {what}")
    note(f"{key} is not shown: {reason}" for key, reason in sorted(then.parked.items()))


async def _as_read(then: AsOf, of: Table) -> AsyncIterator[Row]:
    async for row in then.rows(of):
        yield {name: value for name, value in row.items() if name not in _ELSEWHERE}


async def _with_lines(then: AsOf) -> AsyncIterator[Row]:
    """Documents, each with its lines; both are read side by side, in the order of document numbers."""
    lines = then.rows(DOCUMENT_LINE)
    line = await anext(lines, None)
    async for row in then.rows(DOCUMENT):
        own = []
        while line is not None and line["number"] == row["number"]:
            own.append({name: value for name, value in line.items() if name != "number"})
            line = await anext(lines, None)
        yield {**row, "lines": own}
