"""Rules R0.8, R0.11 and R0.12: which fact comes first, which day it falls on, what an absent field means."""

from __future__ import annotations

from typing import Any

from tests.billing_dsl import (
    Event,
    Json,
    customer_changed,
    customer_registered,
    given,
    ordered,
    price,
    product_defined,
    seats,
    suspended,
)

ON_THE_DAY: Json = {"id": "cus-1", "partial_charges_invoicing": "order_day"}


def test_the_order_comes_first_on_its_civil_day() -> None:
    result = given(seats(8, on="2019-03-01T06:00:00Z"), ordered(5, on="2019-03-01T10:00:00Z")).until("2019-03-01")

    assert result.totals == ["2019-03-01 invoice 80.00"]
    assert result.rejected == []


def test_a_change_of_the_day_before_the_order_is_rejected() -> None:
    result = given(seats(8, on="2019-02-28T23:59:59Z"), ordered(5, on="2019-03-01T10:00:00Z")).until("2019-03-01")

    assert result.totals == ["2019-03-01 invoice 50.00"]
    assert [fact["id"] for fact in result.rejected] == ["1"]


def test_changes_are_ordered_by_when_they_take_effect_not_by_arrival() -> None:
    result = given(
        ordered(5, on="2019-03-01"), seats(9, on="2019-03-20", known="2019-03-05"), seats(7, on="2019-03-10")
    ).until("2019-04-01")

    assert result.subscription["quantity"] == 9


def test_at_the_same_instant_the_one_known_later_holds() -> None:
    result = given(
        ordered(5, on="2019-03-01"), seats(9, on="2019-03-10", known="2019-03-12"), seats(7, on="2019-03-10")
    ).until("2019-04-01")

    assert result.subscription["quantity"] == 9


def test_then_source_sequence_and_id_decide() -> None:
    def quantity(*changes: tuple[str, int | None, str, int]) -> int:
        events = [
            {**seats(total, on="2019-03-10"), "source": source, "id": name}
            | ({} if sequence is None else {"sequence": sequence})
            for source, sequence, name, total in changes
        ]
        result = given(ordered(5, on="2019-03-01"), *events).until("2019-03-31")
        return int(result.subscription["quantity"])

    assert quantity(("urn:b", 1, "1", 9), ("urn:a", 2, "2", 7)) == 9
    assert quantity(("urn:a", 2, "1", 9), ("urn:a", 1, "2", 7)) == 9
    assert quantity(("urn:a", 1, "1", 9), ("urn:a", None, "2", 7)) == 9
    assert quantity(("urn:a", None, "10", 9), ("urn:a", None, "9", 7)) == 9
    assert quantity(("urn:a", None, "b", 9), ("urn:a", None, "a", 7)) == 9


def test_a_date_without_a_time_is_its_midnight_where_the_customer_is() -> None:
    # 20 March in Athens begins at 22:00Z on the 19th; the change at 21:30Z came before it.
    athens = {**ON_THE_DAY, "time_zone": "Europe/Athens"}
    result = given(
        ordered(5, on="2019-03-01", customer=athens), seats(7, on="2019-03-20"), seats(6, on="2019-03-19T21:30:00Z")
    ).until("2019-03-31")

    assert result.subscription["quantity"] == 7
    assert [document["date"] for document in result.json] == ["2019-03-01", "2019-03-19", "2019-03-20"]


def test_billing_dates_are_civil_dates_where_the_customer_is() -> None:
    athens = {**ON_THE_DAY, "time_zone": "Europe/Athens"}
    for zone, day in ((athens, "2019-03-21"), (ON_THE_DAY, "2019-03-20")):
        result = given(ordered(5, on="2019-03-01", customer=zone), seats(6, on="2019-03-20T22:30:00Z")).until(
            "2019-03-31"
        )
        assert result.json[1]["date"] == day


def test_days_are_counted_on_the_calendar_across_daylight_saving() -> None:
    # Athens changes its clocks on 31 March 2019; the last day of March is a day like any other.
    athens = {**ON_THE_DAY, "time_zone": "Europe/Athens"}
    result = given(
        ordered(5, on="2019-03-01", customer=athens),
        seats(6, on="2019-03-31T00:30:00+02:00"),
        ordered(5, on="2019-10-01", customer=athens, sub="sub-2"),
        seats(6, on="2019-10-27T23:30:00+02:00", sub="sub-2"),
    ).until("2019-11-01")

    added = [line for line in result.lines if line["kind"] == "prorated"]
    assert [(line["from"], line["days"], line["of_days"]) for line in added] == [
        ("2019-03-31", 1, 31),
        ("2019-10-27", 5, 31),
    ]


def test_the_zone_is_captured_for_the_subscription() -> None:
    result = given(
        ordered(5, on="2019-03-01", customer={**ON_THE_DAY, "time_zone": "Europe/Athens"}),
        customer_changed(on="2019-03-05", time_zone="America/New_York"),
        seats(6, on="2019-03-20T22:30:00Z"),
    ).until("2019-03-31")

    assert result.json[1]["date"] == "2019-03-21"


def test_a_late_order_is_billed_when_it_becomes_known() -> None:
    result = given(ordered(5, on="2019-02-01", known="2019-03-10")).until("2019-03-31")

    assert result.totals == ["2019-03-10 invoice 100.00"]


# --- absent fields --------------------------------------------------------------------------------------------------


def test_absent_customer_fields_keep_what_is_known() -> None:
    result = given(
        customer_registered(on="2019-01-01", billing_day=15, tax_rate="0.24"), ordered(1, on="2019-01-10")
    ).until("2019-01-15")

    assert result.totals == ["2019-01-15 invoice 11.61 + 2.79 = 14.40"]


def test_a_given_value_wins_also_when_it_is_0() -> None:
    result = given(
        customer_registered(on="2019-01-01", billing_day=15, tax_rate="0.24"),
        ordered(1, on="2019-02-01", customer={"id": "cus-1", "billing_day": 1, "tax_rate": "0"}),
    ).until("2019-02-01")

    assert result.totals == ["2019-02-01 invoice 10.00"]


def test_a_billing_day_in_an_order_holds_for_that_order_alone() -> None:
    result = given(
        ordered(1, on="2019-02-01", customer={"id": "cus-1", "billing_day": 1}),
        ordered(1, on="2019-02-15", sub="sub-2", customer={"id": "cus-1", "billing_day": 15}),
    ).until("2019-03-20")

    assert [(line["subscription"], line["from"]) for line in result.lines] == [
        ("sub-1", "2019-02-01"), ("sub-2", "2019-02-15"), ("sub-1", "2019-03-01"), ("sub-2", "2019-03-15"),
    ]  # fmt: skip


def test_last_is_the_31st() -> None:
    result = given(ordered(1, on="2019-02-10", customer={"id": "cus-1", "billing_day": "last"})).until("2019-04-30")

    assert [document["date"] for document in result.json] == ["2019-02-28", "2019-03-31", "2019-04-30"]
    assert result.documents[1] == "prorated 2019-02-10..2019-02-27 1 x 6.43 = 6.43 (18/28 of 10.00)"


def defined(**fields: Any) -> Event:
    return product_defined(on="2019-01-01", **fields)


def test_absent_item_fields_take_the_latest_definition_of_the_product_before_the_order() -> None:
    result = given(
        defined(term="P1M"),
        product_defined(on="2019-01-20", term="P1Y", billing_frequency="P1M", price_protection_months=24),
        ordered(1, "120.00", on="2019-02-01"),
        product_defined(on="2019-02-10", term="P3Y"),
    ).until("2019-02-15")

    state = result.subscription
    assert (state["billing_plan"], state["term_end"], state["protected_until"]) == (
        "Monthly", "2020-01-31", "2021-02-01",
    )  # fmt: skip


def test_defined_again_it_replaces_what_the_product_said_before() -> None:
    result = given(
        defined(price_protection_months=12), product_defined(on="2019-01-20"), ordered(1, on="2019-02-01")
    ).until("2019-02-01")

    assert result.subscription["protected_until"] is None


def test_what_the_item_says_wins_over_the_product() -> None:
    result = given(
        defined(price_protection_months=12, free_period=True),
        ordered(1, on="2019-01-15", price_protection_months=0, free_period=False),
    ).until("2019-02-01")

    assert result.subscription["protected_until"] is None
    assert result.lines[0]["kind"] == "prorated"


def test_time_of_a_price_is_read_in_the_zone_of_each_customer_it_reaches() -> None:
    # 31 March 23:00Z is 1 April in Athens: announced on the day the April cycle begins, and effective that day.
    late = price("11.00", since="2019-04-01", known="2019-03-31T23:00:00Z")
    for zone in ("UTC", "Europe/Athens"):
        result = given(ordered(1, on="2019-03-01", customer={"id": "cus-1", "time_zone": zone}), late).until(
            "2019-04-01"
        )
        assert result.json[1]["net"] == "11.00"

    # Effective 31 March: late in Athens, where it is 1 April already, so it reaches only what begins after that.
    late = price("11.00", since="2019-03-31", known="2019-03-31T23:00:00Z")
    for zone, net in (("UTC", "11.00"), ("Europe/Athens", "10.00")):
        result = given(ordered(1, on="2019-03-01", customer={"id": "cus-1", "time_zone": zone}), late).until(
            "2019-04-01"
        )
        assert result.json[1]["net"] == net


def test_a_change_dated_on_the_orders_day_follows_it_also_where_a_suspension_is_not_billed_later() -> None:
    # The order has a time and the change only a date, which is that day's midnight: the order is first all the same.
    bought = ordered(2, on="2019-01-20T15:00:00Z", bill_while_suspended=False)
    changed = seats(1, on="2019-01-20")

    for said in ([bought, changed], [bought, changed, suspended(on="2019-01-25")]):
        result = given(*said).until("2019-02-01")
        assert [line["quantity"] for line in result.lines if line["from"] == "2019-01-20"] == [1]
