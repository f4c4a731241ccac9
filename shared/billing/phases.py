"""Phases: the stretches of a subscription's life that have one set of terms and one row of cycles each.

Most subscriptions have one phase. A trial, a conversion, a changed billing plan or billing day, a next term with other
terms and an extended service term begin another. A term may reach over several phases, a cycle too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from shared.billing.calendar import Cycle, Cycles, add_months
from shared.billing.facts import Ref
from shared.billing.terms import Terms

# trial: free, until its day. aligned: the first term up to a custom end (R5.9). switched: what is left of a term after
# a change of plan (R4.14). moved: begins with a short cycle to a new billing day. extended: month by month (R5.8).
PhaseKind = Literal["regular", "trial", "aligned", "switched", "moved", "extended"]
# What brought the price of a phase: nothing where the price before goes on.
Capture = Literal["order", "conversion", "next_term", "extended", "renewed"]


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase, from `begins` to the beginning of the next one.

    `term_start` is the first day of the term that runs when it begins. `priced_on` is the day its price was captured,
    `capture` says how if it was on `begins`. `free` says that its stub is a free period. `keeps_rules` and
    `protects_anew` say what a conversion does to pricing rule and protection. `by` is the event behind it.
    `edits_before` counts the price edits that came before it: it replaces what they say. `converted_at` is the instant
    of a conversion that began another term.
    """

    begins: date
    terms: Terms
    cycles: Cycles
    term_start: date
    priced_on: date
    by: Ref
    kind: PhaseKind = "regular"
    capture: Capture | None = None
    free: bool = False
    keeps_rules: bool = True
    protects_anew: bool = False
    edits_before: int = 0
    converted_at: datetime | None = None

    def term_of(self, index: int) -> tuple[date, date]:
        """The term [start, end) of cycle `index`; the first one of a phase begins with its stub."""
        if self.cycles.until is not None:
            return self.term_start, self.cycles.until
        n = self.terms.installments
        return self.start_of_term(index), self.cycles.boundary((max(index, 0) // n + 1) * n)

    def start_of_term(self, index: int) -> date:
        """The first day of the term of cycle `index`."""
        first = index - index % self.terms.installments
        return self.term_start if first <= 0 or self.cycles.until is not None else self.cycles.boundary(first)

    def term_at(self, day: date) -> tuple[date, date]:
        """The term [start, end) of a day as people see it: a stub belongs to the first one (contracts, `simulate`)."""
        if self.terms.frequency is None:
            return self.terms.start, self.terms.start
        index = self.cycles.index_at(day)
        begin, end = self.term_of(index)
        whole = self.kind in ("regular", "moved", "extended")
        if begin == self.term_start and whole and day >= self.cycles.first_boundary:
            begin = max(begin, self.cycles.first_boundary)
        return begin, end

    def counts(self, cycle: Cycle) -> bool:
        """Whether a cycle is an installment of a billing plan: stubs are not, but for the part of R5.9."""
        return self.terms.has_installments and (not cycle.is_stub or self.kind == "aligned")


class Window(NamedTuple):
    """The part [begins, ends) of a cycle that lies in one phase."""

    phase: Phase
    cycle: Cycle
    begins: date
    ends: date


@dataclass(frozen=True, slots=True)
class Layout:
    """All phases of a subscription in their order: the first begins with it, the last has no end."""

    phases: tuple[Phase, ...]

    def phase_at(self, day: date) -> Phase:
        """The phase of a day; the first one for days before."""
        return self.phases[self._place(day)]

    def _place(self, day: date) -> int:
        place = len(self.phases) - 1
        while place and self.phases[place].begins > day:
            place -= 1
        return place

    def cycle_at(self, day: date) -> Cycle:
        """The cycle of a day; one that a new phase cut short has its natural end."""
        return self.phase_at(day).cycles.at(day)

    def term_at(self, day: date) -> tuple[date, date]:
        """The term [start, end) of a day as people see it."""
        return self.phase_at(day).term_at(day)

    def since(self, day: date) -> Iterator[list[Window]]:
        """Cycle by cycle from the one that contains `day`, each as its windows in the phases that it lies in."""
        phases = self.phases
        place = self._place(day)
        while place and self._reaches_back(place, max(day, phases[place].begins)):
            place -= 1
            day = min(day, phases[place].cycles.at(max(day, phases[place].begins)).start)
        waiting: list[Window] = []
        for here, phase in enumerate(phases[place:], place):
            stop = phases[here + 1].begins if here + 1 < len(phases) else None
            for cycle in phase.cycles.since(max(day, phase.begins)):
                if stop is None and cycle.start >= phase.begins and not waiting:
                    yield [Window(phase, cycle, cycle.start, cycle.end)]
                    continue
                if stop is not None and cycle.start >= stop:
                    break
                ends = cycle.end if stop is None or stop > cycle.end else stop
                begins = cycle.start if cycle.start > phase.begins else phase.begins
                if begins >= ends:
                    continue  # a later phase begins on the same day
                window = Window(phase, cycle, begins, ends)
                if waiting and (waiting[0].cycle != cycle or waiting[0].phase.cycles != phase.cycles):
                    yield waiting
                    waiting = []
                waiting.append(window)
                if ends == cycle.end:
                    yield waiting
                    waiting = []
        if waiting:
            yield waiting

    def _reaches_back(self, place: int, day: date) -> bool:
        """Whether the cycle of a day began in the phase before."""
        phase = self.phases[place]
        return phase.cycles.at(day).start < phase.begins

    def next_start(self, day: date) -> date | None:
        """The first start of a cycle, with installments of a term, on or after a day; None for a one-time charge."""
        phases = self.phases
        for place in range(self._place(day), len(phases)):
            phase = phases[place]
            if phase.terms.frequency is None:
                return None
            stop = phases[place + 1].begins if place + 1 < len(phases) else None
            start = _start_in(phase, max(day, phase.begins))
            if start is not None and (stop is None or start < stop):
                return start
        return None

    def next_start_after(self, day: date) -> date | None:
        """As `next_start`, strictly after a day."""
        return self.next_start(day + timedelta(days=1))


def _start_in(phase: Phase, day: date) -> date | None:
    """The first cycle or term start of a phase on or after a day; None where it has no more."""
    cycles = phase.cycles
    if day == phase.begins and phase.begins == phase.term_start:
        return day
    index = cycles.index_at(day)
    if phase.terms.has_installments:
        if cycles.until is not None:
            return None
        begin, end = phase.term_of(index)
        return begin if begin == day and index >= 0 else end
    start = cycles.boundary(index) if index >= 0 else None
    if start is None or start < day:
        start = cycles.boundary(index + 1)
    return start if cycles.until is None or start < cycles.until else None


def regular_cycles(terms: Terms, begins: date, *, strictly_after: bool = False) -> Cycles:
    """The cycles of ordinary terms that begin on a day: on the billing day after a stub, or at once (R1.2, R4.4).

    `strictly_after`: begun on the billing day, the first cycle is a whole one later.
    """
    if terms.frequency is None:
        return Cycles.on_order_day(begins, 1)
    if terms.anchor == "order_day":
        return Cycles.on_order_day(begins, terms.frequency, terms.anchor_day)
    return Cycles.on_billing_day(begins, terms.anchor_day, terms.frequency, strictly_after=strictly_after)


def opening(terms: Terms, begins: date, by: Ref, capture: Capture) -> Phase:
    """The phase that an order, an import or a conversion with new cycles begins: a trial first, if there is one."""
    if terms.trial_until is not None and terms.trial_until > begins:
        until = terms.trial_until
        cycles = Cycles.on_order_day(until, 1)
        trial = Cycles(begins, cycles.anchor_month, cycles.day, 1, until=until, stub_days=(until - begins).days)
        return Phase(begins, terms, trial, begins, begins, by, kind="trial", capture=capture, free=True)
    return paid(terms, begins, by, capture, priced_on=begins)


def paid(terms: Terms, begins: date, by: Ref, capture: Capture | None, priced_on: date) -> Phase:
    """The phase in which terms are paid from a day: up to a custom end, else on ordinary cycles (rules R1.2, R5.9)."""
    term, frequency = terms.term, terms.frequency
    if terms.custom_end is not None and term is not None and frequency is not None:
        end = terms.custom_end + timedelta(days=1)
        natural = add_months(begins, term)
        if begins < end <= natural:
            whole = (natural - begins).days if term == frequency else None
            cycles = Cycles.ending_on(begins, end, frequency, whole)
            return Phase(begins, terms, cycles, begins, priced_on, by, kind="aligned", capture=capture)
    # A free period reaches to the billing day after a start on one where a setting says so; what comes later does not.
    strictly_after = terms.free_period and terms.first_boundary_after_start
    cycles = regular_cycles(terms, begins, strictly_after=strictly_after)
    return Phase(begins, terms, cycles, begins, priced_on, by, capture=capture, free=terms.free_period)
