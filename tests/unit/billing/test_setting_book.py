"""Which value of a setting holds on a day, and since when (table of settings; rules R0.11, R0.12, R6.7).

The customer is in New York: what holds from 02:00 UTC of 1 February on holds on 31 January there.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from shared.billing.facts import SettingChanged
from shared.billing.masterdata import MasterData
from shared.billing.moments import zone
from shared.billing.settings import SETTINGS, SettingBook, UnknownSetting, Value, check, refusal, setting_named
from tests.billing_dsl import Event, customer_changed, facts_from, product_defined, setting

NEW_YORK = zone("America/New_York")
THE_DAY_BEFORE, JANUARY, FEBRUARY = date(2025, 1, 30), date(2025, 1, 31), date(2025, 2, 1)
IN_THE_EVENING = "2025-02-01T02:00:00Z"  # 21:00 of 31 January in New York
NOBODY: dict[str, str | None] = {}


def book(*events: Event, **overrides: str) -> SettingBook:
    return MasterData.of(facts_from(events), overrides).settings


def said(key: str, value: object, *, since: str, on: str, scope: str = "organisation", of: str | None = None) -> Event:
    """A setting from a moment on; `on` is when it was said."""
    return setting(key, value, since=since, scope=scope, of=of) | {"time": on}


@pytest.mark.parametrize(
    ("key", "day", "nce", "value"),
    [
        ("est_enabled", date(2026, 5, 3), False, False),
        ("est_enabled", date(2026, 5, 4), False, True),
        ("refund_policy", JANUARY, False, "days"),
        ("refund_policy", JANUARY, True, "hours"),
        ("change_window_hours", JANUARY, True, 168),
        ("full_refund_hours", JANUARY, True, 24),
        ("decrease_credit", JANUARY, True, "prorated"),
    ],
)
def test_the_default_of_a_day(key: str, day: date, nce: bool, value: Value) -> None:
    elsewhere = setting(key, SETTINGS[key].default or 5, since="2030-01-01")

    assert SETTINGS[key].default_on(day, nce=nce) == value
    assert book().value(key, day, NEW_YORK, day, NOBODY, nce=nce) == value
    assert book(elsewhere).value(key, day, NEW_YORK, day, NOBODY, nce=nce) == value


def test_what_is_not_said_of_new_commerce_is_of_other_licences() -> None:
    assert SETTINGS["refund_policy"].default_on(JANUARY) == "days"
    assert book().value("refund_policy", JANUARY, NEW_YORK, JANUARY, NOBODY) == "days"


def test_a_tax_rate_that_nobody_set_is_none() -> None:
    assert book().value("tax_rate.FR", JANUARY, NEW_YORK, JANUARY, NOBODY) is None


@pytest.mark.parametrize(
    ("events", "value"),
    [
        pytest.param([setting("rounding", "line", since=IN_THE_EVENING)], "line", id="since the evening"),
        pytest.param([setting("rounding", "line", since="2025-02-01")], "unit", id="from tomorrow on"),
        pytest.param([said("rounding", "line", since="2025-01-01", on="2025-02-01")], "unit", id="said tomorrow"),
        pytest.param([said("rounding", "line", since="2025-01-01", on=IN_THE_EVENING)], "line", id="said then"),
        pytest.param(
            [said("rounding", "line", since="2025-02-01", on="2025-01-01"),
             said("rounding", "line", since="2025-01-01", on="2025-01-01")], "line", id="one that does not hold yet",
        ),
        pytest.param(
            [said("rounding", "line", since="2025-01-20", on="2025-01-01"),
             said("rounding", "unit", since="2025-01-10", on="2025-01-02")], "line", id="the latest beginning",
        ),
        pytest.param(
            [said("rounding", "unit", since="2025-01-20", on="2025-01-02"),
             said("rounding", "line", since="2025-01-20", on="2025-01-01")], "unit", id="on a tie what was said last",
        ),
        pytest.param(
            [said("rounding", "line", since="2025-01-20", on="2025-01-20"),
             said("rounding", "unit", since="2025-01-20", on="2025-01-20T04:00:00Z")], "line",
            id="a date is its midnight in New York, 05:00 UTC",
        ),
    ],
)  # fmt: skip
def test_the_value_on_31_january(events: list[Event], value: Value) -> None:
    assert book(*events).value("rounding", JANUARY, NEW_YORK, JANUARY, NOBODY) == value
    assert book(*reversed(events)).value("rounding", JANUARY, NEW_YORK, JANUARY, NOBODY) == value


def test_other_facts_and_settings_of_the_scope_are_passed_over() -> None:
    settings = book(
        customer_changed(on="2025-01-01", name="Acme"),
        setting("partial_charges_invoicing", "order_day", since="2025-01-01", scope="customer", of="cus-1"),
        setting("separate_invoices", True, since="2025-01-01", scope="customer", of="cus-1"),
    )

    assert settings.value("separate_invoices", JANUARY, NEW_YORK, JANUARY, {"customer": "cus-1"}) is True


@pytest.mark.parametrize(
    ("scopes", "value"),
    [
        ({"customer": "cus-1", "reseller": "res-1"}, Decimal("0.03")),
        ({"customer": "cus-2", "reseller": "res-1"}, Decimal("0.02")),
        ({"customer": None, "reseller": "res-1"}, Decimal("0.02")),
        ({"customer": "cus-1", "reseller": None}, Decimal("0.03")),
        ({"customer": "cus-2", "reseller": "res-2"}, Decimal("0.01")),
        ({}, Decimal("0.01")),
    ],
)
def test_the_most_specific_scope_that_says_something_wins(scopes: dict[str, str | None], value: Value) -> None:
    settings = book(
        setting("extra_charge_rate", "0.03", since="2025-01-01", scope="customer", of="cus-1"),
        setting("extra_charge_rate", "0.02", since="2025-01-01", scope="reseller", of="res-1"),
        setting("extra_charge_rate", "0.01", since="2025-01-01"),
    )

    assert settings.value("extra_charge_rate", JANUARY, NEW_YORK, JANUARY, scopes) == value


def test_what_simulate_is_given_holds_until_it_is_changed() -> None:
    settings = book(setting("rounding", "unit", since=IN_THE_EVENING), rounding="line", extra_charge_rate="0.05")

    assert settings.value("rounding", THE_DAY_BEFORE, NEW_YORK, THE_DAY_BEFORE, NOBODY) == "line"
    assert settings.value("rounding", JANUARY, NEW_YORK, JANUARY, NOBODY) == "unit"
    assert settings.value("extra_charge_rate", JANUARY, NEW_YORK, JANUARY, NOBODY) == Decimal("0.05")
    assert (settings.states("rounding"), settings.states("refund_policy")) == (True, False)


@pytest.mark.parametrize(
    ("scope", "key", "on", "known", "value"),
    [
        (("customer", "cus-1"), "separate_invoices", JANUARY, JANUARY, True),
        (("customer", "cus-1"), "separate_invoices", THE_DAY_BEFORE, JANUARY, None),
        (("customer", "cus-1"), "separate_invoices", JANUARY, THE_DAY_BEFORE, None),
        (("customer", "cus-1"), "extra_charge_rate", JANUARY, JANUARY, None),
        (("customer", "cus-2"), "separate_invoices", JANUARY, JANUARY, None),
        (("organisation", ""), "tax_rate.DE", JANUARY, JANUARY, Decimal("0.19")),
    ],
)
def test_what_one_scope_itself_says(scope: tuple[str, str], key: str, on: date, known: date, value: Value) -> None:
    settings = book(
        said("separate_invoices", True, since=IN_THE_EVENING, on=IN_THE_EVENING, scope="customer", of="cus-1"),
        setting("separate_invoices", True, since="2025-01-01"),
        setting("tax_rate.DE", "0.19", since="2025-01-01"),
    )

    assert settings.stated_in(scope, key, on, NEW_YORK, known) == value


@pytest.mark.parametrize(
    ("events", "day", "begins"),
    [
        pytest.param([setting("rounding", "line", since=IN_THE_EVENING)], THE_DAY_BEFORE, JANUARY, id="in the evening"),
        pytest.param([setting("rounding", "line", since=IN_THE_EVENING)], JANUARY, None, id="not on its day itself"),
        pytest.param(
            [said("rounding", "line", since="2025-02-01", on="2025-01-01"),
             said("rounding", "unit", since="2025-03-01", on="2025-01-01")], JANUARY, FEBRUARY, id="the first",
        ),
        pytest.param(
            [said("rounding", "line", since="2025-01-01", on=IN_THE_EVENING)], THE_DAY_BEFORE, JANUARY,
            id="not before it is known",
        ),
        pytest.param([setting("issue_zero_invoices", True, since="2025-02-01")], JANUARY, None, id="another one"),
        pytest.param([product_defined(on="2025-02-01")], JANUARY, None, id="without any"),
        pytest.param(
            [setting("extra_charge_rate", "0.02", since="2025-02-01", scope="reseller", of="res-1")], JANUARY, None,
            id="the organisation's only",
        ),
    ],
)  # fmt: skip
def test_when_a_setting_of_the_organisation_begins_to_hold_next(
    events: list[Event], day: date, begins: date | None
) -> None:
    of_rounding_and_charges = {"rounding", "extra_charge_rate"}.__contains__

    assert book(*events).next_change(of_rounding_and_charges, day, NEW_YORK) == begins


@pytest.mark.parametrize(
    ("key", "written", "value"),
    [("tax_rate.DE", "0.19", Decimal("0.19")), ("tax_rate.DE.book", "1", Decimal(1)), ("seller_country", "none", None),
     ("seller_country", "DE", "DE"), ("extra_charge_rate", "1.5", Decimal("1.5")), ("full_refund_hours", "0", 0)],
)  # fmt: skip
def test_what_may_be_written(key: str, written: str, value: Value) -> None:
    assert setting_named(key).read(written) == value
    assert setting_named(key).key == key


@pytest.mark.parametrize(
    ("key", "written", "scope", "sentence"),
    [
        ("tax_rate.DE", "1.01", "organisation",
         'tax_rate.DE cannot be \'1.01\': write a fraction from 0 to 1: 24 % is "0.24"'),
        ("tax_rate.DE", "0.19", "product", "tax_rate.DE cannot be set for a product: it can be set for organisation"),
        ("seller_country", "EL", "organisation",
         "seller_country cannot be 'EL': write a country as two capital letters, such as DE (Greece is GR), or none"),
        ("full_refund_hours", "²", "organisation",
         "full_refund_hours cannot be '²': write a whole number of 0 or more, or none"),
        ("separate_invoices", "true", "product",
         "separate_invoices cannot be set for a product: it can be set for customer, reseller, organisation"),
    ],
)  # fmt: skip
def test_what_may_not_be_written_and_where_is_refused_in_a_sentence(
    key: str, written: str, scope: str, sentence: str
) -> None:
    with pytest.raises(UnknownSetting) as refused:
        check(key, written, scope)

    assert str(refused.value) == sentence


def test_a_change_for_a_scope_that_may_not_state_it_is_refused() -> None:
    (fact,) = facts_from([setting("rounding", "line", since="2025-01-01", scope="product", of="office")])

    assert isinstance(fact.body, SettingChanged)
    assert refusal(fact.body) == "rounding cannot be set for a product: it can be set for organisation"
