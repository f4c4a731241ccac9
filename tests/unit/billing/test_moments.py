"""When something happened and when it was known, where the customer is (rules R0.8, R0.11)."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from shared.billing.blocks import Moment
from shared.billing.facts import Fact
from shared.billing.history import History, history, known_by_end_of, known_with
from shared.billing.moments import civil_date, effective, end_of_day, instant, known_key, order_key, zone
from tests.billing_dsl import Event, customer_changed, facts_from, imported, ordered, price, seats

TOKYO = zone("Asia/Tokyo")  # nine hours before UTC, all year


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def fact(event: Event, **attributes: object) -> Fact:
    """What an event says of its subscription, customer or product, whichever comes first."""
    return facts_from([event | attributes])[0]


@pytest.fixture
def far_from_utc() -> Iterator[None]:
    """A computer that stands in a zone of its own: no rule asks where it stands."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "America/Los_Angeles"
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.usefixtures("far_from_utc")
@pytest.mark.parametrize(
    ("moment", "day", "in_utc"),
    [
        (utc("2025-01-31T14:59:59"), "2025-01-31", "2025-01-31T14:59:59+00:00"),
        (utc("2025-01-31T15:00:00"), "2025-02-01", "2025-01-31T15:00:00+00:00"),
        (datetime(2025, 2, 1, 3, tzinfo=TOKYO), "2025-02-01", "2025-01-31T18:00:00+00:00"),
        (date(2025, 2, 1), "2025-02-01", "2025-01-31T15:00:00+00:00"),
    ],
)
def test_a_day_is_the_customer_s_and_an_instant_is_in_utc(moment: Moment, day: str, in_utc: str) -> None:
    assert civil_date(moment, TOKYO).isoformat() == day
    assert instant(moment, TOKYO).isoformat() == in_utc


def test_a_day_ends_at_the_customer_s_next_midnight() -> None:
    assert end_of_day(date(2025, 1, 31), TOKYO) == utc("2025-01-31T15:00:00")


def test_a_zone_is_found_by_its_name_and_utc_is_not_looked_up() -> None:
    assert zone("UTC") is UTC
    assert str(zone("Asia/Kolkata")) == "Asia/Kolkata"


@pytest.mark.parametrize(
    ("event", "moment"),
    [
        (seats(3, on="2025-03-20"), date(2025, 3, 20)),
        (seats(3, on="2025-03-20", known="2025-04-05"), date(2025, 3, 20)),
        (imported(5, started="2024-06-10", billed_from="2025-01-05"), date(2024, 6, 10)),
        (price("11.00", since="2025-06-01", known="2025-05-01"), date(2025, 5, 1)),
    ],
)
def test_when_a_fact_takes_effect(event: Event, moment: Moment) -> None:
    assert effective(fact(event)) == moment


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(
            fact(ordered(1, on="2025-03-01T20:00:00Z")), fact(seats(2, on="2025-03-01T16:00:00Z")),
            id="the order first on its day, which is 2 March in Tokyo",
        ),
        pytest.param(
            fact(imported(1, started="2025-03-02", billed_from="2025-04-01")),
            fact(seats(2, on="2025-03-02", known="2025-02-01")), id="an import as well",
        ),
        pytest.param(
            fact(seats(2, on="2025-03-01T14:00:00Z")), fact(ordered(1, on="2025-03-01T20:00:00Z")),
            id="but not before what was the day before in Tokyo",
        ),
        pytest.param(
            fact(seats(2, on="2025-03-02")), fact(seats(3, on="2025-03-01T18:00:00Z")),
            id="a date is its midnight in Tokyo, 15:00 UTC",
        ),
        pytest.param(
            fact(seats(2, on="2025-03-20", known="2025-03-02")),
            fact(seats(3, on="2025-03-20", known="2025-03-01T18:00:00Z")), id="then the time, a date as midnight too",
        ),
        pytest.param(
            fact(seats(2, on="2025-03-02"), source="urn:a", sequence=9),
            fact(seats(3, on="2025-03-02"), source="urn:b", sequence=1), id="then the source",
        ),
        pytest.param(
            fact(seats(2, on="2025-03-02"), sequence=1, id="8"), fact(seats(3, on="2025-03-02"), sequence=2, id="7"),
            id="then the sequence",
        ),
        pytest.param(
            fact(seats(2, on="2025-03-02"), id="9"), fact(seats(3, on="2025-03-02"), id="10"),
            id="then the id, by number",
        ),
        pytest.param(
            fact(seats(2, on="2025-03-02"), id="10"), fact(seats(3, on="2025-03-02"), id="a"),
            id="an id that is no number after those that are",
        ),
        pytest.param(
            fact(seats(2, on="2025-03-02"), id="b"), fact(seats(3, on="2025-03-02"), id="²"),
            id="a figure that is no number is text",
        ),
    ],
)  # fmt: skip
def test_facts_of_a_subscription_stand_in_the_order_of_the_rules(first: Fact, second: Fact) -> None:
    assert order_key(first, TOKYO) < order_key(second, TOKYO)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (fact(customer_changed(on="2025-02-01")), fact(customer_changed(on="2025-01-31T18:00:00Z"))),
        (fact(customer_changed(on="2025-02-01"), id="9"), fact(customer_changed(on="2025-02-01"), id="10")),
    ],
)
def test_facts_of_master_data_stand_in_the_order_in_which_they_became_known(first: Fact, second: Fact) -> None:
    assert known_key(first, TOKYO) < known_key(second, TOKYO)
    assert known_with(first, TOKYO) < known_with(second, TOKYO)


def names(*facts: Fact) -> History[tuple[str, ...]]:
    """A history of the ids of facts."""
    return history(facts, TOKYO, (), lambda known, one: (*known, one.id))


LATER = fact(customer_changed(on="2025-01-31T18:00:00Z"), id="later")
EARLIER = fact(customer_changed(on="2025-02-01"), id="earlier")


def test_a_history_knows_what_was_said_up_to_a_moment() -> None:
    known = names(LATER, EARLIER)

    assert known.at(known_by_end_of(date(2025, 1, 31), TOKYO)) == ()
    assert known.at((utc("2025-01-31T17:00:00"),)) == ("earlier",)
    assert known.at(known_with(EARLIER, TOKYO)) == ("earlier",)
    assert known.at(known_by_end_of(date(2025, 2, 1), TOKYO)) == ("earlier", "later")


def test_a_history_knows_the_days_on_which_something_became_known_where_the_customer_is() -> None:
    known = names(LATER, EARLIER)

    assert known.next_after(date(2025, 1, 31)) == date(2025, 2, 1)
    assert known.next_after(date(2025, 2, 1)) is None


def test_an_event_that_came_twice_is_no_error() -> None:
    known = names(EARLIER, fact(customer_changed(on="2025-02-01", name="Acme"), id="earlier"))

    assert known.at(known_with(EARLIER, TOKYO)) == ("earlier", "earlier")
