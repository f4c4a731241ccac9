"""Every line says why: its rules, its cause, its share, where its price comes from and the events behind it."""

from __future__ import annotations

import pytest

from tests.billing_dsl import (
    Event,
    Given,
    Json,
    auto_renew,
    canceled,
    customer_changed,
    event,
    given,
    imported,
    of,
    ordered,
    price,
    product_defined,
    reactivated,
    seats,
    suspended,
)


def converted(on: str, at: str, **terms: object) -> Event:
    return of("SubscriptionConverted", on, product={"id": "better"}, unit_price=at, **terms)


def why(history: Given, line: str, until: str) -> Json:
    """What explains a line of sub-1: cycle start/layer start, and its revision."""
    (found,) = [one for one in history.until(until).lines if one["line"] == f"sub-1/{line}"]
    explanation: Json = found["why"]
    return explanation


def behind(explanation: Json) -> list[str]:
    """Its events as "role id"."""
    return [f"{one['role']} {one['id']}" for one in explanation["events"]]


def share(explanation: Json) -> str:
    return f"{explanation['kept']}/{explanation['of']} {explanation['measure']}"


RELEASE_NOTES = given(
    ordered(5, on="2019-01-15", free_period=True, price_protection_months=12),
    seats(8, on="2019-01-25"),
    seats(9, on="2019-02-22"),
    price("11.00", since="2019-06-01"),
)
NCE_PLAN = given(
    ordered(10, "120.00", on="2025-01-15", term="P1Y", billing_frequency="P1M", nce=True),
    seats(15, on="2025-04-25T00:00:00Z"),
    seats(12, on="2025-04-28T00:00:00Z"),
)
PLAN_OF_THREE_YEARS = given(
    ordered(1, "3600.00", on="2022-01-01", term="P3Y", billing_frequency="P1M"),
    of("BillingPlanChanged", "2023-02-10", billing_frequency="P1Y"),
)
SUSPENDED = given(
    ordered(5, on="2019-01-01", bill_while_suspended=False), suspended(on="2019-01-11"), reactivated(on="2019-01-21")
)
CONVERTED = given(ordered(5, on="2019-01-01"), seats(6, on="2019-01-10"), converted("2019-01-15", "20.00"))
AT_ONCE = given(ordered(5, on="2019-01-01"), price("11.00", since="2019-01-15", known="2019-01-10")).under(
    price_change_applies="immediately"
)
ADD_ON = given(
    ordered(1, on="2025-01-01", sub="base"),
    ordered(2, on="2025-01-01", parent_subscription_id="base"),
    canceled(on="2025-01-20", sub="base"),
)
CORRECTED = given(ordered(5, on="2019-01-01"), seats(3, on="2019-01-20"), seats(5, on="2019-01-20", known="2019-02-05"))
LATE_PRICE = given(ordered(5, on="2019-01-01"), price("11.00", since="2019-01-10", known="2019-02-20", backdate=True))
LATE_CANCELLATION = given(ordered(5, on="2019-01-01"), canceled(on="2019-01-10", known="2019-02-05"))


@pytest.mark.parametrize(
    ("history", "line", "cause", "shared", "events"),
    [
        pytest.param(RELEASE_NOTES, "2019-02-01/2019-02-01", "held", "28/28 days", ["seats 2", "terms 1"], id="held"),
        pytest.param(
            RELEASE_NOTES, "2019-02-01/2019-02-22", "added", "7/28 days", ["seats 3", "terms 1"], id="added"
        ),
        pytest.param(NCE_PLAN, "2025-04-15/2025-04-25", "added", "20/30 days", ["seats 2", "terms 1"], id="in a plan"),
        pytest.param(
            NCE_PLAN, "2025-04-15/2025-04-25/2", "decrease", "72/720 hours", ["end 3"], id="taken off, by hours"
        ),
        pytest.param(SUSPENDED, "2019-01-01/2019-01-01/2", "suspended", "10/31 days", ["end 2"], id="suspended"),
        pytest.param(
            SUSPENDED, "2019-01-01/2019-01-21", "resumed", "11/31 days", ["seats 3", "terms 1"], id="resumed"
        ),
        pytest.param(CONVERTED, "2019-01-01/2019-01-01/2", "repriced", "14/31 days", ["end 3"], id="old price ends"),
        pytest.param(
            CONVERTED, "2019-01-01/2019-01-15", "repriced", "17/31 days", ["terms 3", "seats 2"], id="new price begins"
        ),
        pytest.param(
            AT_ONCE, "2019-01-01/2019-01-15", "repriced", "17/31 days", ["price 2", "seats 1"],
            id="list price at once",
        ),
        pytest.param(ADD_ON, "2025-01-01/2025-01-01/2", "ending", "19/31 days", ["end 3"], id="the parent ended"),
        pytest.param(
            CORRECTED, "2019-01-01/2019-01-01/3", "charged_back", "31/31 days", ["seats 3", "seats 1"],
            id="charged back",
        ),
        pytest.param(
            LATE_CANCELLATION, "2019-01-01/2019-01-01/2", "ending", "9/31 days", ["end 2"], id="ended, said late"
        ),
    ],
)  # fmt: skip
def test_cause_share_and_events_of_a_line(
    history: Given, line: str, cause: str, shared: str, events: list[str]
) -> None:
    explanation = why(history, line, "2026-01-01" if line > "2020" else "2019-03-01")

    assert (explanation["cause"], share(explanation), behind(explanation)) == (cause, shared, events)


@pytest.mark.parametrize(
    ("history", "line", "cause", "events"),
    [
        pytest.param(LATE_PRICE, "2019-02-01/2019-02-01/2", "replaced", ["price 2", "terms 1"], id="another price"),
        pytest.param(LATE_CANCELLATION, "2019-02-01/2019-02-01/2", "withdrawn", ["end 2"], id="over before it began"),
        pytest.param(
            given(ordered(5, on="2019-01-01"), seats(3, on="2019-02-01", known="2019-02-05")),
            "2019-02-01/2019-02-01/2", "withdrawn", ["seats 2"], id="fewer seats from the start",
        ),
        pytest.param(
            given(
                ordered(5, on="2019-01-01"),
                event("SubscriptionConverted", "2019-02-10",
                      {"subscription_id": "sub-1", "customer_id": "cus-1", "product": {"id": "better"},
                       "unit_price": "120.00", "term": "P1Y", "anchor": "order_day", "effective_at": "2019-01-20"}),
            ),
            "2019-02-01/2019-02-01/2", "withdrawn", ["terms 2"], id="other cycles",
        ),
    ],
)  # fmt: skip
def test_a_line_that_comes_back_whole_says_what_is_otherwise(
    history: Given, line: str, cause: str, events: list[str]
) -> None:
    explanation = why(history, line, "2019-03-01")

    assert (explanation["cause"], behind(explanation)) == (cause, events)
    assert "kept" not in explanation
    assert "price" not in explanation


@pytest.mark.parametrize(
    ("history", "line", "rules"),
    [
        (RELEASE_NOTES, "2019-01-15/2019-01-25", ["R0.10", "R1.4"]),
        (RELEASE_NOTES, "2019-02-01/2019-02-22", ["R0.10", "R3.1", "R1.9", "R0.2", "R2.4"]),
        (NCE_PLAN, "2025-04-15/2025-04-15", ["R0.10", "R4.5", "R2.10"]),
        (NCE_PLAN, "2025-04-15/2025-04-25", ["R0.10", "R4.9", "R0.2", "R2.10"]),
        (NCE_PLAN, "2025-04-15/2025-04-25/2", ["R0.6", "R4.9", "R5.2"]),
        (SUSPENDED, "2019-01-01/2019-01-01/2", ["R0.6", "R5.7"]),
        (SUSPENDED, "2019-01-01/2019-01-21", ["R0.10", "R5.7", "R1.9", "R0.2", "R2.10"]),
        (CONVERTED, "2019-01-01/2019-01-01/2", ["R0.6", "conversion"]),
        (CONVERTED, "2019-01-01/2019-01-15", ["R0.10", "conversion", "R1.9", "R0.2", "R2.10"]),
        (AT_ONCE, "2019-01-01/2019-01-01/2", ["R0.6", "R2.6"]),
        (ADD_ON, "2025-01-01/2025-01-01/2", ["R0.6", "R3.3", "add-on"]),
        (CORRECTED, "2019-01-01/2019-01-01/2", ["R0.6", "R3.2"]),
        (CORRECTED, "2019-01-01/2019-01-01/3", ["R0.10", "R0.6", "R2.10"]),
        (PLAN_OF_THREE_YEARS, "2024-03-01/2024-03-01", ["R0.10", "R4.5", "R4.14", "R2.10"]),
        (LATE_CANCELLATION, "2019-02-01/2019-02-01/2", ["R0.6", "R0.10", "R3.3"]),
    ],
)
def test_the_rules_of_a_line(history: Given, line: str, rules: list[str]) -> None:
    assert why(history, line, "2019-03-01" if line < "2020" else "2025-05-15")["rules"] == rules


@pytest.mark.parametrize(
    ("order", "line", "rule"),
    [
        ({"trial_until": "2025-01-25"}, "2025-01-10/2025-01-10", "trial"),
        ({"charge": "arrears"}, "2025-02-01/2025-02-01", "arrears"),
        ({"pricing": {"rule": "discount", "rate": "0.10"}}, "2025-02-01/2025-02-01", "R0.4"),
        ({"term": "P1Y", "billing_frequency": "P1M", "custom_end": "2025-12-31"}, "2025-01-10/2025-01-10", "R5.9"),
        (
            {"term": "P1Y", "billing_frequency": "P1M", "customer": {"id": "cus-1", "extra_charge_rate": "0.05"}},
            "2025-01-10/2025-01-10", "R4.6",
        ),
    ],
)  # fmt: skip
def test_what_the_order_asked_for_shows_in_the_rules(order: Json, line: str, rule: str) -> None:
    assert rule in why(given(ordered(1, on="2025-01-10", **order)), line, "2025-03-01")["rules"]


@pytest.mark.parametrize(
    ("events", "line", "rule", "terms"),
    [
        ([customer_changed(on="2025-03-10", billing_day=15)], "2025-04-01/2025-04-01", "R0.12", "terms 2"),
        (
            [product_defined(on="2025-01-02", prices=[
                {"currency": "EUR", "term": "P1Y", "billing_frequency": "P1Y", "unit_price": "110.00"}]),
             of("NextTermScheduled", "2025-03-20", term="P1Y")],
            "2025-04-01/2025-04-01", "R5.4", "terms 3",
        ),
        ([converted("2025-04-10", "50.00", term="P1Y", anchor="order_day")], "2025-04-10/2025-04-10", "conversion",
         "terms 2"),
    ],
)  # fmt: skip
def test_what_made_the_cycle_another_one_stands_among_the_events(
    events: list[Event], line: str, rule: str, terms: str
) -> None:
    explanation = why(given(ordered(1, on="2025-01-01"), *events), line, "2025-05-01")

    assert rule in explanation["rules"]
    assert terms in behind(explanation)


def test_a_month_after_the_term_is_extended_by_who_turned_renewal_off() -> None:
    history = given(ordered(1, "120.00", on="2025-06-01", nce=True, term="P1Y"), auto_renew(False, on="2025-07-01"))

    explanation = why(history, "2026-06-01/2026-06-01", "2026-06-01")

    assert (explanation["rules"], behind(explanation)) == (["R0.10", "R5.8"], ["seats 1", "terms 2"])
    assert explanation["price"] == {
        "origin": "extended", "unit_price": "12.30", "since": "2026-06-01", "event": {"source": "urn:test", "id": "1"},
    }  # fmt: skip


def test_a_full_period_charge_says_so() -> None:
    history = given(ordered(1, on="2025-01-01", usage_charge_rule="full_period"), seats(2, on="2025-01-20"))

    assert "R1.8" in why(history, "2025-01-01/2025-01-20", "2025-02-01")["rules"]


def test_seats_given_back_in_full_say_by_which_window() -> None:
    history = given(
        ordered(10, "120.00", on="2025-01-15T09:00:00Z", term="P1Y", nce=True), canceled(on="2025-01-16T05:00:00Z")
    )

    explanation = why(history, "2025-01-15/2025-01-15/2", "2025-02-01")

    assert (explanation["rules"], explanation["cause"]) == (["R0.6", "R5.1"], "ending")
    assert (share(explanation), behind(explanation)) == ("0/365 days", ["end 2"])


def test_a_line_that_keeps_its_seats_knows_nothing_of_the_others_that_ended() -> None:
    # Arrears: seven of nine seats stay the whole cycle; only the two that were taken off have a share.
    history = given(ordered(9, on="2025-03-01", charge="arrears"), seats(7, on="2025-03-20"))

    whole = why(history, "2025-03-01/2025-03-01", "2025-04-01")
    ended = why(history, "2025-03-01/2025-03-01/2", "2025-04-01")

    assert (whole["rules"], share(whole), behind(whole)) == (["R0.10", "arrears", "R2.10"], "31/31 days", ["seats 1"])
    assert ended["rules"] == ["R0.10", "arrears", "R0.2", "R3.2", "R2.10"]
    assert (share(ended), behind(ended)) == ("19/31 days", ["seats 1", "end 2"])


def test_the_price_says_where_it_comes_from() -> None:
    history = given(
        ordered(
            1, on="2025-01-01", unit_cost="5.00", pricing={"rule": "margin", "rate": "0.5"}, term="P1Y",
            billing_frequency="P1M", price_protection_months=6, customer={"id": "cus-1", "extra_charge_rate": "0.05"},
        )
    )  # fmt: skip

    assert why(history, "2025-01-01/2025-01-01", "2025-01-01")["price"] == {
        "origin": "protected", "unit_price": "10.00", "unit_cost": "5.00", "since": "2025-01-01",
        "protected_until": "2025-07-01", "pricing": [{"rule": "margin", "rate": "0.5"}], "extra_charge_rate": "0.05",
        "parts": 12, "event": {"source": "urn:test", "id": "1"},
    }  # fmt: skip


def test_a_part_of_a_switched_plan_says_how_many_months_it_is() -> None:
    part = why(PLAN_OF_THREE_YEARS, "2024-03-01/2024-03-01", "2024-03-01")["price"]

    assert (part["unit_price"], part["months"], part["of_months"]) == ("3600.00", 10, 36)


@pytest.mark.parametrize(
    ("events", "origin", "by", "rule"),
    [
        ([price("11.00", since="2025-02-01", known="2025-01-20")], "list", "2", "R2.10"),
        ([of("PricingEdited", "2025-01-20", applies="next_term", unit_price="9.00")], "hand_set", "2", "R2.10"),
        ([of("PriceProtectionActivated", "2025-01-20")], "protected", "2", "R2.9"),
        ([converted("2025-01-20", "20.00")], "order", "2", "R2.10"),
    ],
)
def test_the_event_that_set_the_price_is_named(events: list[Event], origin: str, by: str, rule: str) -> None:
    explanation = why(given(ordered(1, on="2025-01-01"), *events), "2025-02-01/2025-02-01", "2025-02-01")

    assert (explanation["price"]["origin"], explanation["price"]["event"]["id"]) == (origin, by)
    assert rule in explanation["rules"]


def test_list_prices_that_are_locked_again_after_protection_say_so() -> None:
    history = given(
        ordered(5, on="2019-01-01", price_protection_months=1), price("11.00", since="2019-02-01", known="2019-01-20")
    )

    explanation = why(history, "2019-02-01/2019-02-01", "2019-02-01")

    assert explanation["rules"] == ["R0.10", "R2.5"]
    assert explanation["price"]["event"]["id"] == "2"


def test_an_instruction_with_a_list_price_names_who_listed_it() -> None:
    listed = {"currency": "EUR", "term": "P1Y", "billing_frequency": "P1Y", "unit_price": "110.00"}
    history = given(
        ordered(1, on="2025-01-01"),
        product_defined(on="2025-01-02", prices=[listed]),
        of("NextTermScheduled", "2025-01-20", term="P1Y"),
    )

    explanation = why(history, "2025-02-01/2025-02-01", "2025-02-01")

    assert (explanation["price"]["origin"], explanation["price"]["event"]["id"]) == ("list", "2")


def test_an_import_explains_what_is_billed_by_us() -> None:
    history = given(imported(5, started="2024-06-10", billed_from="2025-01-05"))

    assert behind(why(history, "2025-02-01/2025-02-01", "2025-02-01")) == ["seats 1"]
