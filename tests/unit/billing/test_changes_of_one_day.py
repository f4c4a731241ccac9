"""Several changes of seats on one day, and what comes back in full by them (conventions table, rule R5.1)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from shared.billing.facts import Ref
from shared.billing.netting import FullReturn, full_returns, in_force
from shared.billing.timeline import End, Returned, SeatChange, Timeline


def day(number: int) -> date:
    return date(2025, 1, number)


def at(number: int, hour: int = 0) -> datetime:
    return datetime(2025, 1, number, hour, tzinfo=UTC)


def by(name: str) -> Ref:
    return Ref("urn:test", name)


def back(bought: int, seats: int, *, full: bool = True) -> Returned:
    return Returned(day(bought), at(bought), seats, full)


def total(name: str, on: int, quantity: int, *returned: Returned, hour: int = 0, later: bool = False) -> SeatChange:
    """A new total of seats; `later`: billed from the next cycle only."""
    return SeatChange(day(on), at(on, hour), quantity, by(name), later, returned)


def canceled(on: int, *returned: Returned) -> End:
    return End(day(on), at(on, 12), "canceled", day(on), by("end"), immediate=True, returned=returned)


UP = total("up", 3, 12)
DOWN = total("down", 3, 8, back(1, 2))
FURTHER_DOWN = total("further down", 3, 7, back(2, 1))
LATER = total("later", 3, 6, later=True)
EVEN_LATER = total("even later", 3, 5, later=True)


@pytest.mark.parametrize(
    ("todays", "held"),
    [
        ([UP], ["up"]),
        ([UP, DOWN], ["down"]),
        ([UP, LATER], ["up", "later"]),
        ([LATER, UP], ["up"]),
        ([UP, LATER, DOWN], ["down"]),
        ([UP, LATER, EVEN_LATER], ["up", "even later"]),
    ],
)
def test_of_a_day_s_changes_the_last_holds_and_the_last_that_is_billed_at_once(
    todays: list[SeatChange], held: list[str]
) -> None:
    assert [change.by.id for change in in_force(todays)] == held


def test_the_last_change_gives_back_what_the_day_gave_back_together() -> None:
    (held,) = in_force([DOWN, FURTHER_DOWN])

    assert held.returned == (back(1, 2), back(2, 1))
    assert held.quantity == 7


def returned(*seats: SeatChange, end: End | None = None) -> list[FullReturn]:
    return full_returns(Timeline("sub-1", seats=list(seats), cancellation=end))


def test_a_reduction_names_each_batch_that_came_back_in_full_by_it() -> None:
    found = returned(total("order", 1, 5), total("up", 2, 8), total("down", 3, 4, back(2, 3), back(1, 1), hour=9))

    assert found == [
        FullReturn(day(2), at(2), 3, day(3), at(3, 9), "decrease", by("down")),
        FullReturn(day(1), at(1), 1, day(3), at(3, 9), "decrease", by("down")),
    ]  # fmt: skip


def test_a_cancellation_gives_back_beside_what_came_back_before() -> None:
    found = returned(total("order", 1, 5), total("down", 2, 4, back(1, 1), hour=9), end=canceled(3, back(1, 4)))

    assert found == [
        FullReturn(day(1), at(1), 1, day(2), at(2, 9), "decrease", by("down")),
        FullReturn(day(1), at(1), 4, day(3), at(3, 12), "ending", by("end")),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("seats", "found"),
    [
        pytest.param([total("order", 1, 1), total("down", 2, 1, back(1, 1))], [], id="as many as before"),
        pytest.param([total("order", 1, 1), total("up", 2, 2)], [], id="more, and nothing came back"),
        pytest.param([total("order", 1, 2), total("down", 2, 1, back(1, 1))], ["1 of 1"], id="one seat"),
        pytest.param([total("order", 1, 3), total("down", 2, 1, back(1, 2, full=False))], [], id="for its hours"),
        pytest.param(
            [total("order", 1, 5), total("down", 3, 2, back(1, 3)), total("up again", 3, 4, hour=5)],
            ["1 of 1"],
            id="less what came back the same day",
        ),
        pytest.param(
            [total("order", 1, 5), total("down", 3, 2, back(2, 2), back(1, 1)), total("up again", 3, 4, hour=5)],
            ["1 of 2"],
            id="the first that went stay away",
        ),
        pytest.param(
            [total("order", 1, 9), total("down", 3, 6, back(2, 1, full=False), back(1, 2))],
            ["2 of 1"],
            id="after one for its hours",
        ),
        pytest.param(
            [total("order", 1, 9), total("down", 3, 6, back(2, 2), back(1, 3))],
            ["2 of 2", "1 of 1"],
            id="no more than went",
        ),
        pytest.param([total("order", 1, 5), total("down", 3, 4, back(1, 1), later=True)], [], id="billed later"),
        pytest.param(
            [total("order", 1, 5), total("a", 3, 3, back(1, 2)), total("b", 4, 2, back(1, 1))],
            ["2 of 1", "1 of 1"],
            id="on two days",
        ),
    ],
)
def test_what_comes_back_in_full(seats: list[SeatChange], found: list[str]) -> None:
    assert [f"{one.seats} of {one.bought_on.day}" for one in returned(*seats)] == found


@pytest.mark.parametrize(
    ("seats", "end", "found"),
    [
        # What the day of the end gave back stands with the end.
        ([total("order", 1, 5), total("down", 3, 4, back(1, 1))], canceled(3, back(1, 5)), ["5 of 1"]),
        ([total("order", 1, 5), total("late", 4, 4, back(1, 1))], canceled(3, back(1, 5)), ["5 of 1"]),
        ([total("order", 1, 5)], canceled(3), []),
        ([total("order", 1, 5)], canceled(3, back(2, 2), back(1, 5)), ["2 of 2", "3 of 1"]),
    ],
)
def test_what_comes_back_in_full_by_an_end(seats: list[SeatChange], end: End, found: list[str]) -> None:
    assert [f"{one.seats} of {one.bought_on.day}" for one in returned(*seats, end=end)] == found
