"""The core against a calculation that is slow and simple: every seat of every day, straight from the rules.

It knows nothing of layers, lines, runs or credits: a seat begins on a day, ends on a day, and each cycle of it costs
ROUND2(unit x days / days of the full cycle). What is billed less what is credited must be the sum of that.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor

from hypothesis import assume
from hypothesis import given as each

from tests.billing_dsl import Json, Outcome
from tests.strategies.billing import END, PLAIN, Life, eventful_lives, lives
from tests.strategies.examples import examples

DAY = timedelta(days=1)
MONTHS = {"P1M": 1, "P3M": 3, "P1Y": 12}


@dataclass
class Seat:
    """One seat at one price inside one cycle: the first day it is there, and the first day it is not."""

    begins: date
    ends: date


@dataclass(frozen=True)
class Cycle:
    """A cycle: [begins, ends), the days of the full one that it is part of, and the terms that it is billed on."""

    begins: date
    ends: date
    full: int
    terms: Json

    @property
    def arrears(self) -> bool:
        return self.terms.get("charge") == "arrears"


def month_later(anchor: date, anchor_day: int, months: int) -> date:
    """The anchor day so many months on, or the last day of a shorter month (rule R0.7)."""
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    return date(year, month + 1, min(anchor_day, monthrange(year, month + 1)[1]))


def with_every_term(terms: Json) -> Json:
    """Terms with the defaults of an order: a month, billed at once, on the billing day unless in installments."""
    term = terms.get("term", "P1M")
    frequency = terms.get("billing_frequency", term)
    anchor = terms.get("anchor", "billing_day" if term == frequency else "order_day")
    return {"charge": "upfront", **terms, "term": term, "billing_frequency": frequency, "anchor": anchor}


def cycles_on(terms: Json, start: date, billing_day: int) -> Iterator[Cycle]:
    """The cycles of terms that begin on a day, up to the one that the test ends in; the stub first."""
    months = MONTHS[terms["billing_frequency"]]
    anchor_day = start.day if terms["anchor"] == "order_day" else billing_day
    anchor = start
    while terms["anchor"] == "billing_day" and anchor != month_later(anchor, anchor_day, 0):
        anchor += DAY
    if start < anchor:
        yield Cycle(start, anchor, (anchor - month_later(anchor, anchor_day, -months)).days, terms)
    k = 0
    while (begins := month_later(anchor, anchor_day, k * months)) <= END:
        ends = month_later(anchor, anchor_day, (k + 1) * months)
        yield Cycle(begins, ends, (ends - begins).days, terms)
        k += 1


def cycles_of(life: Life) -> Iterator[Cycle]:
    """Every cycle: where a conversion has other terms they begin anew on its day, and the running one ends there."""
    terms, start = with_every_term(life.terms), life.start
    for conversion in life.conversions:
        converted = {**terms, **conversion.restart}
        if converted != terms:
            for cycle in cycles_on(terms, start, life.billing_day):
                if cycle.begins < conversion.on:
                    yield replace(cycle, ends=min(cycle.ends, conversion.on))
            terms, start = converted, conversion.on
    yield from cycles_on(terms, start, life.billing_day)


def unit_on(life: Life, cycle: Cycle, day: date) -> Fraction:
    """What a seat that begins on a day costs a whole cycle; installments are rounded (rule R4.5)."""
    prices = [life.unit_price, *(conversion.unit_price for conversion in life.conversions if conversion.on <= day)]
    parts = MONTHS[cycle.terms["term"]] // MONTHS[cycle.terms["billing_frequency"]]
    unit = Fraction(prices[-1]) / parts
    return unit if parts == 1 else rounded(unit)


def seats_by_day(life: Life, until: date) -> dict[date, int]:
    """How many seats are billed on each day; none from the day of cancellation on, nor while it is suspended."""
    changes = {change.on: change.seats for change in life.changes}
    held, seats = {}, life.seats
    day = life.start
    while day < until:
        seats = changes.get(day, seats) if seats else 0
        paused = any(pause.on <= day and (pause.back is None or day < pause.back) for pause in life.pauses)
        held[day] = 0 if paused else seats
        day += DAY
    return held


def seats_of_cycle(held: dict[date, int], cycle: Cycle, repriced: set[date]) -> list[Seat]:
    """Every seat of a cycle. The newest end first (rule R0.10); all end, and begin anew, where the price is another."""
    here: list[Seat] = []
    gone: list[Seat] = []
    day = cycle.begins
    while day < cycle.ends:
        while here and (len(here) > held[day] or day in repriced):
            seat = here.pop()
            seat.ends = day
            gone.append(seat)
        while len(here) < held[day]:
            here.append(Seat(day, cycle.ends))
        day += DAY
    return [*here, *gone]


def rounded(amount: Fraction) -> Fraction:
    """Half up to cents."""
    return Fraction(floor(amount * 100 + Fraction(1, 2)), 100)


def expected_net(life: Life) -> dict[date, Fraction]:
    """What everything that is due by the end of the test adds up to, by the start of its cycle."""
    cycles = list(cycles_of(life))
    held = seats_by_day(life, cycles[-1].ends)
    # A conversion to the same product at the same price changes nothing that is billed.
    sold = [("office", life.unit_price), *(("suite", conversion.unit_price) for conversion in life.conversions)]
    repriced = {
        conversion.on
        for before, now, conversion in zip(sold, sold[1:], life.conversions, strict=False)
        if now != before
    }
    ended = any(change.seats == 0 for change in life.changes)
    total: dict[date, Fraction] = defaultdict(Fraction)
    for cycle in cycles:
        if cycle.arrears and cycle.ends > END and not ended:
            continue
        for seat in seats_of_cycle(held, cycle, repriced):
            unit = unit_on(life, cycle, seat.begins)
            total[cycle.begins] += rounded(unit * (seat.ends - seat.begins).days / cycle.full)
    return {begins: net for begins, net in total.items() if net}


def net(outcome: Outcome) -> dict[date, Fraction]:
    """What is billed less what is credited, by the start of the cycle, which the id of a line names."""
    total: dict[date, Fraction] = defaultdict(Fraction)
    for line in outcome.lines:
        cycle_start = date.fromisoformat(line["line"].split("/")[1])
        total[cycle_start] += Fraction(line["net"]) * (-1 if line["kind"] == "credit" else 1)
    return {begins: amount for begins, amount in total.items() if amount}


@examples
@each(lives(PLAIN, prices=False))
def test_what_is_billed_less_what_is_credited_is_what_every_seat_of_every_day_costs(life: Life) -> None:
    assert net(life.events.until(END.isoformat())) == expected_net(life)


@examples
@each(eventful_lives())
def test_so_it_is_where_prices_and_cycles_change_and_suspensions_are_not_billed(life: Life) -> None:
    outcome = life.events.until(END.isoformat())

    assert outcome.rejected == []
    assert net(outcome) == expected_net(life)


@examples
@each(lives(PLAIN) | eventful_lives())
def test_every_day_of_every_seat_is_billed_once_without_gap_or_overlap(life: Life) -> None:
    # Where a day costs less than a cent, a credit or a charge of nothing leaves no line.
    assume(Decimal(life.unit_price) > 5)
    assume(all(Decimal(change["data"]["unit_price"]) > 5 for change in life.prices))
    billed: Counter[date] = Counter()
    for line in life.events.until(END.isoformat()).lines:
        day = date.fromisoformat(line["from"])
        while day <= date.fromisoformat(line["to"]):
            billed[day] += -line["quantity"] if line["kind"] == "credit" else line["quantity"]
            day += DAY

    cycles = list(cycles_of(life))
    until = cycles[-1].begins if cycles[-1].arrears else cycles[-1].ends
    held = seats_by_day(life, until)
    assert {day: billed[day] for day in held} == held
