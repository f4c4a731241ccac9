"""The core against a calculation that is slow and simple: every seat of every day, straight from the rules.

It knows nothing of layers, lines, runs or credits: a seat begins on a day, ends on a day, and each cycle of it costs
ROUND2(unit x days / days of the full cycle). What is billed less what is credited must be the sum of that.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor

from hypothesis import assume
from hypothesis import given as each

from tests.billing_dsl import Outcome
from tests.strategies.billing import END, PLAIN, Life, lives
from tests.strategies.examples import examples

DAY = timedelta(days=1)
MONTHS = {None: 1, "P1M": 1, "P3M": 3, "P1Y": 12}


@dataclass
class Seat:
    """One seat inside one cycle: the first day it is there, and the first day it is not."""

    begins: date
    ends: date


def month_later(anchor: date, anchor_day: int, months: int) -> date:
    """The anchor day so many months on, or the last day of a shorter month (rule R0.7)."""
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    return date(year, month + 1, min(anchor_day, monthrange(year, month + 1)[1]))


def cycles_of(life: Life) -> Iterator[tuple[date, date, int]]:
    """Start, end and days of the full cycle of each cycle that begins by the end of the test; the stub first."""
    months = MONTHS[life.terms.get("billing_frequency", life.terms.get("term"))]
    installments = "billing_frequency" in life.terms
    anchored = life.terms.get("anchor", "order_day" if installments else "billing_day")
    anchor_day = life.start.day if anchored == "order_day" else life.billing_day
    anchor = life.start
    while anchored == "billing_day" and anchor != month_later(anchor, anchor_day, 0):
        anchor += DAY
    if life.start < anchor:
        yield life.start, anchor, (anchor - month_later(anchor, anchor_day, -months)).days
    k = 0
    while (begins := month_later(anchor, anchor_day, k * months)) <= END:
        ends = month_later(anchor, anchor_day, (k + 1) * months)
        yield begins, ends, (ends - begins).days
        k += 1


def seats_by_day(life: Life, until: date) -> dict[date, int]:
    """How many seats are held on each day; none from the day of cancellation on."""
    changes = {change.on: change.seats for change in life.changes}
    held, seats = {}, life.seats
    day = life.start
    while day < until:
        seats = changes.get(day, seats) if seats else 0
        held[day] = seats
        day += DAY
    return held


def seats_of_cycle(held: dict[date, int], begins: date, ends: date) -> list[Seat]:
    """Every seat of a cycle. The newest end first (rule R0.10)."""
    here: list[Seat] = []
    gone: list[Seat] = []
    day = begins
    while day < ends:
        while len(here) > held[day]:
            seat = here.pop()
            seat.ends = day
            gone.append(seat)
        while len(here) < held[day]:
            here.append(Seat(day, ends))
        day += DAY
    return [*here, *gone]


def rounded(amount: Fraction) -> Fraction:
    """Half up to cents."""
    return Fraction(floor(amount * 100 + Fraction(1, 2)), 100)


def expected_net(life: Life) -> Fraction:
    """What all that is due by the end of the test adds up to."""
    cycles = list(cycles_of(life))
    held = seats_by_day(life, cycles[-1][1])
    unit = Fraction(life.unit_price)
    if "billing_frequency" in life.terms:
        unit = rounded(unit / 12)
    ended = any(change.seats == 0 for change in life.changes)
    arrears = life.terms.get("charge") == "arrears"
    total = Fraction(0)
    for begins, ends, full in cycles:
        if arrears and ends > END and not ended:
            continue
        for seat in seats_of_cycle(held, begins, ends):
            total += rounded(unit * (seat.ends - seat.begins).days / full)
    return total


def net(outcome: Outcome) -> Fraction:
    signs = {"invoice": 1, "credit_note": -1}
    return sum((Fraction(document["net"]) * signs[document["kind"]] for document in outcome.json), Fraction(0))


@examples
@each(lives(PLAIN, prices=False))
def test_what_is_billed_less_what_is_credited_is_what_every_seat_of_every_day_costs(life: Life) -> None:
    assert net(life.events.until(END.isoformat())) == expected_net(life)


@examples
@each(lives(PLAIN))
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
    until = cycles[-1][0] if life.terms.get("charge") == "arrears" else cycles[-1][1]
    held = seats_by_day(life, until)
    assert {day: billed[day] for day in held} == held
