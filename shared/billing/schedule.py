"""The schedule of a subscription: its cycles with their prices, from a day on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from shared.billing.calendar import ONE_DAY, Cycle
from shared.billing.phases import Layout, Phase, Window
from shared.billing.policies import Policies
from shared.billing.price_book import PriceBook
from shared.billing.pricing import Quote, part_of_term


class Stretch(NamedTuple):
    """The part [begins, ends) of a cycle that has one price: the whole of it, unless something reprices it inside.

    `unit` is what proration starts from: the exact price (R0.3), with installments the rounded installment (R4.9).
    `shown` is the full unit price of the cycle as lines show it.
    """

    phase: Phase
    cycle: Cycle
    begins: date
    ends: date
    unit: Decimal
    shown: Decimal
    quote: Quote
    free: bool = False
    excluded: bool = False


@dataclass(slots=True)
class Schedule:
    """The priced cycles of a subscription, of what is known by the end of a day (`prices.known`)."""

    layout: Layout
    prices: PriceBook
    policies: Policies
    _may_split: bool = field(init=False)

    def __post_init__(self) -> None:
        self._may_split = self.policies.splits_cycles()

    def since(self, day: date, end: date | None) -> Iterator[list[Stretch]]:
        """Cycle by cycle from the one that contains `day`, until the subscription's end (first day not covered)."""
        if self.layout.phases[0].terms.frequency is None:
            once = self._one_time()
            if end is None or end > once.begins:
                yield [once]
            return
        for windows in self.layout.since(day):
            if end is not None and windows[0].begins >= end:
                return
            stretches = self.priced(windows[0])
            for window in windows[1:]:
                stretches += self.priced(window)
            if len(stretches) > 1:
                stretches = _joined(stretches, end)
            yield stretches

    def stretch_at(self, day: date) -> Stretch:
        """The priced stretch that contains a day; a free one, too."""
        stretches = next(self.since(day, None))
        return next((s for s in reversed(stretches) if s.begins <= day), stretches[0])

    def first_paid(self, day: date) -> Stretch:
        """The stretch of a day or, while that is free, the first one that is not; the last one where all are free."""
        stretch = self.stretch_at(day)
        if not stretch.free:
            return stretch
        for stretches in self.since(day, None):
            for stretch in stretches:
                if not stretch.free and (stretch.ends > day or stretch.phase.terms.frequency is None):
                    return stretch
        return stretch

    def priced(self, window: Window) -> list[Stretch]:
        """A window at the price of its start, with installments of its term's start (R2.6, R4.5, R2.10d).

        Split where a list price holds at once (`price_change_applies: immediately`).
        """
        phase, cycle, _, ends = window
        installments = phase.terms.has_installments
        term_start = phase.start_of_term(cycle.number) if installments else cycle.start
        day = term_start if term_start > phase.priced_on else phase.priced_on
        quote = self.prices.quote(phase, term_start, day)
        first = self._stretch(window, quote)
        if installments or first.free or not self._may_split:
            return [first]
        stretches = []
        for on in self.prices.splits(day, ends):
            split = self.prices.quote(phase, term_start, day, on)
            if self.policies.applies_at_once(on) and split.unit != first.quote.unit:
                stretches.append(first._replace(ends=on))
                first = self._stretch(window, split)._replace(begins=on)
        return [*stretches, first]

    def _stretch(self, window: Window, quote: Quote) -> Stretch:
        phase, cycle, begins, ends = window
        terms = phase.terms
        unit, shown = quote.per_cycle, quote.shown
        if phase.kind == "switched" and terms.term is not None:
            unit = shown = part_of_term(quote.unit, phase.cycles.months_in(cycle.number), terms.term, terms.currency)
        excluded = terms.billed_from is not None and cycle.start < terms.billed_from
        return Stretch(phase, cycle, begins, ends, unit, shown, quote, phase.free and cycle.number < 0, excluded)

    def _one_time(self) -> Stretch:
        """A one-time charge: in full, once, on the day of the order."""
        phase = self.layout.phases[0]
        start = phase.terms.start
        window = Window(phase, Cycle(0, start, start + ONE_DAY, 1), start, start + ONE_DAY)
        return self._stretch(window, self.prices.quote(phase, start, start))


def _joined(stretches: list[Stretch], end: date | None) -> list[Stretch]:
    """Stretches of a cycle that differ: a change to the same product at the same price, or there and back, is none.

    Those that begin with the end of the subscription or after it are left out.
    """
    joined = stretches[:1]
    for stretch in stretches[1:]:
        if end is not None and stretch.begins >= end:
            break
        last = joined[-1]
        same_product = stretch.phase.terms.product_id == last.phase.terms.product_id
        if same_product and (stretch.unit, stretch.free) == (last.unit, last.free):
            joined[-1] = last._replace(ends=stretch.ends)
        else:
            joined.append(stretch)
    return joined
