"""What `seatledger as-of` does: rows as the projections had them at a moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from services.invoicing.projection import DOCUMENT, DOCUMENT_LINE, INSTALLMENT_PLAN
from services.presentation import document, note, on_terminal, say, table
from services.rebuild_options import Shown, point_in_time, refusals, wanted
from services.subscriptions.projection import SUBSCRIPTION
from shared.projections.rebuild.as_of import Rows, rows_as_of
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
_NUMBERS = (
    "quantity", "unit_price", "installments", "invoiced", "remaining", "next_invoice_amount", "net", "tax", "gross",
)  # fmt: skip


def show(
    time: str, what: str, database: Callable[[], str], broker: Callable[[], str], *, workers: int | None, as_json: bool
) -> None:
    """Print the rows. UserError for a time that is none, or is still to come."""
    at = point_in_time(time, "TIME")
    projection, tables = _TABLES[what]
    with refusals():
        asked = wanted(projection, database, broker, "as_of", workers, at)
        found = asyncio.run(rows_as_of(asked, tables, Shown(quiet=as_json or not on_terminal())))
    rows = found.rows[tables[0].name]
    if as_json:
        parked = [{"stream": str(key), "reason": reason} for key, reason in sorted(found.parked.items())]
        items = _with_lines(rows, found.rows) if what == "documents" else rows
        document({"as_of": at, "items": items, "parked": parked})
        return
    columns = _SHOWN[tables[0].name]
    shown = [[row[name] for name in columns] for row in rows]
    table(f"{what.capitalize()} as of {at:%Y-%m-%d %H:%M:%S} UTC", columns, shown, right=_NUMBERS)
    say(f"{len(rows)} {what}")
    note(f"{key} is not shown: {reason}" for key, reason in sorted(found.parked.items()))


def _with_lines(rows: Rows, found: Mapping[str, Rows]) -> Rows:
    lines: dict[object, Rows] = {}
    for line in found[DOCUMENT_LINE.name]:
        lines.setdefault(line["number"], []).append({name: value for name, value in line.items() if name != "number"})
    return [{**row, "lines": lines.get(row["number"], [])} for row in rows]
