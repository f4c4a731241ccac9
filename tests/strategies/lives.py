"""Lives: histories in which everything happens that a subscription can live through, as events in any order.

Where `histories` are mostly changes of seats, these have trials, windows, add-ons, conversions, next terms, switched
plans, edited prices, unbilled suspensions, moved billing days and products that are defined, copied and deleted. Much
of it the rules refuse: a refusal has to be the same everywhere, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from hypothesis import strategies as st

from tests.strategies.histories import FIRST_DAY, OTHER_SOURCE, SOURCE, Event, History

_CUSTOMERS: Final = ("cus-1", "cus-2")
_RESELLERS: Final = ("res-1", "res-2")
_PRODUCTS: Final = ("pro-1", "pro-2", "pro-3")
# Orders begin by then, so that terms of a year renew before the end of 2026.
_LAST_START: Final = date(2025, 9, 30)

_PRICES = st.sampled_from(["10.00", "11.00", "120.00", "99.99", "3600.00"])
_QUANTITIES = st.integers(1, 9)
# Days after the start on which something becomes known; a few before it.
_AFTER = st.sampled_from([0, 1, 3, 14, 28, 31, 45, 59, 90, 180, 364, 365, 366, 400]) | st.integers(-5, 450)
_HOURS = st.sampled_from(["T00:00:00Z", "T09:30:00Z", "T22:30:00Z", "T23:59:59Z"])
_MONTHLY: Final = {"term": "P1M"}
_YEARLY_PLAN: Final = {"term": "P1Y", "billing_frequency": "P1M"}
_TERMS: Final[Sequence[Event]] = (
    {},
    {},
    {"free_period": True, "price_protection_months": 12},
    {"bill_while_suspended": False},
    {"price_protection_months": 3},
    {"charge": "arrears"},
    {"term": "P1Y"},
    {"term": "P1Y", "auto_renew": False},
    {**_YEARLY_PLAN},
    {**_YEARLY_PLAN, "anchor": "billing_day"},
    {**_YEARLY_PLAN, "auto_renew": False},
    {"term": "P3Y", "billing_frequency": "P1M"},
    {"term": "P3Y", "billing_frequency": "P1Y"},
    {"nce": True},
    {"nce": True, "term": "P1Y"},
    {"nce": True, **_YEARLY_PLAN},
    {"nce": True, "term": "P3Y", "billing_frequency": "P1M"},
    {"pricing": {"rule": "discount", "rate": "0.10"}},
    {"pricing": {"rule": "markup", "rate": "0.20"}},
)
_CUSTOMER_SAYS: st.SearchStrategy[Event] = st.fixed_dictionaries(
    {},
    optional={
        "time_zone": st.sampled_from(["UTC", "Europe/Athens", "America/New_York"]),
        "billing_day": st.sampled_from([1, 15, 31]),
        "partial_charges_invoicing": st.sampled_from(["billing_day", "order_day"]),
        "separate_invoices": st.booleans(),
        "tax_rate": st.sampled_from(["0", "0.24"]),
    },
)
_ITEM_SAYS = st.fixed_dictionaries(
    {"quantity": _QUANTITIES, "unit_price": _PRICES},
    optional={"unit_cost": st.just("5.00"), "user_price": st.booleans()},
)
_OF_SUBSCRIPTION: Final[dict[str, st.SearchStrategy[Event]]] = {
    "LicensesChanged": st.fixed_dictionaries(
        {"quantity": _QUANTITIES},
        optional={"billing": st.sampled_from(["normal", "none"]), "keeps_next_term": st.booleans()},
    ),
    "SubscriptionCanceled": st.fixed_dictionaries(
        {"mode": st.sampled_from(["immediate", "end_of_cycle", "end_of_term"])}
    ),
    "SubscriptionSuspended": st.just({}),
    "SubscriptionReactivated": st.just({}),
    "AutoRenewChanged": st.fixed_dictionaries({"auto_renew": st.booleans()}),
    "PricingEdited": st.fixed_dictionaries(
        {"applies": st.sampled_from(["next_term", "current_cycle"])},
        optional={
            "unit_price": _PRICES,
            "pricing": st.just({"rule": "discount", "rate": "0.15"}),
            "protected_price": _PRICES,
        },
    ),
    "PriceProtectionActivated": st.just({}),
    "SubscriptionConverted": st.fixed_dictionaries(
        {"product": st.sampled_from(_PRODUCTS).map(lambda product: {"id": product}), "unit_price": _PRICES},
        optional={"quantity": _QUANTITIES, "price_protection_months": st.just(12), "auto_renew": st.booleans()},
    ).flatmap(
        lambda said: st.sampled_from([{}, {}, _MONTHLY, _YEARLY_PLAN, {"anchor": "order_day"}]).map(
            lambda terms: {**said, **terms}
        )
    ),
    "BillingPlanChanged": st.fixed_dictionaries({"billing_frequency": st.sampled_from(["P1M", "P1Y"])}),
    "NextTermScheduled": st.fixed_dictionaries(
        {},
        optional={
            "quantity": _QUANTITIES,
            "term": st.sampled_from(["P1M", "P1Y"]),
            "billing_frequency": st.just("P1M"),
        },
    ),
    "NextTermDiscarded": st.just({}),
    "ProvisioningFailed": st.just({"reason": "no licences left"}),
}
_DATED: Final = {
    "LicensesChanged",
    "SubscriptionCanceled",
    "SubscriptionSuspended",
    "SubscriptionReactivated",
    "SubscriptionConverted",
}
_LISTED = st.sampled_from([("P1M", "P1M"), ("P1Y", "P1Y"), ("P1Y", "P1M"), ("P3Y", "P1M")])
_SETTINGS: st.SearchStrategy[Event] = st.sampled_from(
    (
        {"scope": "organisation", "key": "price_change_applies", "value": "immediately"},
        {"scope": "organisation", "key": "est_enabled", "value": True},
        {"scope": "organisation", "key": "rounding", "value": "line"},
        {"scope": "product", "scope_id": "pro-2", "key": "refund_policy", "value": "none"},
        {"scope": "product", "scope_id": "pro-3", "key": "decrease_credit", "value": "none"},
        {"scope": "product", "scope_id": "pro-3", "key": "bill_while_suspended", "value": False},
        {"scope": "product", "scope_id": "pro-1", "key": "change_window_hours", "value": 48},
    )
)
_PRODUCT_SAYS: st.SearchStrategy[Event] = st.sampled_from(
    [{}, {"price_protection_months": 6}, {"bill_while_suspended": False}]
)
_HAPPENS = st.sampled_from(
    (
        *_OF_SUBSCRIPTION,
        *("SubscriptionConverted", "SubscriptionConverted", "SubscriptionCanceled"),
        *("LicensesChanged", "LicensesChanged"),
        *("PriceChanged", "PriceChanged", "ProductDefined", "ProductCopied", "ProductDeleted", "SettingChanged"),
        *("CustomerChanged", "CustomerChanged", "OrderDeleted"),
    )
)


@st.composite
def lives(draw: st.DrawFn, max_subscriptions: int = 4, max_changes: int = 12) -> History:
    """Up to `max_subscriptions` orders, add-ons among them, with up to `max_changes` later events in all."""
    count = draw(st.integers(2, max_subscriptions))
    starts = draw(st.lists(st.dates(FIRST_DAY, _LAST_START), min_size=count, max_size=count))
    said = [_order(draw, number, began, count) for number, began in enumerate(starts, 1)]
    for _ in range(draw(st.integers(2, max_changes))):
        number = draw(st.integers(1, count))
        said.append(_change(draw, number, starts[number - 1] + timedelta(days=draw(_AFTER))))
    sources = st.sampled_from([SOURCE, SOURCE, OTHER_SOURCE])
    return [{"id": str(number), "source": draw(sources)} | event for number, event in enumerate(said, 1)]


def _customer_of(number: int) -> str:
    """Add-ons belong to the other customer at times: then they lie in another partition than what they are added to."""
    return _CUSTOMERS[number % len(_CUSTOMERS)]


def _order(draw: st.DrawFn, number: int, began: date, count: int) -> Event:
    customer: Event = {"id": _customer_of(number)} | draw(_CUSTOMER_SAYS)
    product: Event = {"id": draw(st.sampled_from(_PRODUCTS))}
    item: Event = {"subscription_id": f"sub-{number}", "product": product}
    item |= draw(_ITEM_SAYS) | draw(st.sampled_from(_TERMS))
    extra = draw(st.sampled_from(["", "", "trial", "end", "parent", "parent"]))
    if extra == "trial":
        item["trial_until"] = (began + timedelta(days=draw(st.integers(0, 40)))).isoformat()
    elif extra == "end":
        item["custom_end"] = (began + timedelta(days=draw(st.integers(0, 400)))).isoformat()
    elif extra == "parent":
        # Sometimes itself, sometimes one that never comes.
        item["parent_subscription_id"] = f"sub-{draw(st.integers(1, count + 1))}"
    data: Event = {"order_id": f"ord-{number}", "currency": "EUR", "customer": customer, "items": [item]}
    if draw(st.booleans()):
        data["reseller"] = {"id": draw(st.sampled_from(_RESELLERS))}
    return {"type": "OrderExecuted", "time": f"{began}{draw(_HOURS)}", "data": data}


def _change(draw: st.DrawFn, number: int, known: date) -> Event:
    kind = draw(_HAPPENS)
    data: Event
    if kind in _OF_SUBSCRIPTION:
        data = {"subscription_id": f"sub-{number}", "customer_id": _customer_of(number)} | draw(_OF_SUBSCRIPTION[kind])
        if kind in _DATED and draw(st.integers(0, 3)) == 3:
            data["effective_at"] = (known + timedelta(days=draw(st.integers(-60, 60)))).isoformat()
    else:
        data = _of_master_data(draw, kind, known, number)
    return {"type": kind, "time": f"{known}{draw(_HOURS)}", "data": data}


def _of_master_data(draw: st.DrawFn, kind: str, known: date, number: int) -> Event:
    products = st.sampled_from(_PRODUCTS)
    effective = (known + timedelta(days=draw(st.integers(-40, 60)))).isoformat()
    if kind == "PriceChanged":
        optional: Mapping[str, st.SearchStrategy[Any]] = {
            "backdate": st.booleans(),
            "term": st.sampled_from(["P1M", "P1Y"]),
            "unit_cost": st.just("6.00"),
        }
        required: Mapping[str, st.SearchStrategy[Any]] = {"product_id": products, "unit_price": _PRICES}
        said: Event = draw(st.fixed_dictionaries(required, optional=optional))
        return {**said, "currency": "EUR", "effective_from": effective}
    if kind == "ProductDefined":
        listed = [
            {"currency": "EUR", "term": term, "billing_frequency": frequency, "unit_price": draw(_PRICES)}
            for term, frequency in draw(st.lists(_LISTED, max_size=3, unique=True))
        ]
        return {"id": draw(products), "prices": listed} | draw(_PRODUCT_SAYS)
    if kind == "ProductCopied":
        return {"product_id": draw(products), "from_product_id": draw(products)}
    if kind == "ProductDeleted":
        return {"product_id": draw(products)}
    if kind == "OrderDeleted":
        return {"order_id": f"ord-{number}", "customer_id": _customer_of(number)}
    if kind == "SettingChanged":
        return {**draw(_SETTINGS), "effective_from": effective}
    moved = {"reseller_id": draw(st.sampled_from(_RESELLERS))} if draw(st.booleans()) else {}
    return {"id": _customer_of(number)} | draw(_CUSTOMER_SAYS) | moved
