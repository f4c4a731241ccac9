"""Why a line is what it is where something came late, was taken back or never fell due (rules R0.6, R0.10, R5.2)."""

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
    ordered,
    price,
    seats,
)


def why(history: Given, line: str, *runs: str) -> Json:
    """What explains a line of sub-1 where invoices are run on these days only."""
    (found,) = [one for one in history.until(runs[-1], runs=runs).lines if one["line"] == f"sub-1/{line}"]
    explanation: Json = found["why"]
    return explanation


def behind(explanation: Json) -> list[str]:
    """Its events as "role id"."""
    return [f"{one['role']} {one['id']}" for one in explanation["events"]]


def converted(on: str, *, effective: str, **terms: object) -> Event:
    data = {"subscription_id": "sub-1", "customer_id": "cus-1", "product": {"id": "suite"}, "unit_price": "20.00"}
    return event("SubscriptionConverted", on, {**data, "effective_at": effective, **terms})


FIVE = ordered(5, on="2019-01-01")
FREE = given(ordered(5, on="2019-01-15", free_period=True), seats(8, on="2019-01-25"))


@pytest.mark.parametrize(
    ("line", "cause", "events"),
    [
        ("2019-01-15/2019-01-15", "held", ["seats 1"]),
        ("2019-01-15/2019-01-25", "added", ["seats 2", "terms 1"]),
    ],
)
def test_a_free_line_has_neither_share_nor_price(line: str, cause: str, events: list[str]) -> None:
    explanation = why(FREE, line, "2019-02-01")

    assert explanation["rules"] == ["R0.10", "R1.4"]
    assert (explanation["cause"], behind(explanation)) == (cause, events)
    assert not {"kept", "of", "price"} & set(explanation)


def test_days_of_a_trial_are_free_by_the_trial() -> None:
    history = given(ordered(5, on="2019-01-10", trial_until="2019-01-25"))

    explanation = why(history, "2019-01-10/2019-01-10", "2019-02-01")

    assert (explanation["rules"], explanation["cause"]) == (["R0.10", "trial"], "held")


def test_a_stub_is_a_share_and_no_move_of_the_billing_day() -> None:
    explanation = why(given(ordered(5, on="2019-01-15")), "2019-01-15/2019-01-15", "2019-02-01")

    assert explanation["rules"] == ["R0.10", "R1.9", "R0.2", "R2.10"]
    assert (explanation["kept"], explanation["of"], explanation["measure"]) == (17, 31, "days")


@pytest.mark.parametrize(
    ("line", "rules"),
    [
        ("2025-03-10/2025-03-10", ["R0.10", "R1.9", "R0.2", "R2.10"]),
        ("2025-04-01/2025-04-01", ["R0.10", "R4.5", "R2.10"]),
        ("2025-04-01/2025-04-16", ["R0.10", "R4.9", "R1.9", "R0.2", "R2.10"]),
    ],
)
def test_neither_a_stub_nor_what_is_added_is_an_installment(line: str, rules: list[str]) -> None:
    order = ordered(10, "120.00", on="2025-03-10", term="P1Y", billing_frequency="P1M", anchor="billing_day")

    assert why(given(order, seats(11, on="2025-04-16")), line, "2025-04-01", "2025-05-01")["rules"] == rules


@pytest.mark.parametrize(
    ("line", "rules"),
    [
        ("2019-04-01/2019-04-01", ["R0.10", "R0.12", "R0.2", "R2.10"]),
        ("2019-04-15/2019-04-15", ["R0.10", "R2.10"]),
    ],
)
def test_only_the_short_cycle_before_a_new_billing_day_comes_from_the_move(line: str, rules: list[str]) -> None:
    history = given(FIVE, customer_changed(on="2019-03-10", billing_day=15))

    assert why(history, line, "2019-03-01", "2019-04-15")["rules"] == rules


def test_what_was_used_before_it_was_invoiced_is_charged_by_the_hour() -> None:
    # EX-7: 72 of 8760 hours were used before the first run.
    history = given(
        ordered(10, "120.00", on="2025-03-10T09:00:00Z", term="P1Y", nce=True), canceled(on="2025-03-13T09:00:00Z")
    )

    explanation = why(history, "2025-03-10/2025-03-10", "2025-03-14")

    assert explanation["rules"] == ["R0.10", "R0.2", "R3.3", "R5.2", "R2.10"]
    assert (explanation["kept"], explanation["of"], explanation["measure"]) == (72, 8760, "hours")
    assert behind(explanation) == ["seats 1", "end 2"]


def test_a_new_list_price_is_an_event_of_its_own() -> None:
    at_its_cycle = given(FIVE, price("11.00", since="2019-02-01", known="2019-01-20"))
    at_once = given(FIVE, price("11.00", since="2019-01-15", known="2019-01-10")).under(
        price_change_applies="immediately"
    )

    held = why(at_its_cycle, "2019-02-01/2019-02-01", "2019-02-01")
    split = why(at_once, "2019-01-01/2019-01-15", "2019-02-01")

    assert (held["rules"], behind(held)) == (["R0.10", "R2.10"], ["seats 1", "price 2"])
    assert (split["rules"], behind(split)) == (["R0.10", "R2.6", "R1.9", "R0.2", "R2.10"], ["price 2", "seats 1"])


def test_a_month_after_the_term_stays_one_where_its_price_was_set_by_hand() -> None:
    by_hand = {"subscription_id": "sub-1", "customer_id": "cus-1", "applies": "next_term", "unit_price": "9.00"}
    history = given(
        ordered(1, "120.00", on="2025-06-01", nce=True, term="P1Y"),
        auto_renew(False, on="2025-07-01"),
        event("PricingEdited", "2026-06-10", by_hand),
    )

    explanation = why(history, "2026-07-01/2026-07-01", "2026-07-01")

    assert explanation["rules"] == ["R0.10", "R5.8", "R2.10"]
    assert (explanation["price"]["origin"], explanation["price"]["unit_price"]) == ("hand_set", "9.00")


PARENT = [ordered(1, on="2019-01-01", sub="base"), ordered(2, on="2019-01-01", parent_subscription_id="base")]


@pytest.mark.parametrize(
    ("history", "line", "rules", "events"),
    [
        pytest.param(
            given(FIVE, seats(6, on="2019-01-20"),
                  price("11.00", since="2019-01-10", known="2019-02-20", backdate=True)),
            "2019-02-01/2019-02-01/2", ["R0.6", "R0.10", "R2.10"], ["price 3", "terms 1", "seats 2"],
            id="another price",
        ),
        pytest.param(
            given(FIVE, converted("2019-02-10", effective="2019-01-20")),
            "2019-02-01/2019-02-01/2", ["R0.6", "R0.10", "conversion"], ["price 2", "seats 1"],
            id="converted, in the same cycles",
        ),
        pytest.param(
            given(FIVE, converted("2019-02-10", effective="2019-01-20", term="P1Y", anchor="order_day")),
            "2019-02-01/2019-02-01/2", ["R0.6", "R0.10", "conversion"], ["terms 2"], id="converted, in other cycles",
        ),
        pytest.param(
            given(FIVE, canceled(on="2019-02-01", known="2019-02-05")),
            "2019-02-01/2019-02-01/2", ["R0.6", "R0.10", "R3.3"], ["end 2"], id="over on the day that it begins",
        ),
        pytest.param(
            given(*PARENT, canceled(on="2019-01-20", known="2019-02-05", sub="base")),
            "2019-02-01/2019-02-01/2", ["R0.6", "R0.10", "R3.3", "add-on"], ["end 3"], id="its parent was over",
        ),
        pytest.param(
            given(FIVE, seats(3, on="2019-02-01", known="2019-02-05")),
            "2019-02-01/2019-02-01/2", ["R0.6", "R0.10"], ["seats 2"], id="fewer seats",
        ),
    ],
)  # fmt: skip
def test_why_a_whole_line_comes_back(history: Given, line: str, rules: list[str], events: list[str]) -> None:
    explanation = why(history, line, "2019-01-01", "2019-02-01", "2019-03-01")

    assert explanation["rules"] == rules
    assert behind(explanation) == events


def test_an_end_that_is_taken_back_is_charged_after_all_because_of_who_turned_renewal_on() -> None:
    # The first invoice knows that 20 January is the end: 19 of 31 days. On 10 January there is no end any more.
    history = given(FIVE, canceled(on="2019-01-20", known="2019-01-01"), auto_renew(True, on="2019-01-10"))

    explanation = why(history, "2019-01-01/2019-01-01/2", "2019-01-01", "2019-02-01")

    assert explanation["cause"] == "charged_back"
    assert behind(explanation) == ["end 3", "seats 1"]


def test_seats_that_are_held_after_all_name_who_said_so_even_where_renewal_was_turned_on() -> None:
    history = given(
        FIVE,
        canceled(on="2019-03-20", known="2019-01-02"),
        auto_renew(True, on="2019-01-10"),
        seats(3, on="2019-01-20"),
        seats(5, on="2019-01-20", known="2019-02-05"),
    )

    explanation = why(history, "2019-01-01/2019-01-01/3", "2019-01-01", "2019-02-01", "2019-03-01")

    assert (explanation["cause"], behind(explanation)) == ("charged_back", ["seats 5", "seats 1"])


@pytest.mark.parametrize(
    ("said", "cost"),
    [({"pricing": {"rule": "discount", "rate": "0.1"}}, None),
     ({"pricing": {"rule": "discount", "rate": "0.1"}, "unit_cost": "5.00"}, "5.00"),
     ({"pricing": {"rule": "markup", "rate": "0.1"}, "unit_cost": "5.00"}, "5.00"),
     ({"pricing": {"rule": "margin", "rate": "0.5"}, "unit_cost": "5.00"}, "5.00")],
)  # fmt: skip
def test_the_cost_is_named_wherever_it_is_known(said: Json, cost: str | None) -> None:
    history = given(ordered(5, on="2019-01-01", **said))

    explanation = why(history, "2019-01-01/2019-01-01", "2019-01-01")

    assert explanation["rules"] == ["R0.10", "R2.10", "R0.4"]
    assert explanation["price"].get("unit_cost") == cost


def test_a_line_of_before_a_conversion_ends_with_it_whoever_edited_the_new_price() -> None:
    edited = {"subscription_id": "sub-1", "customer_id": "cus-1", "applies": "current_cycle", "unit_price": "22.00"}
    history = given(FIVE, converted("2019-01-15", effective="2019-01-15"), event("PricingEdited", "2019-01-20", edited))

    ended = why(history, "2019-01-01/2019-01-01", "2019-02-01")
    begun = why(history, "2019-01-01/2019-01-15", "2019-02-01")

    assert behind(ended) == ["seats 1", "end 2"]
    assert behind(begun) == ["terms 2", "seats 1", "price 3"]


def test_a_line_of_an_earlier_installment_that_comes_back_in_full_says_that_seats_were_given_back() -> None:
    history = given(
        ordered(10, "372.00", on="2025-01-01", term="P1Y", billing_frequency="P1M", nce=True),
        seats(12, on="2025-01-31T08:00:00Z"),
        seats(10, on="2025-02-01T07:00:00Z"),
    )

    explanation = why(history, "2025-01-01/2025-01-31/2", "2025-01-31", "2025-02-01")

    assert (explanation["cause"], explanation["rules"]) == ("decrease", ["R0.6", "R5.1"])
    assert behind(explanation) == ["end 3"]


def test_the_next_term_that_brings_a_price_is_named_before_the_billing_day_that_moves_with_it() -> None:
    history = given(
        ordered(1, on="2025-03-01"),
        price("120.00", since="2025-03-05", term="P1Y"),
        customer_changed(on="2025-03-10", billing_day=15),
        event("NextTermScheduled", "2025-03-12", {"subscription_id": "sub-1", "customer_id": "cus-1", "term": "P1Y"}),
    )

    explanation = why(history, "2025-04-01/2025-04-01", "2025-04-01")

    assert behind(explanation) == ["seats 1", "terms 4", "price 2"]


def test_an_add_on_that_ends_with_its_parent_ends_by_its_own_cancellation() -> None:
    history = given(
        ordered(1, on="2025-03-01", sub="base"),
        ordered(1, on="2025-03-01", parent_subscription_id="base"),
        canceled(on="2025-03-05", mode="end_of_term", known="2025-04-05", sub="base"),
        canceled(on="2025-03-06", mode="end_of_term", known="2025-04-05"),
    )

    explanation = why(history, "2025-04-01/2025-04-01/2", "2025-04-01", "2025-04-05")

    assert (explanation["rules"], behind(explanation)) == (["R0.6", "R0.10", "R3.3"], ["end 4"])
