"""Of an account's field and its setting the one that was said last holds (rule R0.12).

The customer is in New York: what holds from 02:00 UTC of 1 February on holds on 31 January there.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from shared.billing.history import known_by_end_of
from shared.billing.masterdata import MasterData
from shared.billing.moments import KnownKey, zone
from shared.billing.profiles import CustomerProfile, ResellerProfile
from tests.billing_dsl import Event, customer_changed, customer_registered, facts_from, reseller_changed, setting, told

NEW_YORK = zone("America/New_York")
THE_DAY_BEFORE, JANUARY = date(2025, 1, 30), date(2025, 1, 31)
IN_THE_EVENING = "2025-02-01T02:00:00Z"  # 21:00 of 31 January in New York


def customer(*events: Event) -> CustomerProfile:
    return MasterData.of(facts_from(events)).customer("cus-1", NEW_YORK, known_by_end_of(date(2025, 3, 1), NEW_YORK))


def reseller(*events: Event) -> ResellerProfile:
    return MasterData.of(facts_from(events)).reseller("res-1", NEW_YORK, known_by_end_of(date(2025, 3, 1), NEW_YORK))


def rate(of: str, value: str = "0.09", *, since: str = IN_THE_EVENING, said: str = "2025-01-15") -> Event:
    scope = "customer" if of == "cus-1" else "reseller"
    return setting("extra_charge_rate", value, since=since, scope=scope, of=of) | {"time": said}


OF_CUSTOMER = customer_changed(on="2025-01-01", extra_charge_rate="0.01")
AGAIN_OF_CUSTOMER = customer_changed(on="2025-01-20", extra_charge_rate="0.02")
OTHERWISE_OF_CUSTOMER = customer_changed(on="2025-01-20", name="Acme")
OF_RESELLER = reseller_changed(on="2025-01-01", extra_charge_rate="0.01")
AGAIN_OF_RESELLER = reseller_changed(on="2025-01-20", extra_charge_rate="0.02")
OTHERWISE_OF_RESELLER = reseller_changed(on="2025-01-20", name="Alice")


@pytest.mark.parametrize(
    ("of_customer", "of_reseller", "the_day_before", "that_day"),
    [
        pytest.param([], [], False, False, id="nothing is stated"),
        pytest.param([OF_CUSTOMER], [OF_RESELLER], True, True, id="a field"),
        pytest.param([rate("cus-1")], [rate("res-1")], False, False, id="a setting alone is no field"),
        pytest.param([OF_CUSTOMER, rate("cus-1")], [OF_RESELLER, rate("res-1")], True, False, id="set otherwise since"),
        pytest.param(
            [OF_CUSTOMER, rate("cus-1"), AGAIN_OF_CUSTOMER], [OF_RESELLER, rate("res-1"), AGAIN_OF_RESELLER],
            True, True, id="stated again",
        ),
        pytest.param(
            [OF_CUSTOMER, rate("cus-1"), OTHERWISE_OF_CUSTOMER], [OF_RESELLER, rate("res-1"), OTHERWISE_OF_RESELLER],
            True, False, id="another field is stated",
        ),
        pytest.param(
            [OF_CUSTOMER, rate("cus-1", "banana")], [OF_RESELLER, rate("res-1", "banana")], True, True,
            id="a setting that cannot hold",
        ),
        pytest.param(
            [OF_CUSTOMER, rate("cus-1"), rate("cus-1", since="2025-03-01", said="2025-01-16")],
            [OF_RESELLER, rate("res-1"), rate("res-1", since="2025-03-01", said="2025-01-16")], True, False,
            id="set a second time, for later",
        ),
        pytest.param(
            [OF_CUSTOMER, rate("cus-1"), rate("cus-1", since="2025-01-30", said="2025-01-16")],
            [OF_RESELLER, rate("res-1"), rate("res-1", since="2025-01-30", said="2025-01-16")], False, False,
            id="set a second time, from the day before",
        ),
    ],
)  # fmt: skip
def test_whether_a_field_holds(
    of_customer: list[Event], of_reseller: list[Event], the_day_before: bool, that_day: bool
) -> None:
    for profile in (customer(*of_customer), reseller(*of_reseller)):
        assert profile.states("extra_charge_rate", THE_DAY_BEFORE) is the_day_before
        assert profile.states("extra_charge_rate", JANUARY) is that_day


def test_each_field_is_replaced_by_its_own_setting_only() -> None:
    profile = customer(
        customer_changed(on="2025-01-01", extra_charge_rate="0.01", separate_invoices=True),
        rate("cus-1"),
        setting("separate_invoices", False, since="2025-03-01", scope="customer", of="cus-1") | {"time": "2025-01-16"},
    )

    assert not profile.states("extra_charge_rate", JANUARY)
    assert profile.states("separate_invoices", JANUARY)


def test_fields_that_are_not_stated_again_stay() -> None:
    of_customer = customer(OF_CUSTOMER, OTHERWISE_OF_CUSTOMER).block
    of_reseller = reseller(OF_RESELLER, OTHERWISE_OF_RESELLER).block

    assert (of_customer.name, of_customer.extra_charge_rate) == ("Acme", Decimal("0.01"))
    assert (of_reseller.name, of_reseller.extra_charge_rate) == ("Alice", Decimal("0.01"))


MOVED_AT = datetime(2025, 2, 1, 2, tzinfo=UTC)
BEFORE = told(datetime(2025, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("events", "order", "reseller_id"),
    [
        pytest.param([], BEFORE, "alice", id="the order's"),
        pytest.param([customer_registered(on=IN_THE_EVENING, reseller_id="bob")], BEFORE, "alice", id="registered"),
        pytest.param([customer_changed(on=IN_THE_EVENING, reseller_id="bob")], BEFORE, "bob", id="moved"),
        pytest.param([customer_changed(on=IN_THE_EVENING, reseller_id="bob")], told(MOVED_AT, 2), "alice", id="after"),
        pytest.param([customer_changed(on=IN_THE_EVENING, reseller_id="bob")], told(MOVED_AT), "bob", id="then moved"),
        pytest.param(
            [customer_changed(on=IN_THE_EVENING, reseller_id="bob"), customer_changed(on="2025-02-10", name="Acme")],
            BEFORE, "bob", id="moved, and something else changed",
        ),
        pytest.param(
            [customer_changed(on=IN_THE_EVENING, reseller_id="bob"),
             customer_registered(on="2025-02-10", reseller_id="carol")], BEFORE, "bob", id="registered elsewhere since",
        ),
    ],
)  # fmt: skip
def test_the_reseller_of_a_subscription_is_the_order_s_until_the_customer_moves(
    events: list[Event], order: KnownKey, reseller_id: str
) -> None:
    assert customer(*events).reseller_of("alice", order) == reseller_id
