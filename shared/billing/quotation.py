"""What an order costs, as its confirmation says: read off the schedule that is billed later (rules R1.10, R4.7)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from shared.billing.account import Account
from shared.billing.calendar import ONE_DAY
from shared.billing.installments import installment_plan
from shared.billing.layers import Layer
from shared.billing.money import ZERO, round_money


class Quotation(NamedTuple):
    """What a new subscription will be charged; amounts in its currency, all with the extra charge (rule R4.7).

    `unit_price` is for one licence and one term, `price` for one licence and one charge, `net` and `gross` for all
    licences and one whole charge, or for the first one where none is whole (R5.9). `billing_plan` is None where the
    charge is one-off. `free_until` is the last free day.
    """

    billing_plan: str | None
    installments: int
    extra_charge_rate: Decimal
    unit_price: Decimal
    price: Decimal
    net: Decimal
    gross: Decimal
    first_billing_date: date | None
    free_until: date | None


def quotation(account: Account) -> Quotation:
    """What is told of a subscription when it is ordered: free and partial charges at its beginning are not the price.

    The gross is with the tax of the payer on the day `account.known`.
    """
    terms = account.layout.phases[0].terms
    currency = terms.currency
    plan = installment_plan(account, (), max(account.known, terms.start))
    first = account.schedule.first_paid(terms.start)
    charged = _first_charges(account)
    layer = charged[-1] if charged else None
    net = round_money(ZERO, currency)
    if layer is not None:
        rounding = account.policies.rounding(layer.start)
        net = sum((layer.amount(share, currency, rounding) for share in layer.shares), net)
    return Quotation(
        billing_plan=None if plan is None else plan.billing_plan,
        installments=1 if plan is None else plan.installments,
        extra_charge_rate=first.quote.extra_charge,
        unit_price=round_money(first.quote.unit, currency),
        price=first.shown if layer is None else layer.shown,
        net=net,
        gross=net + round_money(net * account.payer().tax_rate, currency),
        first_billing_date=charged[0].due if charged else None,
        free_until=first.begins - ONE_DAY if first.begins > terms.start else None,
    )


def _first_charges(account: Account) -> list[Layer]:
    """The first layer that is charged, and the first whole one of its term; the same one where it is whole itself."""
    start = account.layout.phases[0].terms.start
    first: Layer | None = None
    for layer in account.charges.since(start, date.max):
        if layer.kind == "free":
            continue
        first = first or layer
        if layer.cycle_start >= account.layout.term_at(first.start)[1] > first.start:
            break
        if all(share.part == share.whole for share in layer.shares):
            return [first, layer]
    return [] if first is None else [first, first]
