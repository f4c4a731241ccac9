"""An issued document as its event has it, back in the shape that it was issued in: `issued_shape` reversed. Pure.

An event leaves out what follows from the rest. What does not follow, and is of no consequence: the days of the cycle
that a free line is a part of; those from the start of the cycle to the end of the line stand for them.
"""

from __future__ import annotations

from decimal import Decimal

from services.invoicing.line_ids import parsed, revision_of
from shared.billing.blocks import PricingRule
from shared.billing.calendar import ONE_DAY
from shared.billing.documents import Document, Relation, Transaction
from shared.billing.facts import Ref
from shared.billing.ledger import IssuedLine, LayerKey
from shared.billing.money import EXACT, ZERO, minor_unit
from shared.billing.tax_lines import TaxLine
from shared.billing.why import Behind, PriceOrigin, Why
from shared.events.models import documents as models

_SHOWN_DIGITS = Decimal("0.000001")


def issued_again(model: models.IssuedDocument) -> Document:
    """The document that an event tells of, with its lines. ValueError for a line whose id is none."""
    taxes = tuple(TaxLine(tax.rate, tax.base, tax.amount, bool(tax.reverse_charge)) for tax in model.taxes)
    transaction = None
    if model.transaction is not None:
        told = model.transaction
        transaction = Transaction(told.currency, told.rate, told.rate_date, told.total, told.reason)
    return Document(
        number=model.number,
        kind=model.kind,
        day=model.date,
        recipient=model.recipient,
        customer=model.customer,
        currency=model.currency,
        net=model.net,
        tax=model.tax,
        gross=model.gross,
        taxes=taxes,
        lines=tuple(_line(model, line, taxes) for line in model.lines),
        relates_to=tuple(Relation(one.document, "", one.amount) for one in model.relates_to or ()),
        balance=model.balance or ZERO,
        transaction_currency=None if transaction is None else transaction.currency,
        transaction=transaction,
    )


def _line(model: models.IssuedDocument, line: models.DocumentLine, taxes: tuple[TaxLine, ...]) -> IssuedLine:
    key = parsed(line.line)
    if key is None:
        raise ValueError(f"{model.number} has a line {line.line!r}, and that is no id of a line")
    end = line.to + ONE_DAY
    days = line.days or (end - line.from_).days
    only = taxes[0]
    return IssuedLine(
        key=key,
        revision=revision_of(line.line),
        document=model.number,
        kind=line.kind,
        customer=line.customer,
        recipient=model.recipient,
        product=line.product,
        currency=model.currency,
        start=line.from_,
        end=end,
        quantity=line.quantity,
        unit_price=line.unit_price,
        unit_net=_unit_net(model.currency, line),
        net=line.net,
        tax_rate=only.rate if line.tax_rate is None else line.tax_rate,
        days=days,
        of_days=line.of_days or _of_days(line, key, days),
        returns=line.returns,
        reverse_charge=only.reverse_charge if line.tax_rate is None else bool(line.reverse_charge),
        why=None if line.why is None else _why(line.why),
    )


def _of_days(line: models.DocumentLine, key: LayerKey, days: int) -> int:
    """A line that says nothing about it is of whole cycles, but for free ones."""
    return days if line.kind != "free" else (line.to + ONE_DAY - key.cycle_start).days


def _unit_net(currency: str, line: models.DocumentLine) -> Decimal:
    if line.unit_net is not None:
        return line.unit_net
    unit = EXACT.divide(line.net, line.quantity)
    whole = unit.quantize(minor_unit(currency))
    return whole if whole * line.quantity == line.net else unit.quantize(_SHOWN_DIGITS)


def _why(why: models.Why) -> Why:
    return Why(
        rules=why.rules,
        cause=why.cause,
        events=tuple(Behind(_ref(event), event.role) for event in why.events),
        kept=why.kept,
        of=why.of,
        measure=why.measure or "days",
        price=None if why.price is None else _price(why.price),
    )


def _price(price: models.PriceOrigin) -> PriceOrigin:
    return PriceOrigin(
        origin=price.origin,
        unit_price=price.unit_price,
        since=price.since,
        protected_until=price.protected_until,
        pricing=tuple(PricingRule(rule.rule, rule.rate) for rule in price.pricing or ()),
        extra_charge_rate=price.extra_charge_rate or ZERO,
        parts=price.parts or 1,
        event=_ref(price.event),
        unit_cost=price.unit_cost,
        months=price.months,
        of_months=price.of_months,
    )


def _ref(event: models.EventRef) -> Ref:
    return Ref(event.source, event.id)
