"""The public shape of documents, subscriptions and plans: the same in `simulate`, in the events and in the read views.

Amounts and rates are decimal strings, dates ISO 8601, `to` inclusive.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from shared.billing.calendar import ONE_DAY
from shared.billing.documents import Document
from shared.billing.installments import InstallmentPlan
from shared.billing.ledger import IssuedLine
from shared.billing.money import written
from shared.billing.state import SubscriptionState

Json = dict[str, object]


def document_shape(document: Document) -> Json:
    """A document with its lines, as `simulate` prints it."""
    return {
        "kind": document.kind,
        "date": document.day.isoformat(),
        "recipient": document.recipient,
        "customer": document.customer,
        "currency": document.currency,
        "net": written(document.net),
        "tax": written(document.tax),
        "gross": written(document.gross),
        "lines": [line_shape(line) for line in document.lines],
    }


def issued_shape(document: Document) -> Json:
    """A document as InvoiceIssued and CreditNoteIssued carry it: with its number and its taxes."""
    taxes = [
        {"rate": written(tax.rate), "base": written(tax.base), "amount": written(tax.amount)} for tax in document.taxes
    ]
    return {"number": document.number, **document_shape(document), "taxes": taxes}


def line_shape(line: IssuedLine) -> Json:
    """One line; `days`, `of_days` and `unit_net` stand on prorated lines and credits, `returns` on credits."""
    shape: Json = {
        "line": line.line,
        "customer": line.customer,
        "subscription": line.key.subscription,
        "product": line.product,
        "kind": line.kind,
        "from": line.start.isoformat(),
        "to": (line.end - ONE_DAY).isoformat(),
        "quantity": line.quantity,
        "unit_price": written(line.unit_price),
    }
    if line.kind in ("prorated", "credit"):
        shape |= {"days": line.days, "of_days": line.of_days, "unit_net": written(line.unit_net)}
    shape["net"] = written(line.net)
    if line.returns is not None:
        shape["returns"] = line.returns
    return shape


def subscription_shape(state: SubscriptionState) -> Json:
    """The state of a subscription on a day."""
    return {
        "subscription": state.subscription,
        "status": state.status,
        "quantity": state.quantity,
        "unit_price": written(state.unit_price),
        "billing_plan": state.billing_plan,
        "term_start": state.term_start.isoformat(),
        "term_end": state.term_end.isoformat(),
        "protected_until": _day(state.protected_until),
    }


def plan_shape(plan: InstallmentPlan) -> Json:
    """The summary of an installment plan."""
    return {
        "subscription": plan.subscription,
        "billing_plan": plan.billing_plan,
        "installments": plan.installments,
        "invoiced": plan.invoiced,
        "excluded": plan.excluded,
        "remaining": plan.remaining,
        "next_invoice_date": _day(plan.next_invoice_date),
        "next_invoice_amount": _amount(plan.next_invoice_amount),
        "next_invoice_gross": _amount(plan.next_invoice_gross),
        "extra_charge_rate": written(plan.extra_charge_rate),
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else written(amount)
