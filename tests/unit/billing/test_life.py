"""The life of a subscription as people look at it: seats, prices, free periods, cycles and terms, windows."""

from __future__ import annotations

from datetime import date, timedelta

from shared.billing.account import account_on
from shared.billing.life import Life, Span, life
from shared.billing.masterdata import MasterData
from tests.billing_dsl import Event, canceled, facts_from, ordered, price, reactivated, seats, suspended


def lived(*events: Event, on: str) -> Life:
    facts = facts_from(events)
    own = [fact for fact in facts if fact.scope == "subscription"]
    day = date.fromisoformat(on)
    account = account_on("sub-1", own, MasterData.of(facts), day)
    assert account is not None
    found = life(account, day)
    # Whatever the story: seats are what is held, cycles follow on each other, each price begins where one ended.
    for one in found.seats[:-1] if found.ends else found.seats:
        assert account.timeline.quantity_on(one.begins) == one.quantity
    assert all(before.ends == after.begins for before, after in zip(found.cycles, found.cycles[1:], strict=False))
    assert all(before.ends == after.begins for before, after in zip(found.prices, found.prices[1:], strict=False))
    return found


def of(first: str, end: str | None) -> Span:
    """Days as Span has them: the end is the first one that does not belong to it."""
    return Span(date.fromisoformat(first), None if end is None else date.fromisoformat(end))


def test_the_release_notes_example() -> None:
    found = lived(
        ordered(5, on="2019-01-15", free_period=True, price_protection_months=12), seats(8, on="2019-01-25"),
        price("11.00", since="2020-01-01", known="2019-05-20"), on="2020-03-10",
    )  # fmt: skip

    assert [(one.begins.isoformat(), one.quantity) for one in found.seats] == [("2019-01-15", 5), ("2019-01-25", 8)]
    assert found.free == (of("2019-01-15", "2019-02-01"),)
    paid = [(one.begins.isoformat(), str(one.unit_price), one.origin) for one in found.prices if not one.free]
    # Locked again, at the list price of that day.
    assert paid[-1] == ("2020-02-01", "11.00", "protected")
    assert {price for day, price, _ in paid if day < "2020-02-01"} == {"10.00"}
    assert found.cycles[0] == of("2019-01-15", "2019-02-01")
    assert found.until == date(2020, 4, 1)
    assert found.ends is None


def test_a_suspension_and_an_end() -> None:
    found = lived(
        ordered(5, on="2025-03-01"), suspended(on="2025-04-02"), reactivated(on="2025-04-10"),
        canceled(on="2025-05-10"), on="2025-06-01",
    )  # fmt: skip

    assert found.suspended == (of("2025-04-02", "2025-04-10"),)
    assert found.ends == date(2025, 5, 10)
    assert [(one.begins.isoformat(), one.quantity) for one in found.seats] == [("2025-03-01", 5), ("2025-05-10", 0)]
    assert found.prices[-1].ends == date(2025, 5, 10)


def test_what_is_scheduled_is_part_of_it() -> None:
    found = lived(ordered(5, on="2025-03-01"), seats(8, on="2025-06-15", known="2025-03-10"), on="2025-03-20")

    assert found.seats[-1].begins == date(2025, 6, 15)
    assert found.until >= date(2025, 6, 15)


def test_a_term_with_its_stub_is_one_term() -> None:
    found = lived(ordered(5, on="2025-03-10", term="P1Y"), on="2025-04-01")

    assert found.terms == (of("2025-03-10", "2026-04-01"),)


def test_windows_are_of_the_seats_that_came_together() -> None:
    found = lived(
        ordered(5, on="2025-03-01T09:00:00Z", nce=True, term="P1Y", billing_frequency="P1M"),
        seats(8, on="2025-03-20T12:00:00Z"), on="2025-03-21",
    )  # fmt: skip

    assert [(one.seats, one.change_until is not None and one.change_until - one.at) for one in found.windows] == [
        (5, timedelta(hours=168)),
        (3, timedelta(hours=168)),
    ]
    assert [one.full_refund_until is not None and one.full_refund_until - one.at for one in found.windows] == [
        timedelta(hours=24)
    ] * 2
    assert lived(ordered(5, on="2025-03-01"), on="2025-03-02").windows == ()
