"""What a licence costs for a term: list price, pricing rule, extra charge, installments (R0.3, R0.4, R2.10, R4.5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from shared.billing.blocks import PricingRule
from shared.billing.calendar import ONE_DAY, add_months
from shared.billing.facts import PriceChanged, Ref
from shared.billing.money import EXACT, ONE, round_money

# order: as ordered or converted to. extended: a monthly rate after the term (R5.8).
Origin = Literal["order", "list", "protected", "hand_set", "extended"]


class Price(NamedTuple):
    """Sell and cost for one licence and one term, before rule and extra charge; where it comes from and since when."""

    sell: Decimal
    cost: Decimal | None
    origin: Origin
    since: date
    by: Ref
    protected_until: date | None = None


class Quote(NamedTuple):
    """What one licence costs, and how it came about.

    `unit` is the exact price of a term (rule R0.3), `per_cycle` that of a cycle: the rounded installment where there
    are several (rule R4.5), else the whole. `shown` is the latter rounded, as lines show it.
    """

    price: Price
    rules: tuple[PricingRule, ...]
    extra_charge: Decimal
    unit: Decimal
    per_cycle: Decimal
    shown: Decimal


def unit_of(sell: Decimal, cost: Decimal | None, rules: Sequence[PricingRule], extra_charge: Decimal) -> Decimal:
    """The exact unit price of a term: base, rules in order, extra charge; no rounding (rules R0.3, R0.4).

    Markup and margin are reckoned from the cost of the base price; without a cost they leave the sell price alone.
    """
    unit = sell
    for rule in rules:
        if rule.rule == "discount":
            unit = EXACT.multiply(unit, ONE - rule.rate)
        elif cost is not None:
            step = ONE + rule.rate
            unit = EXACT.multiply(cost, step) if rule.rule == "markup" else EXACT.divide(cost, ONE - rule.rate)
    return EXACT.multiply(unit, ONE + extra_charge) if extra_charge else unit


def installment_unit(term_unit: Decimal, n: int, currency: str) -> Decimal:
    """One installment for one licence: ROUND2(term price with extra charge / n), all equal (rule R4.5)."""
    return round_money(EXACT.divide(term_unit, n), currency)


def part_of_term(term_unit: Decimal, months: int, term: int, currency: str) -> Decimal:
    """A part of a term that was switched to another plan: ROUND2(term price x months / term months) (rule R4.14)."""
    return round_money(EXACT.divide(EXACT.multiply(term_unit, months), term), currency)


def protection_end(start: date, months: int, after: date) -> date:
    """Protection's start plus k x N months, the first that is later than a day (rules R2.2, R2.5)."""
    count = 1
    while add_months(start, months * count) <= after:
        count += 1
    return add_months(start, months * count)


def counts_from(change: PriceChanged, known: date) -> date:
    """Effective date or `time`, the later of the two; with `backdate` the effective date alone (rule R2.10a)."""
    return change.effective_from if change.backdate else max(change.effective_from, known)


def is_late(change: PriceChanged, known: date) -> bool:
    """Whether a list price became known only after its effective date, and may not count back (rule R2.10e)."""
    return not change.backdate and change.effective_from < known


def reaches_from(change: PriceChanged, known: date) -> date:
    """The first day on which a cycle that starts has a list price; a late one only after it was known (R2.10e)."""
    return known + ONE_DAY if is_late(change, known) else change.effective_from
