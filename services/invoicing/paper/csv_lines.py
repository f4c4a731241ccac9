"""All lines of one document as CSV: a row a line, columns as the views name them."""

from __future__ import annotations

import csv
import io

from services.invoicing.queries import DocumentWithLines
from shared.spreadsheets import never_calculated

_COLUMNS = (
    "line", "customer", "subscription", "product", "kind", "from", "to", "quantity", "unit_price", "days", "of_days",
    "unit_net", "net", "returns", "tax_rate", "reverse_charge",
)  # fmt: skip
# What others chose the words of: an amount that begins with a minus is one.
_IDS = frozenset({"line", "customer", "subscription", "product", "returns"})


def csv_lines(document: DocumentWithLines) -> str:
    """RFC 4180, comma and CRLF, one row of names first; amounts with a point, days ISO 8601, nothing for None.

    Each row begins with number, date, recipient and currency of its document, so that files can be put together.
    An id that a spreadsheet would calculate has an apostrophe before it.
    """
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["number", "document", "date", "recipient", "currency", *_COLUMNS])
    head = [document.number, document.kind, document.date.isoformat()]
    head += [never_calculated(document.recipient), document.currency]
    for line in document.lines:
        shown = line.model_dump(mode="json", by_alias=True)
        rows.writerow([*head, *(_cell(column, shown[column]) for column in _COLUMNS)])
    return out.getvalue()


def _cell(column: str, value: object) -> object:
    return never_calculated(value) if column in _IDS and isinstance(value, str) else value
