"""What the demonstration shows of the read views, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from psycopg import AsyncConnection

from services.demo.example import RECIPIENT
from services.presentation import say, table

_SHOWN: Final = 8
_FIGURES: Final = (
    "quantity", "unit_price", "installments", "invoiced", "excluded", "remaining", "next_invoice_amount", "net", "tax",
    "gross", "invoices", "invoiced net", "credit notes", "credited net",
)  # fmt: skip

_SUBSCRIPTIONS = """
SELECT subscription, customer, product, status, quantity, unit_price, billing_plan, term_start, term_end,
    protected_until
FROM read.subscriptions ORDER BY subscription LIMIT %s
"""
_STATUSES = "SELECT status, count(*) FROM read.subscriptions GROUP BY status ORDER BY count(*) DESC, status"
_PLANS = """
SELECT subscription, billing_plan, installments, invoiced, excluded, remaining, next_invoice_date, next_invoice_amount
FROM read.installment_plans ORDER BY excluded > 0 DESC, subscription LIMIT %s
"""
_PLAN_COUNT = "SELECT count(*), count(*) FILTER (WHERE excluded > 0) FROM read.installment_plans"
_MONTHS = """
SELECT to_char(date, 'YYYY-MM'), recipient, currency,
    count(*) FILTER (WHERE kind = 'invoice'), sum(net) FILTER (WHERE kind = 'invoice'),
    nullif(count(*) FILTER (WHERE kind = 'credit_note'), 0), sum(net) FILTER (WHERE kind = 'credit_note')
FROM read.documents WHERE recipient <> %s GROUP BY 1, 2, 3 ORDER BY 2, 3, 1
"""
_EXAMPLE = """
SELECT d.number, d.date, string_agg(
        format('%%s x %%s', l.quantity, coalesce(l.unit_net, l.unit_price)), ' + ' ORDER BY l."from", l.line
    ) FILTER (WHERE l.kind <> 'free'), d.net, d.tax, d.gross
FROM read.documents d JOIN read.document_lines l USING (number)
WHERE d.recipient = %s GROUP BY d.number, d.date, d.net, d.tax, d.gross ORDER BY d.date, d.number LIMIT 13
"""
_REJECTED = "SELECT subscription, type, reason FROM read.rejected_events ORDER BY subscription, source, id LIMIT %s"


async def show(connection: AsyncConnection) -> None:
    """Subscriptions, plans, documents by month and recipient, the release notes' example, rejected events."""

    async def rows(query: str, *values: object) -> list[tuple[object, ...]]:
        return await (await connection.execute(query, values)).fetchall()

    columns = ["subscription", "customer", "product", "status", "quantity", "unit_price", "billing_plan", "term_start"]
    _table(
        f"Subscriptions, the first {_SHOWN}",
        [*columns, "term_end", "protected_until"],
        await rows(_SUBSCRIPTIONS, _SHOWN),
    )
    say(f"In all: {', '.join(f'{count} {status}' for status, count in await rows(_STATUSES))}\n")

    columns = ["subscription", "billing_plan", "installments", "invoiced", "excluded", "remaining", "next_invoice_date"]
    _table(f"Installment plans, {_SHOWN} of them", [*columns, "next_invoice_amount"], await rows(_PLANS, _SHOWN))
    (plans,) = await rows(_PLAN_COUNT)
    say(f"In all: {plans[0]} plans, {plans[1]} of them taken over with installments that others invoiced\n")

    columns = ["month", "recipient", "currency", "invoices", "invoiced net", "credit notes", "credited net"]
    _table("Documents by recipient and month", columns, await rows(_MONTHS, RECIPIENT))

    columns = ["number", "date", "what is charged", "net", "tax", "gross"]
    _table("The release notes' example: its first thirteen invoices", columns, await rows(_EXAMPLE, RECIPIENT))

    columns = ["subscription", "type", "reason"]
    _table(f"Rejected events, the first {_SHOWN}: kept, with the reason", columns, await rows(_REJECTED, _SHOWN))


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    table(title, columns, rows, right=_FIGURES)
