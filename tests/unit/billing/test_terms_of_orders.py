"""The terms that an order or an import captures, field by field (R0.12, R2.2, R4.3, R4.6)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

import pytest

from shared.billing.blocks import ItemTerms
from shared.billing.capture import in_installments, terms_of
from shared.billing.founding import is_founding
from shared.billing.masterdata import MasterData
from shared.billing.terms import Refused, Terms
from tests.billing_dsl import (
    Event,
    Json,
    customer_registered,
    event,
    facts_from,
    imported,
    ordered,
    product_defined,
    reseller_changed,
    setting,
)

INSTALLMENTS: Json = {"term": "P1Y", "billing_frequency": "P1M"}
EVERYTHING_OF_ITS_OWN: Json = {
    "usage_charge_rule": "full_period", "decrease_credit": "none", "bill_while_suspended": False
}  # fmt: skip
FREE_AFTER_THE_START = setting("free_period_when_started_on_billing_day", True, since="2025-01-01")


def captured(*events: Event) -> Terms:
    """The terms of the only order or import among the events."""
    facts = facts_from(events)
    (founding,) = [fact for fact in facts if is_founding(fact)]
    return terms_of(founding, MasterData.of(facts))


def order(**item: object) -> Event:
    fields: Json = {"on": "2025-03-01", **item}
    return ordered(1, **fields)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param(
            [order()],
            {"usage_charge_rule": None, "decrease_credit": None, "bill_while_suspended": None, "nce": False,
             "anchor": "billing_day", "term": 1, "frequency": 1, "order_id": "order-of-sub-1", "vendor": None,
             "price_day": date(2025, 3, 1), "protection_months": 0, "custom_end": None, "free_period": False},
            id="nothing stated",
        ),
        pytest.param(
            [order(nce=True)],
            {"usage_charge_rule": "per_day", "decrease_credit": "prorated", "bill_while_suspended": True, "nce": True,
             "anchor": "order_day"},
            id="nce",
        ),
        pytest.param([order(nce=True, **EVERYTHING_OF_ITS_OWN)], EVERYTHING_OF_ITS_OWN, id="nce, its own fields win"),
        pytest.param([order(**EVERYTHING_OF_ITS_OWN)], EVERYTHING_OF_ITS_OWN, id="its own fields"),
        pytest.param([order(nce=True, free_period=True)], {"free_period": False}, id="nce has no free period"),
        pytest.param(
            [order(term="P1Y", custom_end="2025-12-30")],
            {"custom_end": date(2025, 12, 30), "anchor": "order_day", "anchor_day": 31}, id="a custom end",
        ),
        pytest.param(
            [order(term="P1Y", trial_until="2025-03-10", anchor="order_day")], {"anchor_day": 10}, id="after a trial"
        ),
        pytest.param([order(charge="one_time")], {"term": None, "frequency": None}, id="a one-time charge"),
        pytest.param([order(price_protection_months=6)], {"protection_months": 6}, id="protected"),
        pytest.param([order(price_protection_months=6, charge="arrears")], {"protection_months": 0}, id="in arrears"),
        pytest.param([order(price_protection_months=6, user_price=True)], {"protection_months": 0}, id="set by hand"),
        pytest.param(
            [FREE_AFTER_THE_START, order(free_period=True)],
            {"free_period": True, "first_boundary_after_start": True}, id="free, strictly after the start",
        ),
        pytest.param([FREE_AFTER_THE_START, order()], {"first_boundary_after_start": False}, id="not free"),
        pytest.param([order(free_period=True)], {"first_boundary_after_start": False}, id="free, from the start"),
        pytest.param(
            [customer_registered(on="2025-01-01", reseller_id="res-2"), order()], {"reseller_id": "res-2"},
            id="the customer's reseller",
        ),
        pytest.param(
            [customer_registered(on="2025-01-01", reseller_id="res-2"), order(reseller="res-1")],
            {"reseller_id": "res-1"}, id="the order's reseller",
        ),
        pytest.param(
            [reseller_changed(on="2025-01-01", extra_charge_rate="0.05"), order(reseller="res-1", **INSTALLMENTS)],
            {"extra_charge_rate": Decimal("0.05")}, id="the reseller's extra charge",
        ),
        pytest.param(
            [setting("extra_charge_rate", "0.05", since="2025-03-01", scope="customer", of="cus-1"),
             order(**INSTALLMENTS)],
            {"extra_charge_rate": Decimal("0.05")}, id="an extra charge from that day on",
        ),
        pytest.param(
            [setting("extra_charge_rate", "0.05", since="2025-03-02", scope="customer", of="cus-1"),
             order(**INSTALLMENTS)],
            {"extra_charge_rate": Decimal(0)}, id="an extra charge from the next day on",
        ),
        pytest.param(
            [imported(1, started="2024-06-10", billed_from="2025-03-01", protected_price="9.00",
                      protected_until="2025-06-10")],
            {"order_id": None, "start": date(2024, 6, 10), "price_day": date(2025, 3, 1),
             "billed_from": date(2025, 3, 1),
             "protected_price": Decimal("9.00"), "protected_until": date(2025, 6, 10)}, id="an import",
        ),
    ],
)  # fmt: skip
def test_what_is_captured(events: list[Event], expected: Json) -> None:
    terms = captured(*events)

    assert {name: getattr(terms, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("item", "accepted"),
    [
        ({"trial_until": "2025-03-01"}, True),
        ({"trial_until": "2025-02-28"}, False),
        ({"term": "P1Y", "custom_end": "2025-03-01"}, True),
        ({"term": "P1Y", "custom_end": "2025-02-28"}, False),
        ({"term": "P1Y", "custom_end": "2026-02-28"}, True),
        ({"term": "P1Y", "custom_end": "2026-03-01"}, False),
        ({"charge": "one_time", "trial_until": "2025-03-10"}, False),
        ({"charge": "one_time", "custom_end": "2025-03-10"}, False),
        ({"charge": "one_time", "term": "P1M", "billing_frequency": "P1Y"}, True),
        ({"free_period": True}, True),
        ({"free_period": True, "charge": "arrears"}, False),
        ({"free_period": True, "term": "P1Y"}, False),
        ({"free_period": True, "anchor": "order_day"}, False),
        ({"term": "P3M", "billing_frequency": "P2M"}, False),
    ],
)
def test_what_can_be_billed(item: Json, accepted: bool) -> None:
    if accepted:
        assert captured(order(**item)).start == date(2025, 3, 1)
        return
    with pytest.raises(Refused, match=r"sub-1|does not divide"):
        captured(order(**item))


@pytest.mark.parametrize(
    ("stated", "are"),
    [
        (ItemTerms(), False),
        (ItemTerms(term=12), False),
        (ItemTerms(term=12, billing_frequency=1), True),
        (ItemTerms(term=12, billing_frequency=5), False),
        (ItemTerms(term=12, billing_frequency=1, charge="one_time"), False),
        (ItemTerms(term=12, billing_frequency=1, charge="arrears"), True),
    ],
)
def test_what_is_billed_in_installments(stated: ItemTerms, are: bool) -> None:
    assert in_installments(stated) is are


@pytest.fixture
def machine_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    def move(zone: str) -> None:
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield move
    monkeypatch.undo()
    time.tzset()


def test_the_zone_of_the_machine_changes_nothing(machine_in: Callable[[str], None]) -> None:
    # At 10:30Z it is the next day already in Kiritimati, and still the day before in Pago Pago.
    known_by_then = {"value": "0.05", "effective_from": "2025-03-01T10:15:00Z", "scope": "customer",
                     "scope_id": "cus-1", "key": "extra_charge_rate"}  # fmt: skip
    free = {"value": True, "effective_from": "2025-03-01T10:15:00Z", "scope": "organisation",
            "key": "free_period_when_started_on_billing_day"}  # fmt: skip
    histories = [
        [product_defined(on="2025-03-01", vendor="panda"), customer_registered(on="2025-03-01", billing_day=10),
         order(on="2025-03-01T10:30:00Z")],
        [product_defined(on="2025-03-01", vendor="panda"), customer_registered(on="2025-03-01", billing_day=10),
         product_defined(on="2025-03-02", vendor="microsoft"), order()],
        [customer_registered(on="2025-03-01", time_zone="Pacific/Auckland"), order(on="2025-03-01T10:45:00Z")],
        [event("SettingChanged", "2025-03-01T10:15:00Z", known_by_then),
         order(on="2025-03-01T10:30:00Z", **INSTALLMENTS)],
        [event("SettingChanged", "2025-03-01T10:15:00Z", free), order(on="2025-03-01T10:30:00Z", free_period=True)],
    ]  # fmt: skip

    found = []
    for zone in ("UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"):
        machine_in(zone)
        found.append([captured(*events) for events in histories])

    assert found == [found[0]] * 3
    assert [terms.vendor for terms in found[0]] == ["panda", "panda", None, None, None]
    assert found[0][3].extra_charge_rate == Decimal("0.05")
