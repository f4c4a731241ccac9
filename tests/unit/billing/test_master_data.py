"""What is known of customers, resellers and products at a moment (rules R0.11, R0.12, R4.12).

The customer is in Tokyo, nine hours before UTC: what is dated 1 February is known from 15:00 UTC of 31 January on.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from shared.billing.facts import ProductDefined, Ref
from shared.billing.history import known_by_end_of
from shared.billing.masterdata import BillingDayMove, KnownProduct, MasterData
from shared.billing.moments import zone
from tests.billing_dsl import (
    Event,
    customer_changed,
    customer_registered,
    event,
    exchange_rate,
    facts_from,
    ordered,
    price,
    product_defined,
    reseller_changed,
    setting,
    told,
)

TOKYO = zone("Asia/Tokyo")
JANUARY, FEBRUARY = date(2025, 1, 31), date(2025, 2, 1)
# Of 31 January and of 1 February in Tokyo.
BEFORE, AFTER = (datetime(2025, 1, 31, 14, tzinfo=UTC),), (datetime(2025, 1, 31, 16, tzinfo=UTC),)
AT_THREE_IN_THE_MORNING = "2025-01-31T18:00:00Z"
AT_THREE = datetime(2025, 1, 31, 18, tzinfo=UTC)


def master(*events: Event) -> MasterData:
    return MasterData.of(facts_from(events))


def copied(product: str, source: str, *, on: str) -> Event:
    return event("ProductCopied", on, {"product_id": product, "from_product_id": source})


def deleted(product: str, *, on: str) -> Event:
    return event("ProductDeleted", on, {"product_id": product})


def test_a_field_is_known_from_the_customer_s_midnight_of_its_date() -> None:
    known = master(
        customer_registered(on="2025-02-01", name="Acme"),
        reseller_changed(on="2025-02-01", name="Reseller"),
        product_defined(on="2025-02-01", name="Office"),
    )

    assert known.customer("cus-1", TOKYO, BEFORE).block.name is None
    assert known.customer("cus-1", TOKYO, AFTER).block.name == "Acme"
    assert known.reseller("res-1", TOKYO, BEFORE).block.name is None
    assert known.reseller("res-1", TOKYO, AFTER).block.name == "Reseller"
    assert known.product("office", TOKYO, BEFORE) is None
    assert known.product("office", TOKYO, AFTER) == ProductDefined(name="Office")


def test_of_whom_nothing_was_said_only_the_id_is_known() -> None:
    assert MasterData().customer("cus-1", TOKYO, AFTER).block.id == "cus-1"
    assert MasterData().reseller("res-1", TOKYO, AFTER).block.id == "res-1"
    assert master().customer("cus-1", TOKYO, AFTER).block.id == "cus-1"
    assert master().billing_day_moves("cus-1", TOKYO) == ()
    assert master().deletions("cus-1", "order-1") == []


def test_a_customer_moves_to_a_reseller_at_its_own_midnight() -> None:
    customer = master(customer_changed(on="2025-02-01", reseller_id="res-1")).customer("cus-1", TOKYO, AFTER)

    assert customer.reseller_of("res-0", told(datetime(2025, 1, 31, 14, tzinfo=UTC))) == "res-1"
    assert customer.reseller_of("res-0", told(AT_THREE)) == "res-0"


@pytest.mark.parametrize("said", [customer_registered, customer_changed])
def test_later_orders_go_to_the_reseller_that_was_named_last(said: Callable[..., Event]) -> None:
    known = master(said(on="2025-01-01", reseller_id="res-1"), said(on="2025-01-02", name="Acme"))

    assert known.customer("cus-1", TOKYO, AFTER).reseller_id == "res-1"


def test_the_billing_day_moves_with_every_change_that_states_one_in_the_order_of_their_time() -> None:
    known = master(
        customer_changed(on=AT_THREE_IN_THE_MORNING, billing_day=20),
        customer_changed(on="2025-02-01", billing_day=15),
        customer_changed(on="2025-02-01", name="Acme"),
        customer_registered(on="2025-02-01", billing_day=5),
        setting("separate_invoices", True, since="2025-02-01", scope="customer", of="cus-1"),
    )

    assert known.billing_day_moves("cus-1", TOKYO) == (
        BillingDayMove(FEBRUARY, told(datetime(2025, 1, 31, 15, tzinfo=UTC), 2), 15, Ref("urn:test", "2")),
        BillingDayMove(FEBRUARY, told(AT_THREE, 1), 20, Ref("urn:test", "1")),
    )


def test_the_list_prices_of_a_currency_stand_in_the_order_in_which_they_became_known() -> None:
    known = master(
        price("12.00", since="2025-03-01", known=AT_THREE_IN_THE_MORNING),
        price("11.00", since="2025-03-01", known="2025-02-01"),
        price("13.00", since="2025-03-01", known="2025-02-01", currency="USD"),
        product_defined(on="2025-01-01"),
    )

    assert [fact.id for fact in known.price_changes("office", "EUR", zone("UTC"))] == ["1", "2"]
    assert [fact.id for fact in known.price_changes("office", "EUR", TOKYO)] == ["2", "1"]
    assert [fact.id for fact in known.price_changes("office", "USD", TOKYO)] == ["3"]


@pytest.mark.parametrize(
    ("said", "scope"),
    [
        (customer_changed(on=AT_THREE_IN_THE_MORNING), ("customer", "cus-1")),
        (reseller_changed(on=AT_THREE_IN_THE_MORNING), ("reseller", "res-1")),
        (product_defined(on=AT_THREE_IN_THE_MORNING), ("product", "office")),
        (setting("rounding", "line", since="2025-01-01") | {"time": AT_THREE_IN_THE_MORNING}, ("organisation", "")),
    ],
)
def test_something_becomes_known_on_the_customer_s_day(said: Event, scope: tuple[str, str]) -> None:
    known = master(said)

    assert known.becomes_known_after(JANUARY, TOKYO, [scope, ("customer", "somebody else")]) == FEBRUARY
    assert known.becomes_known_after(FEBRUARY, TOKYO, [scope]) is None


@pytest.mark.parametrize("scope", ["customer", "reseller", "product"])
def test_nothing_becomes_known_of_what_nothing_is_said_of(scope: str) -> None:
    assert master().becomes_known_after(JANUARY, TOKYO, [(scope, "unknown")]) is None


def test_who_asked_for_an_order_to_be_deleted() -> None:
    asked = [
        event("OrderDeleted", "2025-01-10", {"order_id": order, "customer_id": customer})
        for order, customer in (("order-1", "cus-1"), ("order-2", "cus-1"), ("order-1", "cus-2"))
    ]

    assert [fact.id for fact in master(*asked).deletions("cus-1", "order-1")] == ["1"]


def test_an_exchange_rate_changes_no_charge() -> None:
    rates = master(exchange_rate("1.0837", on="2025-02-01"), exchange_rate("1.0900", on="2025-02-02"))

    assert rates.becomes_known_after(JANUARY, TOKYO, [("organisation", "")]) is None


def test_settings_are_asked_of_product_reseller_and_customer_as_they_are_in_force_in_the_customer_s_zone() -> None:
    said = [
        setting("decrease_credit", "none", since="2025-01-01", scope="product", of="office"),
        setting("extra_charge_rate", "0.05", since="2025-01-01", scope="reseller", of="res-1"),
        setting("separate_invoices", True, since="2025-01-01", scope="customer", of="cus-1"),
        setting("rounding", "line", since=AT_THREE_IN_THE_MORNING),
    ]
    known = master(*said)

    assert known.setting("decrease_credit", JANUARY, TOKYO, JANUARY, product="office") == "none"
    assert known.setting("decrease_credit", JANUARY, TOKYO, JANUARY, product="other") == "prorated"
    assert known.setting("extra_charge_rate", JANUARY, TOKYO, JANUARY, reseller="res-1") == Decimal("0.05")
    assert known.setting("separate_invoices", JANUARY, TOKYO, JANUARY, customer="cus-1") is True
    assert known.setting("rounding", JANUARY, TOKYO, JANUARY) == "unit"
    assert known.setting("rounding", FEBRUARY, TOKYO, FEBRUARY) == "line"
    assert known.setting("refund_policy", JANUARY, TOKYO, JANUARY) == "days"
    assert known.setting("refund_policy", JANUARY, TOKYO, JANUARY, nce=True) == "hours"


OFFICE = product_defined(on="2025-01-01", name="Office")
RENAMED = product_defined(on="2025-01-20", name="Office 2025")


@pytest.mark.parametrize(
    ("events", "name"),
    [
        pytest.param([OFFICE, copied("suite", "office", on="2025-01-10")], "Office", id="as what it is a copy of"),
        pytest.param(
            [OFFICE, copied("suite", "office", on="2025-01-10"), RENAMED], "Office", id="as that was when it was copied"
        ),
        pytest.param([RENAMED, OFFICE, copied("suite", "office", on="2025-01-25")], "Office 2025", id="as it was last"),
        pytest.param(
            [OFFICE, copied("pack", "office", on="2025-01-05"), copied("suite", "pack", on="2025-01-10")], "Office",
            id="a copy of a copy",
        ),
        pytest.param(
            [OFFICE, copied("pack", "office", on="2025-01-25"), copied("suite", "pack", on="2025-01-10"),
             product_defined(on="2025-01-02", product="pack", name="Pack")], "Pack",
            id="a copy of what was a copy only afterwards",
        ),
        pytest.param(
            [OFFICE, copied("pack", "office", on="2025-01-02"), copied("pack", "nothing", on="2025-01-03"),
             price("1.00", since="2025-01-04", product="pack"), copied("suite", "pack", on="2025-01-10")], "Office",
            id="a copy of nothing changes nothing",
        ),
        pytest.param(
            [OFFICE, product_defined(on="2025-01-02", product="suite", name="Suite"),
             copied("suite", "nothing", on="2025-01-10")], "Suite", id="it stays what it was without a source",
        ),
        pytest.param(
            [product_defined(on="2025-01-02", product="suite", name="Suite"),
             copied("suite", "suite", on="2025-01-10")],
            "Suite", id="a copy of itself",
        ),
        pytest.param(
            [OFFICE, deleted("office", on="2025-01-05"), copied("suite", "office", on="2025-01-10")], None,
            id="a copy of what is no longer sold",
        ),
        pytest.param(
            [OFFICE, copied("suite", "office", on="2025-01-10"), deleted("office", on="2025-01-11"),
             price("1.00", since="2025-01-12", product="suite")], "Office", id="it outlives what it is a copy of",
        ),
        pytest.param(
            [OFFICE, copied("suite", "office", on="2025-01-10"), deleted("suite", on="2025-01-11"),
             price("1.00", since="2025-01-12", product="suite")], None, id="no longer sold",
        ),
        pytest.param(
            [product_defined(on=AT_THREE_IN_THE_MORNING, product="office", name="At three"),
             product_defined(on="2025-02-01", product="office", name="At midnight"),
             copied("suite", "office", on="2025-01-31T20:00:00Z")], "At three", id="the last one where the customer is",
        ),
        pytest.param(
            [OFFICE, product_defined(on=AT_THREE_IN_THE_MORNING, name="At three"),
             copied("suite", "office", on="2025-02-01")], "Office", id="copied at the customer's midnight",
        ),
        pytest.param(
            [product_defined(on="2025-02-01", name="Office"), copied("suite", "office", on="2025-01-31T16:00:00Z")],
            "Office", id="defined at the customer's midnight",
        ),
        pytest.param(
            [product_defined(on="2025-02-01", name="Office"), copied("pack", "office", on="2025-01-31T16:00:00Z"),
             copied("suite", "pack", on="2025-01-31T17:00:00Z")], "Office", id="and copied twice since",
        ),
    ],
)  # fmt: skip
def test_what_a_product_is(events: list[Event], name: str | None) -> None:
    product = master(*events).product("suite", TOKYO, known_by_end_of(FEBRUARY, TOKYO))

    assert (None if product is None else product.name) == name


def test_a_definition_names_its_day_and_its_event_a_copy_those_of_the_copying() -> None:
    known = master(
        product_defined(on="2025-01-01"),
        copied("suite", "office", on=AT_THREE_IN_THE_MORNING),
        product_defined(on=AT_THREE_IN_THE_MORNING, product="pack"),
    )
    limit = known_by_end_of(FEBRUARY, TOKYO)

    assert known.definition("suite", TOKYO, limit) == KnownProduct(ProductDefined(), FEBRUARY, Ref("urn:test", "2"))
    assert known.definition("pack", TOKYO, limit) == KnownProduct(ProductDefined(), FEBRUARY, Ref("urn:test", "3"))


def test_what_the_facts_are_about_is_kept_apart_by_kind() -> None:
    known = master(ordered(1, on="2025-01-01", reseller="res-1"))

    assert list(known.subscriptions) == ["sub-1"]
    assert list(known.customers) == ["cus-1"]
    assert (dict(known.resellers), dict(known.products), list(known.organisation)) == ({}, {}, [])
    assert (dict(master().customers), dict(master().subscriptions)) == ({}, {})
