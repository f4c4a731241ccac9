"""Rules R0.1, R0.7, R1.2, the section "Cycles on a billing day" and EX-10: anchors, cycles, stubs."""

from __future__ import annotations

from datetime import date
from itertools import islice, pairwise

import pytest

from shared.billing.calendar import Cycles, add_months, first_after, first_on_or_after
from shared.billing.periods import billing_plan_name, duration_of, months_of


def day(text: str) -> date:
    return date.fromisoformat(text)


def boundaries(cycles: Cycles, count: int) -> list[str]:
    return [cycles.boundary(index).isoformat()[5:] for index in range(count)]


def test_ex10_an_anchor_on_31_january_is_clamped_and_never_chained() -> None:
    cycles = Cycles.on_order_day(day("2019-01-31"), 1)

    assert boundaries(cycles, 7) == ["01-31", "02-28", "03-31", "04-30", "05-31", "06-30", "07-31"]
    assert Cycles.on_order_day(day("2019-01-31"), 12).cycle(0).end == day("2020-01-31")


def test_a_leap_day_anchor_returns_to_29_february() -> None:
    cycles = Cycles.on_order_day(day("2020-02-29"), 12)

    assert [cycles.boundary(k).isoformat() for k in (0, 1, 4)] == ["2020-02-29", "2021-02-28", "2024-02-29"]


def test_the_anchor_day_is_the_billing_day_itself_not_the_first_clamped_date() -> None:
    cycles = Cycles.on_billing_day(day("2019-02-10"), 31, 1)

    assert boundaries(cycles, 3) == ["02-28", "03-31", "04-30"]


@pytest.mark.parametrize(
    ("start", "billing_day", "first"),
    [
        ("2019-01-15", 1, "2019-02-01"),
        ("2019-02-01", 1, "2019-02-01"),
        ("2019-02-10", 31, "2019-02-28"),
        ("2020-02-10", 31, "2020-02-29"),
        ("2019-02-28", 30, "2019-02-28"),
        ("2019-12-16", 15, "2020-01-15"),
        ("2019-04-30", 31, "2019-04-30"),
    ],
)
def test_the_first_billing_date_is_the_first_occurrence_on_or_after(start: str, billing_day: int, first: str) -> None:
    assert first_on_or_after(day(start), billing_day) == day(first)


def test_strictly_after_skips_the_start_itself() -> None:
    assert first_after(day("2019-02-01"), 1) == day("2019-03-01")
    assert first_after(day("2019-02-28"), 31) == day("2019-03-31")


def test_a_stub_is_measured_against_the_full_cycle_that_ends_at_its_boundary() -> None:
    stub = Cycles.on_billing_day(day("2019-01-15"), 1, 1).at(day("2019-01-20"))

    assert (stub.is_stub, stub.start, stub.end) == (True, day("2019-01-15"), day("2019-02-01"))
    assert (stub.days, stub.full_days) == (17, 31)


def test_a_yearly_stub_is_measured_against_the_year_before_the_boundary() -> None:
    stub = Cycles.on_billing_day(day("2023-03-15"), 1, 12).at(day("2023-03-15"))

    assert (stub.days, stub.full_days, stub.end) == (17, 365, day("2023-04-01"))


def test_no_stub_when_it_starts_on_the_billing_day() -> None:
    cycles = Cycles.on_billing_day(day("2019-02-01"), 1, 1)

    first, second = islice(cycles.since(day("2019-02-01")), 2)
    assert (first.is_stub, first.start, first.days) == (False, day("2019-02-01"), 28)
    assert second.start == day("2019-03-01")


def test_the_first_boundary_is_the_next_billing_day_whatever_the_length_of_the_period() -> None:
    for months in (1, 3, 12, 36):
        assert Cycles.on_billing_day(day("2019-01-15"), 1, months).first_boundary == day("2019-02-01")


def test_cycles_meet_without_gap_or_overlap() -> None:
    cycles = list(islice(Cycles.on_billing_day(day("2019-01-15"), 30, 1).since(day("2019-01-15")), 30))

    assert all(one.end == other.start for one, other in pairwise(cycles))
    assert cycles[0].start == day("2019-01-15")


@pytest.mark.parametrize("on", ["2019-01-14", "2019-01-15", "2019-01-31", "2019-02-01", "2020-02-29"])
def test_a_day_on_or_after_the_start_lies_in_its_cycle(on: str) -> None:
    cycles = Cycles.on_billing_day(day("2019-01-14"), 1, 1)

    assert cycles.at(day(on)).start <= day(on) < cycles.at(day(on)).end


def test_cycles_that_end_on_a_day_have_a_stub_only_where_whole_periods_do_not_fit() -> None:
    fitting = Cycles.ending_on(day("2022-07-15"), day("2022-12-15"), 1)
    one_day_short = Cycles.ending_on(day("2022-07-16"), day("2022-12-15"), 1)

    assert [cycle.is_stub for cycle in fitting.since(day("2022-07-15"))] == [False] * 5
    assert [cycle.is_stub for cycle in one_day_short.since(day("2022-07-16"))] == [True] + [False] * 4
    assert fitting.at(day("2022-07-15")).days == 31
    assert (one_day_short.at(day("2022-07-16")).days, one_day_short.at(day("2022-07-16")).full_days) == (30, 31)


def test_cycles_before_a_day_are_cut_by_it() -> None:
    cut = Cycles(day("2019-01-15"), 2019 * 12 + 1, 1, 1, until=day("2019-03-10"), stub_days=40)

    assert [(str(cycle.start), str(cycle.end), cycle.full_days) for cycle in cut.since(day("2019-01-01"))] == [
        ("2019-01-15", "2019-02-01", 40),
        ("2019-02-01", "2019-03-01", 28),
        ("2019-03-01", "2019-03-10", 9),
    ]
    assert [cut.at(day(on)) for on in ("2019-01-20", "2019-02-01", "2019-03-09")] == list(cut.since(cut.start))


def test_the_last_part_of_a_switched_plan_has_the_months_that_are_left() -> None:
    # Rule R4.14: 22 months left, to annual, is 12 and 10.
    left = Cycles(day("2024-03-15"), 2024 * 12 + 2, 15, 12, until=day("2026-01-15"))

    assert [left.months_in(cycle.number) for cycle in left.since(left.start)] == [12, 10]
    assert Cycles.on_order_day(day("2024-03-15"), 12).months_in(1) == 12


def test_a_stub_that_is_cut_before_its_boundary_is_all_there_is() -> None:
    trial = Cycles(day("2019-01-15"), 2019 * 12 + 1, 1, 1, until=day("2019-01-20"))

    assert [(str(cycle.start), str(cycle.end), cycle.is_stub) for cycle in trial.since(trial.start)] == [
        ("2019-01-15", "2019-01-20", True)
    ]


def test_months_are_added_from_the_anchor_day() -> None:
    assert add_months(day("2019-01-31"), 1) == day("2019-02-28")
    assert add_months(day("2019-02-28"), 1, anchor_day=31) == day("2019-03-31")


@pytest.mark.parametrize(("text", "months"), [("P1M", 1), ("P3M", 3), ("P1Y", 12), ("P3Y", 36), ("P18M", 18)])
def test_durations_are_whole_months(text: str, months: int) -> None:
    assert months_of(text) == months
    assert duration_of(months) == text


@pytest.mark.parametrize("text", ["1M", "P0M", "P1W", "PT1M", "P1.5M", "p1m", "P1M "])
def test_other_durations_are_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match="write P1M, P1Y, P3Y"):
        months_of(text)


@pytest.mark.parametrize(
    ("term", "frequency", "name"),
    [
        (12, 1, "Monthly"),
        (12, 3, "Quarterly"),
        (12, 6, "Semi-annual"),
        (36, 12, "Annual"),
        (72, 36, "Triennial"),
        (12, 2, "P2M"),
        (48, 24, "P2Y"),
        (12, 12, "-"),
        (1, 1, "-"),
        (12, None, "-"),
        (None, None, "-"),
    ],
)
def test_billing_plans_have_the_names_of_the_contract(term: int | None, frequency: int | None, name: str) -> None:
    assert billing_plan_name(term, frequency) == name


def test_what_lies_before_the_first_boundary_is_the_stub_however_long() -> None:
    cycles = Cycles.on_order_day(day("2019-06-15"), 1)

    assert [cycles.index_at(day(text)) for text in ("2019-01-31", "2019-06-14", "2019-06-15")] == [-1, -1, 0]
    assert cycles.cycle(-1).number == -1
