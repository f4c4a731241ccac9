"""What the list of documents reads, and what is open and stands in favour: views of the schema `read`."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Final

from pydantic import BaseModel

from services.console.listing import Lister

# A search that fits many customers is of their name on separate documents alone: all lines of all would be read.
_WANTED = """
FROM read.documents AS d
LEFT JOIN read.resellers AS r ON r.reseller = d.recipient
LEFT JOIN read.customers AS payer ON payer.customer = d.recipient
LEFT JOIN read.customers AS c ON c.customer = d.customer
WHERE (%(search)s::text IS NULL OR d.number ILIKE %(search)s OR d.recipient ILIKE %(search)s
        OR r.name ILIKE %(search)s OR payer.name ILIKE %(search)s OR d.customer ILIKE %(search)s
        OR c.name ILIKE %(search)s
        OR d.number IN (
            SELECT l.number
            FROM (SELECT customer FROM read.customers
                  WHERE customer ILIKE %(search)s OR name ILIKE %(search)s LIMIT 20) AS k
            JOIN read.subscriptions AS s ON s.customer = k.customer
            JOIN read.document_lines AS l ON l.subscription = s.subscription))
    AND (%(kind)s::text IS NULL OR d.kind = %(kind)s)
    AND (%(recipient)s::text IS NULL OR d.recipient = %(recipient)s)
    AND (%(first)s::date IS NULL OR d.date >= %(first)s)
    AND (%(last)s::date IS NULL OR d.date <= %(last)s)
    AND (%(form)s::text IS NULL OR (%(form)s = 'separate') = (d.customer IS NOT NULL))
    AND (%(currency)s::text IS NULL OR d.currency = %(currency)s)
    AND (%(state)s::text IS NULL OR %(state)s = 'credit_note' AND d.kind = 'credit_note'
        OR %(state)s = 'nothing_to_pay' AND d.kind = 'invoice' AND d.gross = 0
        OR %(state)s = 'credited' AND d.kind = 'invoice' AND d.gross <> 0
            AND d.number NOT IN (SELECT number FROM read.open_invoices)
        OR d.number IN (
            SELECT number FROM read.open_invoices
            WHERE %(state)s = 'owed' OR %(state)s = CASE WHEN open < gross THEN 'partly_credited' ELSE 'open' END))
    AND (%(customer)s::text IS NULL OR d.number IN (
        SELECT l.number FROM read.subscriptions AS s
        JOIN read.document_lines AS l ON l.subscription = s.subscription WHERE s.customer = %(customer)s))
"""
_ROWS: Final = f"""
SELECT d.number, d.kind, d.date, d.recipient, coalesce(r.name, payer.name) AS recipient_name, d.customer,
    c.name AS customer_name, d.currency, d.net, d.tax, d.gross,
    (SELECT o.open FROM read.open_invoices AS o WHERE o.number = d.number) AS open
{_WANTED} ORDER BY {{order}} LIMIT %(limit)s OFFSET %(offset)s
"""
_COUNT: Final = f"SELECT count(*) {_WANTED}"

_STANDING = """
FROM (
    SELECT recipient, currency, sum(invoices) AS invoices, sum(open) AS open, min(oldest) AS oldest,
        sum(balance) AS balance
    FROM (
        SELECT recipient, currency, count(*) AS invoices, sum(open) AS open, min(date) AS oldest, NULL AS balance
        FROM read.open_invoices GROUP BY recipient, currency
        UNION ALL
        SELECT recipient, currency, 0, 0, NULL, amount FROM read.balances
    ) AS both_sides
    GROUP BY recipient, currency
) AS standing
LEFT JOIN read.resellers AS r ON r.reseller = recipient
LEFT JOIN read.customers AS c ON c.customer = recipient
WHERE %(search)s::text IS NULL OR recipient ILIKE %(search)s OR r.name ILIKE %(search)s OR c.name ILIKE %(search)s
"""
_STANDING_ROWS: Final = f"""
SELECT recipient, coalesce(r.name, c.name) AS recipient_name, currency, invoices, open, oldest, balance
{_STANDING} ORDER BY {{order}} LIMIT %(limit)s OFFSET %(offset)s
"""
_STANDING_COUNT: Final = f"SELECT count(*) {_STANDING}"

# What is known without a look at any subscription: the first charge of each, for the seats that are held now.
_DUE = """
FROM (
    SELECT recipient, currency, count(*) AS subscriptions, sum(net) AS net, min(due) AS first_due
    FROM read.next_charges WHERE due <= %(until)s GROUP BY recipient, currency
) AS coming
LEFT JOIN read.resellers AS r ON r.reseller = recipient
LEFT JOIN read.customers AS c ON c.customer = recipient
WHERE %(search)s::text IS NULL OR recipient ILIKE %(search)s OR r.name ILIKE %(search)s OR c.name ILIKE %(search)s
"""
_DUE_ROWS: Final = f"""
SELECT recipient, coalesce(r.name, c.name) AS recipient_name, currency, subscriptions, net, first_due
{_DUE} ORDER BY {{order}} LIMIT %(limit)s OFFSET %(offset)s
"""
_DUE_COUNT: Final = f"SELECT count(*) {_DUE}"


class Row(BaseModel):
    """A document in the list; amounts are positive on credit notes too. `open` is null where nothing is."""

    number: str
    kind: str
    date: date
    recipient: str
    recipient_name: str | None
    customer: str | None
    customer_name: str | None
    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal
    open: Decimal | None


class StandingRow(BaseModel):
    """What one recipient owes in one currency, and what stands in its favour."""

    recipient: str
    recipient_name: str | None
    currency: str
    invoices: int
    open: Decimal
    oldest: date | None
    balance: Decimal | None


class DueRow(BaseModel):
    """What is known to be charged to one recipient by a day, before tax."""

    recipient: str
    recipient_name: str | None
    currency: str
    subscriptions: int
    net: Decimal
    first_due: date


DOCUMENTS: Final = Lister(
    Row, _ROWS, _COUNT, ("number", "kind", "date", "recipient", "customer", "net", "tax", "gross", "open"),
    key=("date", "number"), default="-date",
)  # fmt: skip
STANDING: Final = Lister(
    StandingRow, _STANDING_ROWS, _STANDING_COUNT, ("recipient", "currency", "invoices", "open", "oldest", "balance"),
    key=("recipient", "currency"), default="-open",
)  # fmt: skip
DUE: Final = Lister(
    DueRow, _DUE_ROWS, _DUE_COUNT, ("recipient", "currency", "subscriptions", "net", "first_due"),
    key=("recipient", "currency"), default="-net",
)  # fmt: skip


def wanted(
    search: str | None, *, kind: str | None, recipient: str | None, customer: str | None, first: date | None,
    last: date | None, form: str | None, state: str | None, currency: str | None,
) -> dict[str, Any]:  # fmt: skip
    """The parameters of the list; what is empty filters nothing."""
    filters = {
        "kind": kind, "recipient": recipient, "customer": customer, "form": form, "state": state, "currency": currency,
    }  # fmt: skip
    return {"search": search, "first": first, "last": last, **{name: one or None for name, one in filters.items()}}
