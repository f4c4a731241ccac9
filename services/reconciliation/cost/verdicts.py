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
from shared.billing.money import EXACT, ZERO, round_money

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

    def touches(self, start: date, end: date) -> bool:
        """Whether some day of [start, end] is in it."""
        return start <= self.last and end >= self.first

    def weight(self, start: date, end: date) -> Fraction:
        """days_in_period / days_of_item of what is for [start, end] (rule R7.7)."""
        inside = (min(end, self.last) - max(start, self.first)).days + 1
        return Fraction(max(inside, 0), (end - start).days + 1)

    def total(self, items: Iterable[tuple[Decimal, date, date]]) -> Fraction:
        """The sum of amounts for [start, end], each by its weight; most lie in a period altogether."""
        whole, parts = ZERO, Fraction(0)
        for amount, start, end in items:
            if self.first <= start and end <= self.last:
                whole += amount
            else:
                parts += Fraction(amount) * self.weight(start, end)
        return Fraction(whole) + parts


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

    `sell` is what our lines bill for it, None where they do in several currencies; margins are that less our cost, and
    less the vendor's.
    """

    subscription: str
    verdict: Verdict
    currency: str
    ours: Decimal | None
    theirs: Decimal | None
    sell: Decimal | None
    transactions: tuple[Transaction, ...] = ()
    lines: tuple[str, ...] = ()

    @property
    def difference(self) -> Decimal | None:
        """What the vendor bills beyond our cost."""
        return None if self.ours is None or self.theirs is None else self.theirs - self.ours

    @property
    def margin(self) -> Decimal | None:
        return None if self.ours is None or self.sell is None else self.sell - self.ours

    @property
    def margin_by_vendor(self) -> Decimal | None:
        return None if self.theirs is None or self.sell is None else self.sell - self.theirs


def compared(
    subscription: str, lines: Sequence[OurLine], rows: Sequence[BilledRow], period: Period, limits: Limits | None = None
) -> CostComparison | None:
    """The comparison of one subscription; None where neither side has anything in the period."""
    limits = limits or Limits()
    lines = [line for line in lines if period.touches(line.start, line.end)]
    rows = [row for row in rows if period.touches(row.start, row.end)]
    if not lines and not rows:
        return None
    sold = {line.currency for line in lines}
    currencies = sorted(sold | {row.currency for row in rows})
    currency = "/".join(currencies)
    ours = theirs = None
    if len(currencies) == 1:
        ours = _ours(lines, period, currency)
        theirs = _rounded(period.total((row.subtotal, row.start, row.end) for row in rows), currency) if rows else None
    sell = period.total((line.sell, line.start, line.end) for line in lines)
    if not lines:
        verdict: Verdict = "missing_here"
    elif not rows:
        verdict = "missing_at_vendor"
    elif len(currencies) > 1:
        verdict = "other_currency"
    elif ours is None or theirs is None:
        verdict = "cost_unknown"
    elif abs(theirs - ours) < limits.match:
        verdict = "match"
    else:
        verdict = "rounding" if _is_cutting(ours, abs(theirs - ours), rows, period, limits) else "discrepancy"
    return CostComparison(
        subscription=subscription,
        verdict=verdict,
        currency=currency,
        ours=ours,
        theirs=theirs,
        sell=None if len(sold) > 1 else _rounded(sell, next(iter(sold), currency)),
        transactions=transactions(rows),
        lines=tuple(line.line for line in lines),
    )


def _ours(lines: Sequence[OurLine], period: Period, currency: str) -> Decimal | None:
    """Our cost as people see it; None where there are no lines, or one of which no cost is known."""
    costs = []
    for line in lines:
        cost = cost_of(line)
        if cost is None:
            return None
        costs.append((cost, line.start, line.end))
    return _rounded(period.total(costs), currency) if costs else None


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
