"""The table of settings: names, values, defaults, levels, effective dates; what is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.billing.settings import SETTINGS, UnknownSetting, check, setting_named
from tests.billing_dsl import given, ordered, price, seats, setting


def test_defaults_are_those_of_the_rules() -> None:
    assert {key: one.default for key, one in SETTINGS.items()} == {
        "rounding": "unit",
        "usage_charge_rule": "per_day",
        "partial_charges_invoicing": "billing_day",
        "free_period_when_started_on_billing_day": False,
        "issue_zero_invoices": False,
        "price_change_applies": "next_cycle",
        "decrease_credit": "prorated",
        "bill_while_suspended": True,
        "refund_policy": "days",
        "change_window_hours": None,
        "full_refund_hours": None,
        "separate_invoices": False,
        "extra_charge_rate": Decimal(0),
        "est_enabled": True,
        "seller_country": None,
        "billing_plans_enabled": False,
    }


@pytest.mark.parametrize(
    ("key", "written", "value"),
    [
        ("rounding", "line", "line"),
        ("issue_zero_invoices", "true", True),
        ("change_window_hours", "168", 168),
        ("change_window_hours", "none", None),
        ("extra_charge_rate", "0.05", Decimal("0.05")),
    ],
)
def test_a_written_value_is_read(key: str, written: str, value: object) -> None:
    assert setting_named(key).read(written) == value


@pytest.mark.parametrize(
    ("key", "written", "scope", "sentence"),
    [
        ("colour", "red", "organisation", "there is no setting 'colour': there are rounding, "),
        ("rounding", "never", "organisation", "rounding cannot be 'never': choose one of unit, line"),
        ("issue_zero_invoices", "yes", "organisation", "write true or false"),
        ("change_window_hours", "-1", "organisation", "write a whole number of 0 or more, or none"),
        ("extra_charge_rate", "five", "organisation", "write a decimal fraction of 0 or more"),
        ("extra_charge_rate", "NaN", "organisation", "write a decimal fraction of 0 or more"),
        ("extra_charge_rate", "-0.05", "organisation", "write a decimal fraction of 0 or more"),
        ("rounding", "line", "product", "rounding cannot be set for a product: it can be set for organisation"),
        ("refund_policy", "none", "customer", "it can be set for product, organisation"),
    ],
)
def test_what_cannot_be_set_is_refused_with_what_can(key: str, written: str, scope: str, sentence: str) -> None:
    with pytest.raises(UnknownSetting, match=sentence.replace("?", r"\?")):
        check(key, written, scope)


def test_a_setting_given_to_simulate_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownSetting, match="price_change_applies cannot be 'sometimes'"):
        given(ordered(1, on="2019-01-15")).under(price_change_applies="sometimes").until("2019-02-01")


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("rounding", "banana", "choose one of unit, line"),
        ("colour", "red", "there is no setting 'colour'"),
    ],
)
def test_a_changed_setting_that_cannot_hold_is_rejected_and_changes_nothing(
    key: str, value: object, reason: str
) -> None:
    result = given(
        setting(key, value, since="2019-01-01"), ordered(1, on="2019-02-01"), price("11.00", since="2019-02-10")
    ).until("2019-03-01")

    assert reason in result.reason
    assert result.totals == ["2019-02-01 invoice 10.00", "2019-03-01 invoice 11.00"]


def test_the_most_specific_scope_wins() -> None:
    result = given(
        setting("decrease_credit", "none", since="2019-01-01"),
        setting("decrease_credit", "prorated", since="2019-01-01", scope="product", of="office"),
        ordered(9, on="2019-03-01"),
        ordered(9, on="2019-03-01", sub="sub-2", product="other"),
        seats(7, on="2019-03-20"),
        seats(7, on="2019-03-20", sub="sub-2"),
    ).until("2019-04-01")

    assert [line["subscription"] for line in result.lines if line["kind"] == "credit"] == ["sub-1"]


def test_a_setting_holds_from_its_effective_date() -> None:
    result = given(
        setting("decrease_credit", "none", since="2019-04-01"),
        ordered(9, on="2019-03-01"),
        seats(8, on="2019-03-20"),
        seats(7, on="2019-04-20"),
    ).until("2019-05-01")

    assert [line["from"] for line in result.lines if line["kind"] == "credit"] == ["2019-03-20"]


def test_what_is_given_to_simulate_is_the_organisation_s_from_the_start_and_a_change_replaces_it() -> None:
    result = (
        given(
            ordered(9, on="2019-03-01"),
            seats(8, on="2019-03-20"),
            setting("decrease_credit", "prorated", since="2019-04-01"),
            seats(7, on="2019-04-20"),
        )
        .under(decrease_credit="none")
        .until("2019-05-01")
    )

    assert [line["from"] for line in result.lines if line["kind"] == "credit"] == ["2019-04-20"]
