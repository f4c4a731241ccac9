"""The projections of invoicing: installment plans, the next charge, and the documents that were issued. Pure.

Documents come from the log like everything else: `invoices.events` gives their rows, and tells which subscriptions'
plans to count again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from services.invoicing.delivery.asking import reactions
from shared.billing.account import Account
from shared.billing.installments import installment_plan
from shared.billing.state import next_charge
from shared.billing.timeline import Timeline
from shared.events.envelope import CloudEvent
from shared.events.facts import BILLED
from shared.events.models.base import EventModel
from shared.events.models.documents import DocumentLine, IssuedDocument
from shared.log.topics import CATALOG, INVOICES, ORDERS, SUBSCRIPTIONS
from shared.projections.spec import Documents, Key, ProjectionSpec, Row, Rows, Stream, Table
from shared.projections.subscription_stream import (
    MASTER_SCOPES,
    PARENT_SCOPES,
    SubscriptionFold,
    master_data,
    matters,
    names,
)

_DOCUMENTS = frozenset({"InvoiceIssued", "CreditNoteIssued"})
# First days of the lines on issued documents that may be installments, whole or a first part (rule R5.9).
Invoiced = frozenset[date]

INSTALLMENT_PLAN = Table(
    "installment_plan",
    (
        "subscription", "billing_plan", "installments", "invoiced", "excluded", "remaining", "next_invoice_date",
        "next_invoice_amount", "next_invoice_gross", "extra_charge_rate", "customer", "reseller", "currency",
    ),
    owner="subscription",
    key=("subscription",),
    amounts=("next_invoice_gross",),
    payer="reseller",
)  # fmt: skip
NEXT_CHARGE = Table(
    "next_charge",
    ("subscription", "due", "net", "recipient", "currency"),
    owner="subscription",
    key=("subscription",),
    amounts=("net",),
    payer="recipient",
)
DOCUMENT = Table(
    "document",
    (
        "number", "kind", "date", "recipient", "customer", "currency", "net", "tax", "gross", "taxes", "transaction",
        "balance",
    ),
    owner="number",
    key=("number",),
    amounts=("net", "tax", "gross"),
    payer="recipient",
)  # fmt: skip
DOCUMENT_LINE = Table(
    "document_line",
    (
        "number", "line", "customer", "subscription", "product", "kind", "from", "to", "quantity", "unit_price", "days",
        "of_days", "unit_net", "net", "returns", "tax_rate", "reverse_charge",
        "why",
    ),
    owner="number",
    key=("number", "line"),
    many=True,
)  # fmt: skip
DOCUMENT_RELATION = Table(
    "document_relation", ("number", "place", "invoice", "amount"), owner="number", key=("number", "place"), many=True
)

# The id of a line is its subscription, the start of its cycle and that of its layer (`ledger.line_id`).
_INVOICED = """
SELECT subscription, array_agg(substr(line, length(subscription) + 2, 10)::date) FROM document_line
WHERE subscription = ANY(%s) AND kind IN ('installment', 'prorated') GROUP BY subscription
"""


async def load_invoiced(connection: AsyncConnection, subscriptions: Sequence[str]) -> Mapping[str, Invoiced]:
    """The installments of some subscriptions that stand on issued documents."""
    rows = await (await connection.execute(_INVOICED, [list(subscriptions)])).fetchall()
    return {subscription: frozenset(starts) for subscription, starts in rows}


def rows_of(timeline: Timeline, account: Account | None, on: date, extra: Invoiced | None) -> Rows:
    """Plan and next charge of a subscription on a day; none once it has ended."""
    if account is None:
        return {INSTALLMENT_PLAN.name: [], NEXT_CHARGE.name: []}
    return {INSTALLMENT_PLAN.name: _plan(account, extra or frozenset(), on), NEXT_CHARGE.name: _next(account, on)}


def _plan(account: Account, invoiced: Invoiced, on: date) -> list[Row]:
    plan = installment_plan(account, invoiced, on)
    if plan is None:
        return []
    terms, payer = account.terms, account.recipient
    return [
        (
            plan.subscription, plan.billing_plan, plan.installments, plan.invoiced, plan.excluded, plan.remaining,
            plan.next_invoice_date, plan.next_invoice_amount, plan.next_invoice_gross, plan.extra_charge_rate,
            terms.customer_id, None if payer == terms.customer_id else payer, terms.currency,
        )
    ]  # fmt: skip


def _next(account: Account, on: date) -> list[Row]:
    charge = next_charge(account, on)
    if charge is None:
        return []
    payer = account.recipient
    return [(account.timeline.subscription_id, charge.due, charge.net, payer, account.terms.currency)]


def document_rows(event: CloudEvent, model: EventModel) -> Rows | None:
    """The rows of an issued document; None for any other event."""
    if not isinstance(model, IssuedDocument):
        return None
    taxes = [tax.model_dump(mode="json") for tax in model.taxes]
    transaction = None if model.transaction is None else Jsonb(model.transaction.model_dump(mode="json"))
    document: Row = (
        model.number, model.kind, model.date, model.recipient, model.customer, model.currency, model.net, model.tax,
        model.gross, Jsonb(taxes), transaction, model.balance,
    )  # fmt: skip
    relations: list[Row] = [
        (model.number, place, one.document, one.amount) for place, one in enumerate(model.relates_to or ())
    ]
    lines = [_line(model.number, line) for line in model.lines]
    return {DOCUMENT.name: [document], DOCUMENT_LINE.name: lines, DOCUMENT_RELATION.name: relations}


def _line(number: str, line: DocumentLine) -> Row:
    return (
        number, line.line, line.customer, line.subscription, line.product, line.kind, line.from_, line.to,
        line.quantity, line.unit_price, line.days, line.of_days, line.unit_net, line.net, line.returns, line.tax_rate,
        line.reverse_charge, None if line.why is None else Jsonb(line.why.model_dump(mode="json", exclude_none=True)),
    )  # fmt: skip


def concerned(event: CloudEvent, model: EventModel) -> Iterable[Key]:
    """The subscriptions whose plan may count differently after a document: those with installments or parts of one."""
    if not isinstance(model, IssuedDocument):
        return ()
    return {Key("subscription", line.subscription) for line in model.lines if line.kind in ("installment", "prorated")}


SPEC = ProjectionSpec(
    name="invoicing",
    version=6,
    topics=(CATALOG.name, ORDERS.name, SUBSCRIPTIONS.name, INVOICES.name),
    sql=Path(__file__).parent / "sql",
    streams=(
        Stream("subscription", SubscriptionFold(rows_of), (INSTALLMENT_PLAN, NEXT_CHARGE), load_extra=load_invoiced),
    ),
    master_scopes=MASTER_SCOPES,
    parent_scopes=PARENT_SCOPES,
    master=master_data,
    types=BILLED | _DOCUMENTS,
    names=names,
    matters=matters,
    documents=Documents(_DOCUMENTS, (DOCUMENT, DOCUMENT_LINE, DOCUMENT_RELATION), document_rows, concerned),
    reactions=reactions,
    reacts_to=_DOCUMENTS,
)
