"""Rule R0.11: a fact that comes last evolves a timeline to what folding all facts gives; add-ons and their parents."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shared.billing.facts import Fact
from shared.billing.folding import evolve, fold, settled
from shared.billing.masterdata import MasterData
from shared.billing.timeline import Timeline
from tests.billing_dsl import (
    Event,
    Json,
    auto_renew,
    canceled,
    event,
    facts_from,
    given,
    of,
    ordered,
    reactivated,
    seats,
    suspended,
)

MICROSOFT: Json = {"id": "office", "vendor": "microsoft"}
NOT_OFFERED: Json = {"pricing": {"rule": "margin", "rate": "0.2"}}


def about(events: list[Event]) -> list[Fact]:
    return [fact for fact in facts_from(events) if fact.scope == "subscription" and fact.scope_id == "sub-1"]


def folded(*events: Event) -> Timeline:
    timeline = fold("sub-1", about(list(events)), MasterData.of(facts_from(events)))
    assert timeline is not None
    return timeline


BEFORE = (
    ordered(5, on="2025-03-01", product=MICROSOFT),
    seats(6, on="2025-03-02"),
    suspended(on="2025-03-03"),
    reactivated(on="2025-03-04"),
    of("PricingEdited", "2025-03-05", applies="next_term", pricing={"rule": "discount", "rate": "0.1"}),
    seats(0, on="2025-03-06"),
)


@pytest.mark.parametrize(
    "last",
    [
        seats(7, on="2025-03-10"),
        seats(0, on="2025-03-10"),
        suspended(on="2025-03-10"),
        of("SubscriptionProvisioned", "2025-03-10"),
        of("ProvisioningFailed", "2025-03-10"),
        auto_renew(False, on="2025-03-10"),
        canceled(on="2025-03-10"),
        of("PriceProtectionActivated", "2025-03-10"),
        of("NextTermScheduled", "2025-03-10", quantity=3),
        of("SubscriptionConverted", "2025-03-10", product={"id": "suite"}, unit_price="20.00"),
    ],
    ids=lambda last: str(last["type"]),
)
def test_a_fact_that_comes_last_evolves_a_timeline_and_leaves_the_one_given(last: Event) -> None:
    before = folded(*BEFORE)
    all_facts = [*BEFORE, last]
    (fact,) = [one for one in about(all_facts) if one.id == str(len(all_facts))]

    evolved = evolve(before, fact, MasterData.of(facts_from(all_facts)))

    assert evolved == folded(*all_facts) != before
    assert before == folded(*BEFORE)


@pytest.mark.parametrize(
    ("events", "late"),
    [
        pytest.param([ordered(5, on="2025-03-01"), seats(7, on="2025-03-10")], seats(6, on="2025-03-09"), id="earlier"),
        pytest.param(
            [ordered(5, on="2025-03-01"), {**seats(7, on="2025-03-10"), "id": "7"}],
            {**seats(7, on="2025-03-10"), "id": "7"}, id="the same once more",
        ),
        pytest.param([ordered(5, on="2025-03-01")], ordered(5, on="2025-03-10"), id="an order"),
        pytest.param([ordered(5, on="2025-03-01", **NOT_OFFERED)], seats(6, on="2025-03-10"), id="nothing was ordered"),
    ],
)  # fmt: skip
def test_any_other_is_folded_with_all_the_rest(events: list[Event], late: Event) -> None:
    facts = about([*events, late])

    assert evolve(folded(*events), facts[-1], MasterData.of(facts_from([*events, late]))) is None


def test_settling_leaves_the_timeline_given_as_it_is() -> None:
    events = (ordered(5, on="2025-03-01", trial_until="2025-03-10"), of("NextTermScheduled", "2025-03-12", quantity=3))
    timeline, facts = folded(*events), facts_from(events)

    whole = settled(timeline, MasterData.of(facts), timeline.phases[0].terms.start)

    assert (len(whole.phases), len(whole.seats)) == (2, 2)
    assert timeline == folded(*events)


def test_what_only_the_future_knows_is_not_refused_before() -> None:
    # At the renewal on 1 April the list has no price for a year. The change of May settles that before its day comes.
    history = given(
        ordered(1, on="2025-03-01"),
        of("NextTermScheduled", "2025-03-05", term="P1Y"),
        event("LicensesChanged", "2025-03-10", {"subscription_id": "sub-1", "customer_id": "cus-1", "quantity": 2,
                                                "effective_at": "2025-05-10", "keeps_next_term": True}),
    )  # fmt: skip

    assert history.until("2025-03-31").rejected == []
    assert [one["id"] for one in history.until("2025-04-01").rejected] == ["2"]


def test_of_two_orders_the_first_says_in_which_zone_the_days_are() -> None:
    # 18:00Z on the 15th is the 16th in Auckland, but the order of 1 March knows nothing of Auckland.
    again = ordered(1, on="2025-03-10", customer={"id": "cus-1", "time_zone": "Pacific/Auckland"})
    result = given(again, ordered(1, on="2025-03-01"), seats(2, on="2025-03-15T18:00:00Z")).until("2025-04-01")

    assert [line["from"] for line in result.lines if line["kind"] == "prorated"] == ["2025-03-15"]
    assert result.reason == "subscription sub-1 exists already: give the new one an id of its own"


def test_every_fact_of_an_order_that_was_refused_says_the_same() -> None:
    history = given(ordered(1, on="2025-03-01", **NOT_OFFERED), seats(2, on="2025-03-02"), seats(3, on="2025-03-03"))
    refused = "item sub-1: a margin needs the cost it is reckoned from: give unit_cost"

    assert [one["reason"] for one in history.until("2025-04-01").rejected] == [
        refused,
        f"subscription sub-1 does not exist, because its order was refused: {refused}",
        f"subscription sub-1 does not exist, because its order was refused: {refused}",
    ]


PARENT = ordered(1, on="2025-03-01", sub="base", product=MICROSOFT)


def addon(on: str = "2025-03-10", at: str = "31.00", **item: Any) -> Event:
    return ordered(1, at, on=on, product={"id": "extra", "vendor": "microsoft"}, parent_subscription_id="base", **item)


def base(kind: str, on: str, **data: object) -> Event:
    return event(kind, on, {"subscription_id": "base", "customer_id": "cus-1", **data})


@pytest.mark.parametrize(
    ("events", "status"),
    [
        pytest.param([PARENT, addon(), canceled(on="2025-03-20", sub="base")], "canceled", id="with its parent"),
        pytest.param([addon()], "active", id="whose parent is not known"),
        pytest.param(
            [ordered(1, on="2025-03-01", sub="base", **NOT_OFFERED), addon()], "active", id="whose parent was refused"
        ),
        pytest.param([seats(1, on="2025-03-01", sub="base"), addon()], "active", id="whose parent waits for its order"),
        pytest.param([PARENT, canceled(on="2025-03-05", sub="base"), addon()], "active", id="ordered after the end"),
        pytest.param([PARENT, canceled(on="2025-03-10", sub="base"), addon()], "active", id="ordered on the day of it"),
        pytest.param([ordered(1, on="2025-03-10", parent_subscription_id="sub-1")], "active", id="of itself"),
        pytest.param(
            [ordered(1, on="2025-03-01", sub="base", parent_subscription_id="sub-1"), addon()], "active",
            id="of what is an add-on of it",
        ),
        pytest.param(
            [ordered(1, on="2025-03-01", sub="other", parent_subscription_id="base"),
             ordered(1, on="2025-03-01", sub="base", parent_subscription_id="other"), addon()], "active",
            id="of two that are add-ons of each other",
        ),
    ],
)  # fmt: skip
def test_an_add_on_ends_with_its_parent_or_goes_on(events: list[Event], status: str) -> None:
    states = given(*events).until("2025-03-25").subscriptions

    assert next(one["status"] for one in states if one["subscription"] == "sub-1") == status


@pytest.mark.parametrize(
    ("item", "settings", "credits"),
    [
        # 48 of 744 hours of the 31 days from 10 March are kept, 2.00 of 31.00.
        pytest.param({"nce": True}, [], ["29.00"], id="inside its window"),
        pytest.param({"nce": True, "full_refund_hours": 48}, [], ["31.00"], id="in full"),
        pytest.param({"nce": True, "change_window_hours": 47}, [], [], id="after its window"),
        pytest.param(
            {"nce": True},
            [event("SettingChanged", "2025-03-01", {"scope": "product", "scope_id": "extra", "value": 24,
                                                    "key": "change_window_hours", "effective_from": "2025-03-01"})],
            [], id="after a window that is set",
        ),
    ],
)  # fmt: skip
def test_the_end_of_its_parent_is_credited_by_its_own_windows(
    item: Json, settings: list[Event], credits: list[str]
) -> None:
    history = given(PARENT, *settings, addon(on="2025-03-10T00:00:00Z", **item),
                    canceled(on="2025-03-12T00:00:00Z", sub="base"))  # fmt: skip

    lines = history.until("2025-04-30").lines
    assert [one["net"] for one in lines if one["subscription"] == "sub-1" and one["kind"] == "credit"] == credits


@pytest.mark.parametrize(
    ("said_of_parent", "april"),
    [
        pytest.param(base("PriceProtectionActivated", "2025-03-10"), "31.00", id="activated on its day"),
        pytest.param(base("PriceProtectionActivated", "2025-03-20"), "31.00", id="activated later"),
        pytest.param(base("PriceProtectionActivated", "2025-03-09"), "40.00", id="activated before it was ordered"),
        pytest.param(base("PricingEdited", "2025-03-20", applies="next_term", unit_price="9.00"), "40.00", id="edited"),
    ],
)
def test_protection_of_its_parent_reaches_it(said_of_parent: Event, april: str) -> None:
    dearer = event("PriceChanged", "2025-03-25", {"product_id": "extra", "currency": "EUR", "unit_price": "40.00",
                                                  "effective_from": "2025-04-01"})  # fmt: skip
    lines = given(PARENT, addon(), said_of_parent, dearer).until("2025-04-01").lines

    assert next(one["net"] for one in lines if one["product"] == "extra" and one["from"] == "2025-04-01") == april


def test_a_month_after_the_term_is_for_who_chose_not_to_renew() -> None:
    """Rule R5.8: neither an order that does not renew nor a suspension is a choice."""
    year: Json = {"nce": True, "term": "P1Y"}
    ordered_so = given(ordered(1, "120.00", on="2025-06-01", auto_renew=False, **year))
    off_by_suspension = given(
        ordered(1, "120.00", on="2025-06-01", **year), suspended(on="2025-07-01"), reactivated(on="2025-07-02")
    )

    assert ordered_so.until("2026-06-01").subscription["status"] == "expired"
    assert off_by_suspension.until("2026-06-01").subscription["status"] == "expired"


def test_what_becomes_known_after_a_day_has_no_say_in_what_was_scheduled_by_then() -> None:
    # The conversion of 10 May begins new cycles on the billing day; on 20 March the customer moves that to the 15th.
    moved = event("CustomerChanged", "2025-03-20", {"id": "cus-1", "billing_day": 15})
    conversion = of("SubscriptionConverted", "2025-03-10", product={"id": "suite"}, unit_price="20.00", term="P2M",
                    effective_at="2025-05-10")  # fmt: skip
    events = [ordered(5, on="2025-03-01", customer={"id": "cus-1", "billing_day": 1}), conversion, moved]
    master = MasterData.of(facts_from(events))

    before, after = (fold("sub-1", about(events), master, date(2025, 3, day)) for day in (15, 25))

    assert before is not None
    assert after is not None
    assert (before.phases[-1].terms.anchor_day, after.phases[-1].terms.anchor_day) == (1, 15)
    assert (len(before.phases), len(after.phases)) == (2, 3)
