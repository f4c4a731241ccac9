"""Rules R2.1 to R2.10 (a, b, d, e): which price a cycle has."""

from __future__ import annotations

import pytest

from tests.billing_dsl import Json, Outcome, auto_renew, given, imported, ordered, price, product_defined, seats, table


def unit_prices(result: Outcome) -> dict[str, str]:
    """The full unit price by the start of its line, of charges."""
    return {line["from"]: line["unit_price"] for line in result.lines if line["kind"] != "credit"}


def test_a_protected_price_holds_against_rises_and_falls() -> None:
    for listed in ("11.00", "9.00"):
        result = given(
            ordered(1, on="2019-02-01", price_protection_months=12), price(listed, since="2019-03-01")
        ).until("2020-02-01")

        prices = unit_prices(result)
        assert {day: at for day, at in prices.items() if at != "10.00"} == {"2020-02-01": listed}


def test_without_protection_a_list_price_counts_from_the_next_cycle_start() -> None:
    result = given(ordered(5, on="2019-02-01"), price("11.00", since="2019-02-15"), seats(6, on="2019-02-22")).until(
        "2019-03-01"
    )

    assert result.documents == table("""
        2019-02-01 invoice 50.00
            recurring 2019-02-01..2019-02-28 5 x 10.00 = 50.00
        2019-03-01 invoice 68.50
            prorated 2019-02-22..2019-02-28 1 x 2.50 = 2.50 (7/28 of 10.00)
            recurring 2019-03-01..2019-03-31 6 x 11.00 = 66.00
    """)


def test_protection_counts_from_the_first_billing_date_where_it_begins_free() -> None:
    free = given(ordered(1, on="2019-01-15", free_period=True, price_protection_months=12)).until("2019-01-20")
    paid = given(ordered(1, on="2019-01-15", price_protection_months=12)).until("2019-01-20")

    assert free.subscription["protected_until"] == "2020-02-01"
    assert paid.subscription["protected_until"] == "2020-01-15"


def test_both_counts_give_the_same_invoices_for_monthly_subscriptions() -> None:
    change = price("11.00", since="2019-06-01")
    for free in (True, False):
        result = given(ordered(1, on="2019-01-15", free_period=free, price_protection_months=12), change).until(
            "2020-02-01"
        )

        prices = unit_prices(result)
        assert (prices["2020-01-01"], prices["2020-02-01"]) == ("10.00", "11.00")


@pytest.mark.parametrize(
    ("rule", "rate", "protected", "afterwards"),
    [("margin", "0.20", "10.00", "11.25"), ("discount", "0.10", "9.00", "9.90"), ("discount", "0.15", "8.50", "9.35")],
)
def test_ex14_pricing_rules_are_reckoned_over_the_protected_price(
    rule: str, rate: str, protected: str, afterwards: str
) -> None:
    result = given(
        ordered(
            1,
            "10.00",
            on="2019-02-01",
            unit_cost="8.00",
            price_protection_months=3,
            pricing={"rule": rule, "rate": rate},
        ),
        price("11.00", since="2019-03-01", unit_cost="9.00"),
    ).until("2019-05-01")

    prices = unit_prices(result)
    assert (prices["2019-04-01"], prices["2019-05-01"]) == (protected, afterwards)


def test_at_its_end_list_prices_are_locked_for_as_long_again() -> None:
    result = given(
        ordered(1, on="2019-02-01", price_protection_months=6),
        price("11.00", since="2019-05-01"),
        price("12.00", since="2019-09-01"),
    ).until("2020-02-01")

    prices = unit_prices(result)
    assert [prices[day] for day in ("2019-07-01", "2019-08-01", "2020-01-01", "2020-02-01")] == [
        "10.00", "11.00", "11.00", "12.00",
    ]  # fmt: skip
    assert result.subscription["protected_until"] == "2020-08-01"


def test_the_months_are_read_again_from_the_product_and_none_ends_the_protection() -> None:
    result = given(
        ordered(1, on="2019-02-01", price_protection_months=6),
        product_defined(on="2019-07-15", price_protection_months=0),
        price("11.00", since="2019-05-01"),
        price("12.00", since="2019-09-01"),
    ).until("2019-09-01")

    prices = unit_prices(result)
    assert [prices[day] for day in ("2019-07-01", "2019-08-01", "2019-09-01")] == ["10.00", "11.00", "12.00"]
    assert result.subscription["protected_until"] is None


def test_a_price_list_entry_may_carry_its_own_months() -> None:
    entry = {"currency": "EUR", "term": "P1M", "billing_frequency": "P1M", "unit_price": "10.00"}
    product = product_defined(
        on="2019-01-01", price_protection_months=12, prices=[{**entry, "price_protection_months": 3}]
    )

    assert (
        given(product, ordered(1, on="2019-02-01")).until("2019-02-01").subscription["protected_until"] == "2019-05-01"
    )


@pytest.mark.parametrize("terms", [{"charge": "arrears"}, {"user_price": True}])
def test_only_prepaid_list_prices_are_protected(terms: Json) -> None:
    state = given(ordered(1, on="2019-02-01", price_protection_months=12, **terms)).until("2019-02-01").subscription

    assert state["protected_until"] is None


def test_added_seats_share_protection_and_price_and_a_separate_subscription_has_its_own() -> None:
    result = given(
        ordered(5, on="2019-02-01", price_protection_months=12),
        price("11.00", since="2019-03-01"),
        seats(6, on="2019-04-01"),
        ordered(1, "11.00", on="2019-04-01", sub="sub-2"),
    ).until("2019-04-01")

    assert result.documents[-3:] == table("""
        2019-04-01 invoice 71.00
            sub-1 recurring 2019-04-01..2019-04-30 6 x 10.00 = 60.00
            sub-2 recurring 2019-04-01..2019-04-30 1 x 11.00 = 11.00
    """)


def test_a_list_price_from_before_the_order_does_not_change_the_order_s_price() -> None:
    result = given(price("8.00", since="2019-01-01"), ordered(1, "10.00", on="2019-02-01")).until("2019-03-01")

    assert set(unit_prices(result).values()) == {"10.00"}


def test_a_list_price_of_the_order_s_own_day_does_not_either() -> None:
    result = given(price("8.00", since="2019-02-01"), ordered(1, "10.00", on="2019-02-01")).until("2019-03-01")

    assert set(unit_prices(result).values()) == {"10.00"}


def test_a_list_price_announced_before_the_order_for_later_counts_later() -> None:
    result = given(price("11.00", since="2019-03-01", known="2019-01-10"), ordered(1, on="2019-02-01")).until(
        "2019-03-01"
    )

    assert unit_prices(result) == {"2019-02-01": "10.00", "2019-03-01": "11.00"}


def test_a_late_list_price_reaches_only_cycles_that_begin_after_it_came() -> None:
    result = given(ordered(1, on="2019-02-01"), price("11.00", since="2019-02-15", known="2019-04-01T10:00:00Z")).until(
        "2019-05-01"
    )

    assert unit_prices(result) == {
        "2019-02-01": "10.00", "2019-03-01": "10.00", "2019-04-01": "10.00", "2019-05-01": "11.00",
    }  # fmt: skip
    assert all(document["kind"] == "invoice" for document in result.json)


def test_a_price_that_took_effect_before_the_order_but_came_after_it_counts_from_the_next_cycle() -> None:
    result = given(ordered(1, on="2019-02-01"), price("11.00", since="2019-01-15", known="2019-02-10")).until(
        "2019-03-01"
    )

    assert unit_prices(result) == {"2019-02-01": "10.00", "2019-03-01": "11.00"}


def test_a_backdated_price_on_a_billed_cycle_returns_the_old_line_whole_and_charges_a_new_one() -> None:
    result = given(
        ordered(5, on="2019-02-01"), price("11.00", since="2019-03-01", known="2019-03-15", backdate=True)
    ).until("2019-03-31")

    assert result.documents[2:] == table("""
        2019-03-01 invoice 50.00
            recurring 2019-03-01..2019-03-31 5 x 10.00 = 50.00
        2019-03-15 credit_note 50.00
            credit 2019-03-01..2019-03-31 5 x 10.00 = 50.00 (31/31 of 10.00) returns sub-1/2019-03-01/2019-03-01
        2019-03-15 invoice 55.00
            recurring 2019-03-01..2019-03-31 5 x 11.00 = 55.00
    """)
    assert [line["line"] for line in result.lines[2:]] == [
        "sub-1/2019-03-01/2019-03-01/2",
        "sub-1/2019-03-01/2019-03-01/3",
    ]


def test_a_backdated_price_from_inside_a_cycle_counts_from_the_next_one() -> None:
    result = given(
        ordered(5, on="2019-02-01"), price("11.00", since="2019-02-15", known="2019-03-15", backdate=True)
    ).until("2019-03-15")

    assert result.totals == [
        "2019-02-01 invoice 50.00",
        "2019-03-01 invoice 50.00",
        "2019-03-15 credit_note 50.00",
        "2019-03-15 invoice 55.00",
    ]


def test_a_hand_set_price_stays() -> None:
    result = given(ordered(1, on="2019-02-01", user_price=True), price("11.00", since="2019-03-01")).until("2019-06-01")

    assert set(unit_prices(result).values()) == {"10.00"}


def test_of_several_list_prices_the_latest_effective_date_wins() -> None:
    result = given(
        ordered(1, on="2019-02-01"),
        price("12.00", since="2019-03-15", known="2019-02-10"),
        price("11.00", since="2019-03-01", known="2019-02-20"),
    ).until("2019-04-01")

    assert unit_prices(result) == {"2019-02-01": "10.00", "2019-03-01": "11.00", "2019-04-01": "12.00"}


def test_on_a_tie_the_more_specific_wins_and_then_the_last_that_came() -> None:
    def priced(*changes: Json) -> str:
        events = [
            price(str(at), since="2019-03-01", known=str(day), **more) for (at, day, more) in map(_parts, changes)
        ]
        return unit_prices(given(ordered(1, on="2019-02-01"), *events).until("2019-03-01"))["2019-03-01"]

    assert priced({"at": "11.00", "day": "2019-02-10", "term": "P1M"}, {"at": "12.00", "day": "2019-02-20"}) == "11.00"
    assert priced({"at": "11.00", "day": "2019-02-10"}, {"at": "12.00", "day": "2019-02-20"}) == "12.00"
    assert priced({"at": "12.00", "day": "2019-02-20"}, {"at": "11.00", "day": "2019-02-10"}) == "12.00"


def _parts(change: Json) -> tuple[object, object, Json]:
    rest = {name: value for name, value in change.items() if name not in ("at", "day")}
    return change["at"], change["day"], rest


@pytest.mark.parametrize(
    "other", [{"term": "P1Y"}, {"billing_frequency": "P1Y"}, {"currency": "USD"}, {"product": "another"}]
)
def test_a_list_price_of_something_else_leaves_it_alone(other: dict[str, str]) -> None:
    changed: Json = {"product": "office", **other}
    result = given(ordered(1, on="2019-02-01"), price("11.00", since="2019-02-15", **changed)).until("2019-03-01")

    assert set(unit_prices(result).values()) == {"10.00"}


def test_a_list_price_without_a_term_is_literally_that_amount_for_a_term_of_any_length() -> None:
    result = given(ordered(1, "120.00", on="2019-02-01", term="P1Y"), price("11.00", since="2019-03-01")).until(
        "2020-02-01"
    )

    assert result.totals == ["2019-02-01 invoice 120.00", "2020-02-01 invoice 11.00"]


def test_with_installments_a_list_price_counts_from_the_renewal_of_the_term() -> None:
    result = given(
        ordered(1, "120.00", on="2025-01-15", term="P1Y", billing_frequency="P1M"),
        price("240.00", since="2025-03-01"),
    ).until("2026-01-15")

    assert [document["net"] for document in result.json] == ["10.00"] * 12 + ["20.00"]


def test_an_import_keeps_the_protection_it_states() -> None:
    result = given(
        imported(
            1, "12.00", started="2019-01-01", billed_from="2019-06-01",
            protected_price="10.00", protected_until="2019-08-01",
        )
    ).until("2019-08-01")  # fmt: skip

    assert unit_prices(result) == {"2019-06-01": "10.00", "2019-07-01": "10.00", "2019-08-01": "12.00"}


def test_protection_does_not_outlive_a_subscription_that_does_not_renew() -> None:
    result = given(ordered(1, on="2019-02-01", price_protection_months=12), auto_renew(False, on="2019-02-10")).until(
        "2019-06-01"
    )

    assert result.totals == ["2019-02-01 invoice 10.00"]
