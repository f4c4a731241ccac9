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

from shared.billing.money import EXACT, ZERO, minor_unit, round_money


@dataclass(frozen=True, slots=True)
class Priced:
    """What a line was priced with. `unit_cost` is for one licence and one term, billed in `parts` installments.

    After a change of plan a cycle has `months` of `of_months` of it instead (rules R4.5, R4.14). `charged` is the part
    of the cycle that the line charged, where it says so.
    """

    unit_cost: Decimal | None
    parts: int = 1
    months: int | None = None
    of_months: int | None = None
    charged: Fraction | None = None


@dataclass(frozen=True, slots=True)
class OurLine:
    """A line of an issued document; [start, end] are both covered, `net` is positive on credits too.

    `unit_price` is that of the whole cycle. `priced` is the line's own price, on a credit that of the line it returns.
    `days_part` is the part of the cycle that it is for by days, None for a whole one; `kept` what stays charged after a
    credit, by days or hours.
    """

    subscription: str
    line: str
    kind: Literal["free", "prorated", "installment", "recurring", "credit"]
    start: date
    end: date
    quantity: int
    currency: str
    unit_price: Decimal
    net: Decimal
    priced: Priced
    days_part: Fraction | None = None
    kept: Fraction | None = None

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
    """The part of its cycle that a line bills, or gives back.

    By days, or by the hours or days of the reason that it has: whichever it was billed by, to the cent. What several
    credits left of a line is none of these, and is taken from the amount.
    """
    by_days = Fraction(1) if line.days_part is None else line.days_part
    whole = line.unit_price * line.quantity
    if not whole or (line.days_part is None and line.net == whole):
        return by_days
    billed = Fraction(line.net) / Fraction(whole)
    share = min((by_days, *_reasons(line)), key=lambda part: abs(part - billed))
    a_cent = Fraction(minor_unit(line.currency)) / Fraction(line.unit_price)
    return share if abs(share - billed) < a_cent else billed


def _reasons(line: OurLine) -> tuple[Fraction, ...]:
    """The parts of its cycle that a line may be for by its reason."""
    charged = Fraction(1) if line.priced.charged is None else line.priced.charged
    if line.kind == "credit":
        return (charged,) if line.kept is None else (charged - line.kept,)
    return (charged,)
