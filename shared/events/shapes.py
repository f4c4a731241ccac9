"""The public shape of documents, subscriptions and plans: the same in `simulate`, in the events and in the read views.

Amounts and rates are decimal strings, dates ISO 8601, `to` inclusive.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from shared.billing.calendar import ONE_DAY
from shared.billing.documents import Document, DraftLine, Transaction
from shared.billing.facts import Ref
from shared.billing.installments import InstallmentPlan
from shared.billing.ledger import IssuedLine
from shared.billing.money import written
from shared.billing.state import SubscriptionState
from shared.billing.why import PriceOrigin, Why

Json = dict[str, object]

_SIX_DIGITS = Decimal("0.000001")


def document_shape(document: Document, *, explained: bool = True) -> Json:
    """A document with its lines, as `simulate` prints it: what does not apply to it is left out.

    Lines that are not `explained` say what is billed and not why.

    Taxes stand there where they say more than the totals do: several rates, or reverse charge. Invoices that a credit
    note relates to are named by their reference, because documents of a simulation have no number.
    """
    several = len(document.taxes) > 1
    lines = document.lines if explained else [replace(line, why=None) for line in document.lines]
    shape = _document(document, [line_shape(line, with_tax=several) for line in lines])
    if several or any(tax.reverse_charge for tax in document.taxes):
        shape["taxes"] = _taxes(document)
    related: list[Json] = [{"document": one.reference, "amount": written(one.amount)} for one in document.relates_to]
    return shape | _settlement(document, related)


def issued_shape(document: Document) -> Json:
    """A document as InvoiceIssued and CreditNoteIssued carry it: with its number and its taxes, invoices by number."""
    several = len(document.taxes) > 1
    shape = _document(document, [line_shape(line, with_tax=several) for line in document.lines])
    related: list[Json] = [{"document": one.document, "amount": written(one.amount)} for one in document.relates_to]
    return {"number": document.number, **shape, "taxes": _taxes(document)} | _settlement(document, related)


def _document(document: Document, lines: list[Json]) -> Json:
    return {
        "kind": document.kind,
        "date": document.day.isoformat(),
        "recipient": document.recipient,
        "customer": document.customer,
        "currency": document.currency,
        "net": written(document.net),
        "tax": written(document.tax),
        "gross": written(document.gross),
        "lines": lines,
    }


def _taxes(document: Document) -> list[Json]:
    return [
        {"rate": written(tax.rate), "base": written(tax.base), "amount": written(tax.amount)}
        | ({"reverse_charge": True} if tax.reverse_charge else {})
        for tax in document.taxes
    ]


def _settlement(document: Document, related: list[Json]) -> Json:
    """What a document comes to in its recipient's currency, and what a credit note is set against (R6.8, R3.4)."""
    shape: Json = {}
    if document.transaction is not None:
        shape["transaction"] = _transaction(document.transaction)
    if related:
        shape["relates_to"] = related
    if document.balance:
        shape["balance"] = written(document.balance)
    return shape


def _transaction(transaction: Transaction) -> Json:
    shape: Json = {
        "currency": transaction.currency,
        "rate": _amount(transaction.rate),
        "rate_date": _day(transaction.rate_date),
        "total": _amount(transaction.total),
        "reason": transaction.reason,
    }
    return {name: value for name, value in shape.items() if value is not None}


def line_shape(line: IssuedLine, *, with_tax: bool) -> Json:
    """One line; `days`, `of_days` and `unit_net` stand on prorated lines and credits, `returns` on credits.

    `with_tax`: in a document with several taxes a line says which is its own.
    """
    shape: Json = {"line": line.line, **billed_shape(line)}
    if line.returns is not None:
        shape["returns"] = line.returns
    if with_tax:
        shape["tax_rate"] = written(line.tax_rate)
    if with_tax and line.reverse_charge:
        shape["reverse_charge"] = True
    if line.why is not None:
        shape["why"] = why_shape(line.why)
    return shape


def billed_shape(line: IssuedLine | DraftLine) -> Json:
    """What a line bills, also one that no document has yet."""
    shape: Json = {
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
    return shape | {"net": written(line.net)}


def why_shape(why: Why) -> Json:
    """Why a line is what it is: rules, cause, share, price and events; what does not apply is left out."""
    shape: Json = {"rules": list(why.rules), "cause": why.cause}
    if why.kept is not None:
        shape |= {"kept": why.kept, "of": why.of, "measure": why.measure}
    if why.price is not None:
        shape["price"] = _price(why.price)
    shape["events"] = [{**_ref(event.ref), "role": event.role} for event in why.events]
    return shape


def _price(price: PriceOrigin) -> Json:
    shape: Json = {
        "origin": price.origin,
        "unit_price": _rate(price.unit_price),
        "unit_cost": None if price.unit_cost is None else _rate(price.unit_cost),
        "since": price.since.isoformat(),
        "protected_until": _day(price.protected_until),
    }
    if price.pricing:
        shape["pricing"] = [{"rule": rule.rule, "rate": written(rule.rate)} for rule in price.pricing]
    if price.extra_charge_rate:
        shape["extra_charge_rate"] = written(price.extra_charge_rate)
    if price.parts > 1:
        shape["parts"] = price.parts
    shape |= {"months": price.months, "of_months": price.of_months, "event": _ref(price.event)}
    return {name: value for name, value in shape.items() if value is not None}


def _rate(amount: Decimal) -> str:
    """A price that need not be whole cents (rule R5.8): at least as it was given, at most six digits."""
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int) or exponent >= -2:
        return written(amount)
    whole, _, digits = written(amount.quantize(_SIX_DIGITS)).partition(".")
    return f"{whole}.{digits.rstrip('0').ljust(2, '0')}"


def _ref(ref: Ref) -> Json:
    return {"source": ref.source, "id": ref.id}


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
