"""The schedule of a subscription: its cycles with their prices, from a day on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.billing.calendar import ONE_DAY, Cycle
from shared.billing.money import EXACT, round_money
from shared.billing.pricing import PriceBook
from shared.billing.terms import Terms


@dataclass(frozen=True, slots=True)
class PricedCycle:
    """A cycle and what one licence costs in it.

    `unit` is what proration starts from: the exact price (R0.3), with installments the rounded installment (R4.9).
    `shown` is the full unit price of the cycle as lines show it. `installment` counts from 1 in its term.
    """

    cycle: Cycle
    unit: Decimal
    shown: Decimal
    free: bool = False
    excluded: bool = False
    installment: int | None = None


@dataclass(slots=True)
class Schedule:
    """The priced cycles of a timeline, of what is known by the end of a day (`prices.known`)."""

    terms: Terms
    prices: PriceBook

    def since(self, day: date, end: date | None) -> Iterator[PricedCycle]:
        """The priced cycles from the one that contains `day`, until the subscription's end (first day not covered)."""
        if self.terms.frequency is None:
            if end is None or end > self.terms.start:
                yield self._one_time()
            return
        for cycle in self.terms.cycles.since(day):
            if end is not None and cycle.start >= end:
                return
            yield self.priced(cycle)

    def priced(self, cycle: Cycle) -> PricedCycle:
        """The price of a cycle: of its own start, with installments of the start of its term (R2.6, R4.5, R2.10d).

        The installments of the first term were captured by the order, also where a stub lies before them (rule R4.4).
        """
        terms = self.terms
        n, number = terms.installments, max(cycle.index, 0)
        if cycle.is_stub or (terms.has_installments and number < n):
            unit = self.prices.unit(terms.start)
        else:
            unit = self.prices.unit(terms.cycles.boundary(number - number % n))
        if terms.has_installments:
            unit = installment_unit(unit, n, terms.currency)
        free = terms.free_period and cycle.is_stub
        return PricedCycle(
            cycle,
            unit=unit,
            shown=round_money(unit, terms.currency),
            free=free,
            excluded=self._excluded(cycle.start),
            installment=number % n + 1 if terms.has_installments and not cycle.is_stub else None,
        )

    def _excluded(self, start: date) -> bool:
        """Whether a cycle was begun before we took the subscription over: someone else has billed it (R4.8)."""
        return self.terms.billed_from is not None and start < self.terms.billed_from

    def _one_time(self) -> PricedCycle:
        """A one-time charge: in full, once, on the day of the order."""
        start = self.terms.start
        unit = self.prices.unit(start)
        cycle = Cycle(0, start, start + ONE_DAY, start)
        return PricedCycle(cycle, unit, round_money(unit, self.terms.currency), excluded=self._excluded(start))


def installment_unit(term_unit: Decimal, n: int, currency: str) -> Decimal:
    """One installment for one licence: ROUND2(term price with extra charge / n), all equal (rule R4.5)."""
    return round_money(EXACT.divide(term_unit, n), currency)
