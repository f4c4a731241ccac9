"""Days are those of the customer's zone (rules R0.8, R0.11): the zone that the machine runs in changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from tests.billing_dsl import (
    Event,
    Json,
    Outcome,
    canceled,
    customer_changed,
    customer_registered,
    event,
    exchange_rate,
    given,
    imported,
    of,
    ordered,
    price,
    product_defined,
    reseller_changed,
    seats,
    suspended,
)

# At 10:30Z it is the next day already in Kiritimati, fourteen hours ahead, and still the day before in Pago Pago.
AHEAD, BEHIND = "Pacific/Kiritimati", "Pacific/Pago_Pago"
HALF_PAST = "T10:30:00Z"
BEFORE_THAT = "T10:15:00Z"
ON_THE_DAY: Json = {"id": "cus-1", "partial_charges_invoicing": "order_day"}
BY_MARGIN: Json = {"rule": "margin", "rate": "0.5"}
INSTALLMENTS: Json = {"term": "P1Y", "billing_frequency": "P1M"}
EXTRA = {"scope": "customer", "scope_id": "cus-1", "key": "extra_charge_rate"}


@pytest.fixture
def machine_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    def move(zone: str) -> None:
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield move
    monkeypatch.undo()
    time.tzset()


def listed(**fields: object) -> Json:
    return {"currency": "EUR", "term": "P1M", "billing_frequency": "P1M", "unit_price": "10.00", **fields}


def set_at(moment: str, value: object, **of: object) -> Event:
    return event("SettingChanged", moment, {"value": value, "effective_from": moment, **of})


def seen(result: Outcome) -> Json:
    return {
        "documents": result.json,
        "rejected": result.rejected,
        "subscriptions": result.subscriptions,
        "plans": result.plans,
    }


@pytest.mark.parametrize(
    ("events", "until"),
    [
        pytest.param(
            [product_defined(on="2025-03-01", prices=[listed(unit_cost="5.00")], vendor="microsoft"),
             customer_registered(on="2025-03-01", billing_day=10),
             ordered(1, on=f"2025-03-01{HALF_PAST}", pricing=BY_MARGIN),
             seats(2, on=f"2025-03-20{HALF_PAST}"), canceled(on=f"2025-04-20{HALF_PAST}")],
            "2025-05-10", id="an order, of what is known when it comes",
        ),
        pytest.param(
            [customer_registered(on="2025-03-01", time_zone=AHEAD), ordered(1, on=f"2025-03-01{HALF_PAST}"),
             seats(2, on="2025-03-20")],
            "2025-04-02", id="a customer's zone that was registered by a date",
        ),
        pytest.param(
            [customer_registered(on=f"2025-03-01{BEFORE_THAT}", time_zone=AHEAD), ordered(1, on="2025-03-01"),
             seats(2, on=f"2025-03-20{HALF_PAST}")],
            "2025-04-02", id="a customer's zone that was registered after an order by a date",
        ),
        pytest.param(
            [event("SettingChanged", f"2025-03-01{BEFORE_THAT}",
                   {"scope": "organisation", "key": "free_period_when_started_on_billing_day", "value": True,
                    "effective_from": "2025-03-01"}),
             ordered(1, on=f"2025-03-01{HALF_PAST}", free_period=True)],
            "2025-04-01", id="a setting that an order captures",
        ),
        pytest.param(
            [set_at("2025-03-01", "0.05", **EXTRA), ordered(1, "120.00", on=f"2025-03-01{HALF_PAST}", **INSTALLMENTS)],
            "2025-03-01", id="an extra charge that an order captures",
        ),
        pytest.param(
            [set_at(f"2025-03-01{BEFORE_THAT}", "0.05", **EXTRA),
             ordered(1, "120.00", on=f"2025-03-01{HALF_PAST}", **INSTALLMENTS),
             set_at(f"2026-03-01{BEFORE_THAT}", "0.07", **EXTRA)],
            "2026-03-01", id="an extra charge that is set",
        ),
        pytest.param(
            [ordered(1, "120.00", on=f"2025-03-01{HALF_PAST}", reseller={"id": "res-1", "extra_charge_rate": "0.05"},
                     **INSTALLMENTS),
             reseller_changed(on=f"2026-03-01{BEFORE_THAT}", extra_charge_rate="0.06"),
             reseller_changed(on="2026-03-02", extra_charge_rate="0.07")],
            "2026-03-01", id="the extra charge of a reseller at the renewal",
        ),
        pytest.param(
            [ordered(1, "120.00", on="2025-03-01", **INSTALLMENTS),
             customer_changed(on="2026-03-02", extra_charge_rate="0.07")],
            "2026-03-01", id="the extra charge of a customer after the renewal",
        ),
        pytest.param(
            [ordered(1, on="2025-03-01"), price("11.00", since="2025-04-01", known="2025-03-20"),
             price("12.00", since="2025-04-01", known="2025-03-19T23:00:00Z"),
             price("13.00", since="2025-05-01", known=f"2025-05-01{HALF_PAST}")],
            "2025-05-01", id="list prices, the last that came",
        ),
        pytest.param(
            [product_defined(on="2025-01-01", price_protection_months=1), ordered(1, on="2025-03-01"),
             price("11.00", since="2025-03-10"), product_defined(on="2025-04-02", price_protection_months=3)],
            "2025-04-01", id="protection that is locked again",
        ),
        pytest.param(
            [ordered(1, on="2025-03-01", anchor="order_day", customer=ON_THE_DAY),
             customer_registered(on="2025-03-15", billing_day=20),
             of("SubscriptionConverted", f"2025-03-15{HALF_PAST}", product={"id": "suite"}, unit_price="30.00",
                anchor="billing_day")],
            "2025-04-20", id="a conversion to the billing day",
        ),
        pytest.param(
            [ordered(1, on="2025-03-01", anchor="order_day", customer=ON_THE_DAY),
             customer_registered(on=f"2025-03-15{BEFORE_THAT}", billing_day=20),
             of("SubscriptionConverted", "2025-03-15", product={"id": "suite"}, unit_price="30.00",
                anchor="billing_day")],
            "2025-04-20", id="a conversion before the customer has a billing day",
        ),
        pytest.param(
            [ordered(1, on="2025-03-01", customer=ON_THE_DAY), set_at(f"2025-03-15{BEFORE_THAT}", "0.05", **EXTRA),
             of("SubscriptionConverted", f"2025-03-15{HALF_PAST}", product={"id": "suite"}, unit_price="120.00",
                **INSTALLMENTS)],
            "2025-04-15", id="a conversion to installments",
        ),
        pytest.param(
            [ordered(1, "120.00", on="2025-03-01", customer=ON_THE_DAY, **INSTALLMENTS),
             seats(2, on="2025-03-10", known="2025-03-10"), seats(3, on=f"2025-03-20{HALF_PAST}")],
            "2025-04-01", id="seats of a plan",
        ),
        pytest.param(
            [ordered(9, on="2025-03-08T12:00:00Z", nce=True),
             event("SettingChanged", f"2025-03-10{BEFORE_THAT}",
                   {"scope": "product", "scope_id": "office", "key": "change_window_hours", "value": 24,
                    "effective_from": "2025-03-01"}),
             seats(7, on=f"2025-03-10{HALF_PAST}"), suspended(on=f"2025-03-12{HALF_PAST}")],
            "2025-04-08", id="a window that is set",
        ),
        pytest.param(
            [exchange_rate("1.10", on="2025-03-01", known="2025-02-20"),
             exchange_rate("1.20", on="2025-03-01", known="2025-02-19T23:00:00Z"),
             exchange_rate("1.30", on="2025-04-01", known=f"2025-04-01{HALF_PAST}"),
             ordered(1, on="2025-03-01", customer={"id": "cus-1", "transaction_currency": "USD"})],
            "2025-04-01", id="exchange rates",
        ),
        pytest.param(
            [ordered(1, on="2025-03-01", sub="base"), ordered(1, on="2025-03-02", parent_subscription_id="base"),
             canceled(on=f"2025-03-20{HALF_PAST}", sub="base")],
            "2025-03-20", id="an add-on and its parent",
        ),
        pytest.param(
            [imported(1, started=f"2024-06-10{HALF_PAST}", billed_from="2025-03-01", known=f"2025-03-01{HALF_PAST}"),
             customer_changed(on=f"2025-03-10{HALF_PAST}", billing_day=20)],
            "2025-04-20", id="an import, and another billing day",
        ),
    ],
)  # fmt: skip
def test_the_zone_of_the_machine_changes_nothing(
    events: list[Event], until: str, machine_in: Callable[[str], None]
) -> None:
    found = []
    for zone in ("UTC", AHEAD, BEHIND):
        machine_in(zone)
        found.append(seen(given(*events).until(until)))

    assert found[0]["documents"]
    assert found == [found[0]] * 3
