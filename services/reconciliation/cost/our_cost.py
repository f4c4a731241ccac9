"""What a line of ours costs us: the cost of the term that it was priced with, prorated as the line is.

A line knows the cost of one licence and one term (`why.price.unit_cost`); a credit has that of the line it returns. It
is rounded once a line, half-up: the vendor cuts, and the comparison knows that. Where no cost is known the line's is
unknown, which is not nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from shared.billing.money import EXACT, ZERO, round_money


@dataclass(frozen=True, slots=True)
class Priced:
    """What a line was priced with. `unit_cost` is for one licence and one term, billed in `parts` installments.

    After a change of plan a cycle has `months` of `of_months` of it instead (rules R4.5, R4.14). `kept` of `of` days or
    hours were charged.
    """

    unit_cost: Decimal | None
    parts: int = 1
    months: int | None = None
    of_months: int | None = None
    kept: int | None = None
    of: int | None = None
    by_hours: bool = False


@dataclass(frozen=True, slots=True)
class OurLine:
    """A line of an issued document; [start, end] are both covered, `net` is positive on credits too.

    `priced` is the line's own price, on a credit that of the line which it returns. `kept` of `of` are the credit's own
    where it was reckoned in hours: what stays charged. `charged_back` lines are what a credit was not due for.
    """

    subscription: str
    line: str
    kind: Literal["free", "prorated", "installment", "recurring", "credit"]
    start: date
    end: date
    quantity: int
    currency: str
    net: Decimal
    priced: Priced
    days: int | None = None
    of_days: int | None = None
    charged_back: bool = False
    kept: int | None = None
    of: int | None = None
    by_hours: bool = False

    @property
    def sell(self) -> Decimal:
        """What it bills the payer: negative on credits."""
        return -self.net if self.kind == "credit" else self.net


def cost_of(line: OurLine) -> Decimal | None:
    """What a line costs us, negative on credits; None where no cost is known. Free lines cost nothing (rule R1.4)."""
    if line.kind == "free":
        return ZERO
    if line.priced.unit_cost is None:
        return None
    part = _part_of_term(line.priced) * _share(line) * line.quantity
    exact = EXACT.divide(EXACT.multiply(line.priced.unit_cost, Decimal(part.numerator)), Decimal(part.denominator))
    amount = round_money(exact, line.currency)
    return -amount if line.kind == "credit" else amount


def _part_of_term(priced: Priced) -> Fraction:
    """The part of the term that a cycle is."""
    if priced.months is not None and priced.of_months is not None:
        return Fraction(priced.months, priced.of_months)
    return Fraction(1, priced.parts)


def _share(line: OurLine) -> Fraction:
    """The part of its cycle that a line is for, or gives back: by days, by hours where the refund counts them."""
    if line.kind == "credit":
        if line.by_hours and line.kept is not None and line.of is not None:
            return max(_charged(line.priced) - Fraction(line.kept, line.of), Fraction(0))
    elif line.priced.by_hours and not line.charged_back:
        return _charged(line.priced)
    return Fraction(1) if line.days is None or line.of_days is None else Fraction(line.days, line.of_days)


def _charged(priced: Priced) -> Fraction:
    """The part of its cycle that a line charged when it was issued."""
    return Fraction(1) if priced.kept is None or priced.of is None else Fraction(priced.kept, priced.of)
