"""Our cost beside the vendor's, a subscription and a period at a time (rule R7.7). Pure.

What lies partly in the period counts by its days in it. A difference below the limit is a match; one that is all of
Microsoft's cutting is called rounding; everything else a discrepancy. What is not known is said, not guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import Final, Literal

from services.reconciliation.cost.our_cost import OurLine, cost_of
from services.reconciliation.cost.proration import has_two_digits, recompute
from services.reconciliation.cost.rows import BilledRow
from shared.billing.money import EXACT, round_money

Verdict = Literal[
    "match", "rounding", "discrepancy", "missing_here", "missing_at_vendor", "cost_unknown", "other_currency"
]
LIMIT: Final = Decimal("1.00")
TOLERANCE: Final = Decimal("0.01")
_BEFORE_ALL = datetime(1, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """Days [first, last], both covered."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"a period from {self.first} to {self.last} has no days")

    def weight(self, start: date, end: date) -> Fraction:
        """days_in_period / days_of_item of what is for [start, end] (rule R7.7)."""
        inside = (min(end, self.last) - max(start, self.first)).days + 1
        return Fraction(max(inside, 0), (end - start).days + 1)


@dataclass(frozen=True, slots=True)
class Limits:
    """Below `match` two amounts are the same; `tolerance` is what cutting may take of one seat of one row."""

    match: Decimal = LIMIT
    tolerance: Decimal = TOLERANCE


@dataclass(frozen=True, slots=True)
class Transaction:
    """Rows that belong together: a wipe and what is recreated, the two rows of a product with and without telephony."""

    reference_id: str
    rows: tuple[BilledRow, ...]

    @property
    def subtotal(self) -> Decimal:
        return sum((row.subtotal for row in self.rows), Decimal(0))


@dataclass(frozen=True, slots=True)
class CostComparison:
    """One subscription in one period, in one currency. None where a side has nothing, or does not know.

    `sell` is what our lines bill for it; margins are that less our cost, and less the vendor's.
    """

    subscription: str
    verdict: Verdict
    currency: str
    ours: Decimal | None
    theirs: Decimal | None
    sell: Decimal
    transactions: tuple[Transaction, ...] = ()
    lines: tuple[str, ...] = ()

    @property
    def difference(self) -> Decimal | None:
        """What the vendor bills beyond our cost."""
        return None if self.ours is None or self.theirs is None else self.theirs - self.ours

    @property
    def margin(self) -> Decimal | None:
        return None if self.ours is None else self.sell - self.ours

    @property
    def margin_by_vendor(self) -> Decimal | None:
        return None if self.theirs is None else self.sell - self.theirs


def compared(
    subscription: str, lines: Sequence[OurLine], rows: Sequence[BilledRow], period: Period, limits: Limits | None = None
) -> CostComparison | None:
    """The comparison of one subscription; None where neither side has anything in the period."""
    limits = limits or Limits()
    lines = [line for line in lines if period.weight(line.start, line.end)]
    rows = [row for row in rows if period.weight(row.start, row.end)]
    if not lines and not rows:
        return None
    currencies = sorted({line.currency for line in lines} | {row.currency for row in rows})
    several = len(currencies) > 1
    currency = "/".join(currencies)
    ours, theirs = _ours(lines, period), _theirs(rows, period)
    if not lines:
        verdict: Verdict = "missing_here"
    elif not rows:
        verdict = "missing_at_vendor"
    elif several:
        verdict = "other_currency"
    elif ours is None:
        verdict = "cost_unknown"
    else:
        verdict = _verdict(_rounded(ours, currency), rows, period, limits, currency)
    sell = sum((Fraction(line.sell) * period.weight(line.start, line.end) for line in lines), Fraction(0))
    return CostComparison(
        subscription=subscription,
        verdict=verdict,
        currency=currency,
        ours=None if not lines or ours is None or several else _rounded(ours, currency),
        theirs=None if not rows or several else _rounded(theirs, currency),
        sell=_rounded(sell, lines[0].currency if lines else currency),
        transactions=transactions(rows),
        lines=tuple(line.line for line in lines),
    )


def transactions(rows: Iterable[BilledRow]) -> tuple[Transaction, ...]:
    """Rows by the date of their order, those of one ReferenceId together at its first; files are not in that order."""
    in_order = sorted(rows, key=_ordered)
    first: dict[str, int] = {}
    for place, row in enumerate(in_order):
        first.setdefault(_reference(row, place), place)
    places = {id(row): first[_reference(row, place)] for place, row in enumerate(in_order)}
    in_order.sort(key=lambda row: places[id(row)])
    return tuple(
        Transaction(group[0].reference_id, tuple(group))
        for group in (list(rows) for _, rows in groupby(in_order, key=lambda row: places[id(row)]))
    )


def _ordered(row: BilledRow) -> tuple[datetime, date, Decimal]:
    """By order date; on one moment what is taken back goes before what is charged."""
    return row.order_date or _BEFORE_ALL, row.start, row.subtotal


def _reference(row: BilledRow, place: int) -> str:
    """Rows without a reference are each their own."""
    return row.reference_id or f"row {place}"


def _ours(lines: Iterable[OurLine], period: Period) -> Fraction | None:
    total = Fraction(0)
    for line in lines:
        cost = cost_of(line)
        if cost is None:
            return None
        total += Fraction(cost) * period.weight(line.start, line.end)
    return total


def _theirs(rows: Iterable[BilledRow], period: Period) -> Fraction:
    return sum((Fraction(row.subtotal) * period.weight(row.start, row.end) for row in rows), Fraction(0))


def _verdict(ours: Decimal, rows: Sequence[BilledRow], period: Period, limits: Limits, currency: str) -> Verdict:
    # As people see them: what reads as a difference of 1.00 is one.
    difference = abs(_rounded(_theirs(rows, period), currency) - ours)
    if difference < limits.match:
        return "match"
    return "rounding" if _is_cutting(ours, difference, rows, period, limits) else "discrepancy"


def _is_cutting(ours: Decimal, difference: Decimal, rows: Sequence[BilledRow], period: Period, limits: Limits) -> bool:
    """Whether cutting is all there is to a difference.

    Every row is then what its own price, days and seats come to, and uncut they come to our cost. Where the price
    itself is only known cut, what that took is allowed for as well.
    """
    exact = allowed = unseen = Fraction(0)
    for row in rows:
        weight = period.weight(row.start, row.end)
        again = recompute(row)
        if not again.within(row.subtotal, limits.tolerance, row.quantity):
            return False
        by_cutting = Fraction(limits.tolerance) * abs(Fraction(row.quantity)) * weight
        exact += again.exact * weight
        allowed += by_cutting
        unseen += by_cutting if again.basis == "printed" and has_two_digits(row.effective_unit_price) else 0
    if Fraction(difference) > allowed:
        return False
    return abs(Fraction(ours) - exact) < Fraction(limits.match) + unseen


def _rounded(amount: Fraction, currency: str) -> Decimal:
    return round_money(EXACT.divide(Decimal(amount.numerator), Decimal(amount.denominator)), currency)
