"""Which order a subscription begins with, and on which day a run knows what: also where there are two of one id."""

from __future__ import annotations

from datetime import date
from itertools import permutations

import pytest

from shared.billing.account import account_on
from shared.billing.facts import Fact
from shared.billing.folding import fold
from shared.billing.founding import founder, in_order, known_after, known_facts, known_on, zone_of
from shared.billing.masterdata import MasterData
from shared.billing.moments import zone
from tests.billing_dsl import Event, Json, canceled, customer_registered, facts_from, imported, ordered, seats

UTC, NEW_YORK, AUCKLAND = zone("UTC"), zone("America/New_York"), zone("Pacific/Auckland")
# 21:00 of 31 January in New York, 15:00 of 1 February in Auckland; an hour before it is 14:00 there.
LATE, AN_HOUR_BEFORE = "2025-02-01T02:00:00Z", "2025-02-01T01:00:00Z"
JANUARY, FEBRUARY = date(2025, 1, 31), date(2025, 2, 1)


def where(name: str) -> Json:
    return {"id": "cus-1", "time_zone": name}


def order(on: str, of: str, frequency: str = "P1M") -> Event:
    """An order of a customer in a zone. A frequency longer than the term, which is a month, is refused."""
    return ordered(1, on=on, customer=where(of), billing_frequency=frequency)


def about(events: list[Event]) -> tuple[list[Fact], MasterData]:
    """The facts about the subscription, and the master data among the others."""
    facts = facts_from(events)
    return [fact for fact in facts if fact.scope == "subscription"], MasterData.of(facts)


def ids(facts: list[Fact]) -> list[str]:
    return sorted(fact.id for fact in facts)


@pytest.mark.parametrize(
    ("events", "first"),
    [
        pytest.param([order("2025-01-02", "UTC"), order("2025-01-01", "Pacific/Auckland")], "2", id="the earlier day"),
        pytest.param(
            [order("2025-01-01", "UTC"), ordered(1, on="2024-12-01", known="2025-01-05")], "2", id="the backdated one"
        ),
        pytest.param(
            [order("2025-01-01", "UTC"), imported(1, started="2024-06-01", billed_from="2025-01-05")], "2",
            id="the import that ran before",
        ),
        pytest.param(
            [order(AN_HOUR_BEFORE, "UTC"), order(LATE, "America/New_York")], "2",
            id="the later instant, where it is still the day before",
        ),
        pytest.param(
            [order("2025-01-02", "UTC"), order("2025-01-01", "America/New_York", "P1Y")], "1",
            id="the one that the rules accept",
        ),
        pytest.param(
            [order("2025-01-02", "UTC", "P1Y"), order("2025-01-01", "UTC", "P1Y")],
            "2", id="the first where they accept none",
        ),
    ],
)  # fmt: skip
def test_of_two_orders_the_first_by_the_rules_founds_in_whichever_order_they_came(
    events: list[Event], first: str
) -> None:
    facts, master = about(events)

    for arrived in permutations(facts):
        found = founder(arrived, master)
        assert found is not None
        assert found.id == first
        timeline = fold("sub-1", arrived, master)
        assert timeline is not None
        assert timeline.terms is None or timeline.phases[0].by.id == first


def test_the_order_that_founds_is_folded_first_though_its_zone_would_put_the_other_one_before_it() -> None:
    facts, master = about([order(AN_HOUR_BEFORE, "UTC"), order(LATE, "America/New_York"), seats(3, on=LATE)])

    assert [fact.id for _, fact in in_order(facts, master)] == ["2", "3", "1"]
    timeline = fold("sub-1", facts, master)
    assert timeline is not None
    assert timeline.terms is not None
    assert (timeline.terms.tz, timeline.terms.start) == (NEW_YORK, JANUARY)
    assert [one.id for one in timeline.rejected] == ["1"]


def test_days_are_those_of_the_order_that_the_rules_accept() -> None:
    refused = order("2025-01-01", "Pacific/Auckland", "P1Y")
    facts, master = about([refused, order("2025-01-02", "America/New_York"), seats(3, on=LATE)])

    assert zone_of(facts, master) == NEW_YORK
    account = account_on("sub-1", facts, master, JANUARY)
    assert account is not None
    assert [change.on for change in account.timeline.seats] == [date(2025, 1, 2), JANUARY]


def test_what_waits_for_its_order_has_no_zone_and_is_known_on_its_day_in_utc() -> None:
    facts, master = about([seats(3, on=LATE)])

    assert (founder(facts, master), zone_of(facts, master), in_order(facts, master)) == (None, None, [])
    assert known_facts(facts, master, JANUARY) == []
    assert known_facts(facts, master, FEBRUARY) == facts
    assert known_after(facts, master, JANUARY) is None
    assert known_on(facts[0], facts, master) == FEBRUARY


def test_the_zone_of_an_order_without_one_is_what_was_known_of_its_customer_before_it() -> None:
    registered = customer_registered(on="2024-12-01", time_zone="Pacific/Auckland")
    facts, master = about([registered, ordered(1, on="2025-01-01"), seats(3, on="2025-01-31T14:00:00Z")])

    assert zone_of(facts, master) == AUCKLAND
    assert known_on(facts[1], facts, master) == FEBRUARY


def test_each_order_is_known_in_its_own_zone_and_the_rest_in_that_of_the_one_that_founds_by_then() -> None:
    """An order of 5 January becomes known on 10 February, and founds from then on: New York's days, not Auckland's."""
    backdated = ordered(1, on="2025-01-05", known="2025-02-11T02:00:00Z", customer=where("America/New_York"))
    events = [order("2025-01-10", "Pacific/Auckland"), backdated, seats(3, on="2025-01-31T14:00:00Z")]
    events += [seats(4, on="2025-02-12T03:00:00Z"), canceled(on="2025-02-13T14:00:00Z")]
    facts, master = about(events)

    known = {day: ids(known_facts(facts, master, day)) for day in [JANUARY, FEBRUARY]}
    assert known == {JANUARY: ["1"], FEBRUARY: ["1", "3"]}
    later = [ids(known_facts(facts, master, date(2025, 2, day))) for day in (9, 10, 11, 12, 13)]
    assert later == [["1", "3"], ["1", "2", "3"], ["1", "2", "3", "4"], ["1", "2", "3", "4"], ["1", "2", "3", "4", "5"]]
    days = [date(2025, 1, 9), date(2025, 1, 10), FEBRUARY, date(2025, 2, 10), date(2025, 2, 11), date(2025, 2, 13)]
    assert [known_after(facts, master, day) for day in days] == [
        date(2025, 1, 10), FEBRUARY, date(2025, 2, 10), date(2025, 2, 11), date(2025, 2, 13), None,
    ]  # fmt: skip
    assert [known_on(fact, facts, master) for fact in facts] == [
        date(2025, 1, 10), date(2025, 2, 10), FEBRUARY, date(2025, 2, 11), date(2025, 2, 13),
    ]  # fmt: skip


def test_before_its_order_is_known_only_that_can_change_anything() -> None:
    facts, master = about([seats(3, on="2025-01-10"), order("2025-02-01", "UTC")])

    assert known_after(facts, master, date(2025, 1, 1)) == FEBRUARY
