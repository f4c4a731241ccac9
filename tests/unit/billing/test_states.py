"""What a subscription looks like on a day and what it is charged next (rules R1.9, R5.7, R5.8)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from shared.billing.account import Account, account_of
from shared.billing.folding import fold
from shared.billing.masterdata import MasterData
from shared.billing.state import (
    SubscriptionState,
    next_change,
    next_charge,
    reference_day,
    status_on,
    subscription_state,
)
from tests.billing_dsl import (
    Event,
    Json,
    auto_renew,
    canceled,
    customer_changed,
    facts_from,
    ordered,
    reactivated,
    seats,
    setting,
    suspended,
)


def account(events: list[Event], on: date) -> Account:
    """As projections have it: of all that has arrived, on a day of their clock."""
    facts = facts_from(events)
    master = MasterData.of(facts)
    timeline = fold("sub-1", [fact for fact in facts if fact.scope == "subscription"], master)
    assert timeline is not None
    found = account_of(timeline, master, on)
    assert found is not None
    return found


MONTHLY = ordered(5, on="2025-01-10", anchor="order_day")
EXPIRES = [MONTHLY, auto_renew(False, on="2025-01-20")]  # on 10 February: 30 days expired, then 90 disabled


@pytest.mark.parametrize(
    ("events", "status_by_day"),
    [
        ([MONTHLY], {"2025-01-09": "pending", "2025-01-10": "active"}),
        (
            [MONTHLY, suspended(on="2025-01-20"), reactivated(on="2025-01-25")],
            {"2025-01-19": "active", "2025-01-20": "suspended", "2025-01-24": "suspended", "2025-01-25": "active"},
        ),
        ([MONTHLY, canceled(on="2025-01-20")], {"2025-01-19": "active", "2025-01-20": "canceled"}),
        (
            EXPIRES,
            {"2025-02-09": "active", "2025-02-10": "expired", "2025-03-11": "expired", "2025-03-12": "disabled",
             "2025-06-09": "disabled", "2025-06-10": "deleted"},
        ),
        (
            [*EXPIRES, suspended(on="2025-01-25")],
            {"2025-02-09": "suspended", "2025-02-10": "disabled", "2025-06-09": "disabled", "2025-06-10": "deleted"},
        ),
        ([*EXPIRES, suspended(on="2025-01-25"), reactivated(on="2025-02-09")], {"2025-02-10": "expired"}),
        ([*EXPIRES, suspended(on="2025-02-10")], {"2025-02-10": "expired", "2025-02-15": "expired"}),
    ],
)  # fmt: skip
def test_the_status_on_a_day(events: list[Event], status_by_day: dict[str, str]) -> None:
    days = {day: date.fromisoformat(day) for day in status_by_day}

    assert {text: status_on(account(events, day), day) for text, day in days.items()} == status_by_day


@pytest.mark.parametrize(
    ("events", "on", "term"),
    [
        ([MONTHLY], "2025-01-05", ("2025-01-10", "2025-02-09")),
        ([MONTHLY], "2025-02-10", ("2025-02-10", "2025-03-09")),
        ([ordered(1, on="2025-01-10", charge="one_time")], "2025-03-01", ("2025-01-10", "2025-01-10")),
        (EXPIRES, "2025-02-10", ("2025-01-10", "2025-02-09")),
        (EXPIRES, "2025-04-01", ("2025-01-10", "2025-02-09")),
    ],
)
def test_the_term_that_people_see(events: list[Event], on: str, term: tuple[str, str]) -> None:
    day = date.fromisoformat(on)
    state = subscription_state(account(events, day), day)

    assert (state.term_start.isoformat(), state.term_end.isoformat()) == term


def test_all_that_people_see_of_a_subscription() -> None:
    plan = ordered(5, "120.00", on="2025-01-10", term="P1Y", billing_frequency="P1M", price_protection_months=12)
    day = date(2025, 3, 1)

    assert subscription_state(account([plan, seats(8, on="2025-02-01")], day), day) == SubscriptionState(
        subscription="sub-1",
        status="active",
        quantity=8,
        unit_price=Decimal("10.00"),
        billing_plan="Monthly",
        term_start=date(2025, 1, 10),
        term_end=date(2026, 1, 9),
        protected_until=date(2026, 1, 10),
    )


def test_after_its_end_the_last_day_is_shown() -> None:
    days = [date(2025, 1, 5), date(2025, 1, 10), date(2025, 2, 9), date(2025, 2, 10), date(2025, 4, 1)]
    shown = [reference_day(account(EXPIRES, day), day) for day in days]

    assert shown == [date(2025, 1, 10), date(2025, 1, 10), date(2025, 2, 9), date(2025, 2, 9), date(2025, 2, 9)]


# Of eight seats from 20 January on 12 of 31 days: 3.87 each, 30.97 together; and thirteen seats in February.
MORE = [ordered(5, on="2025-01-01"), seats(13, on="2025-01-20")]


@pytest.mark.parametrize(
    ("events", "on", "charge"),
    [
        pytest.param([MONTHLY], "2025-01-05", "2025-01-10 50.00", id="the first"),
        pytest.param([MONTHLY], "2025-01-10", "2025-02-10 50.00", id="after its day the next"),
        pytest.param(MORE, "2025-01-25", "2025-02-01 160.96", id="8 x 3.87 and 130.00"),
        pytest.param(
            [setting("rounding", "line", since="2025-01-01"), *MORE], "2025-01-25", "2025-02-01 160.97",
            id="30.97 and 130.00",
        ),
        pytest.param(
            [ordered(5, "1000", on="2025-01-01", currency="JPY"), seats(6, on="2025-01-20")], "2025-01-25",
            "2025-02-01 6387", id="yen have no digits: 1000 x 12/31 = 387 and 6000",
        ),
        pytest.param(
            [ordered(5, on="2025-01-15", free_period=True)], "2025-01-10", "2025-02-01 50.00",
            id="before it begins, with a free period: 0.00 and 50.00 on the same day",
        ),
        pytest.param(
            [ordered(5, on="2025-01-15")], "2025-01-10", "2025-02-01 77.40",
            id="before it begins, 17 of 31 days of January too: 5 x 5.48 and 50.00",
        ),
        pytest.param([MONTHLY, canceled(on="2025-01-20")], "2025-01-25", None, id="none after the end"),
        pytest.param([ordered(1, on="2025-01-10", charge="one_time")], "2025-01-15", None, id="a single one is over"),
    ],
)  # fmt: skip
def test_the_next_charge(events: list[Event], on: str, charge: str | None) -> None:
    day = date.fromisoformat(on)
    found = next_charge(account(events, day), day)

    assert (None if found is None else f"{found.due} {found.net}") == charge


def once(**customer: object) -> Event:
    """What time alone does not change."""
    fields: Json = {"customer": {"id": "cus-1", **customer}}
    return ordered(1, on="2025-01-01", charge="one_time", **fields)


YEARLY = ordered(5, "120.00", on="2025-01-01", term="P1Y")
IN_NEW_YORK = once(time_zone="America/New_York")
IN_THE_EVENING = "2025-02-01T02:00:00Z"  # 21:00 of 31 January in New York


def later(key: str, value: object, since: str = "2025-02-10") -> Event:
    return setting(key, value, since=since) | {"time": "2025-01-01"}


@pytest.mark.parametrize(
    ("events", "on", "then"),
    [
        pytest.param([ordered(5, on="2025-01-20")], "2025-01-20", "2025-02-01", id="on its first day the cycle's end"),
        pytest.param([MONTHLY], "2025-01-10", "2025-02-10", id="where that is the order day's"),
        pytest.param([YEARLY, seats(6, on="2025-03-10")], "2025-03-10", "2025-04-01", id="its partial charge is due"),
        pytest.param([YEARLY], "2025-03-15", "2026-01-01", id="nothing inside a year"),
        pytest.param(
            [YEARLY, later("price_change_applies", "immediately", "2025-01-02")], "2025-03-15", "2025-04-01",
            id="a list price may split the year",
        ),
        pytest.param([*EXPIRES, seats(6, on="2025-02-01", known="2025-01-21")], "2025-01-25", "2025-02-01",
                     id="seats before it expires"),
        pytest.param([once(), later("rounding", "line")], "2025-01-15", "2025-02-10", id="rounding"),
        pytest.param([once(), later("seller_country", "DE")], "2025-01-15", "2025-02-10", id="where the seller is"),
        pytest.param([once(), later("tax_rate.DE", "0.19")], "2025-01-15", "2025-02-10", id="a rate of tax"),
        pytest.param([once(), later("decrease_credit", "none")], "2025-01-15", None, id="what no row shows"),
        pytest.param(
            [IN_NEW_YORK, later("rounding", "line", IN_THE_EVENING)], "2025-01-30", "2025-01-31",
            id="set from an evening on",
        ),
        pytest.param(
            [IN_NEW_YORK, customer_changed(on=IN_THE_EVENING, name="Acme")], "2025-01-30", "2025-01-31",
            id="known in the evening",
        ),
    ],
)  # fmt: skip
def test_when_its_rows_change_by_the_passing_of_time(events: list[Event], on: str, then: str | None) -> None:
    day = date.fromisoformat(on)
    changes = next_change(account(events, day), day)

    assert (None if changes is None else changes.isoformat()) == then
