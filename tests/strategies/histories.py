"""Histories: what could have happened to a few subscriptions, as events in the order in which they became known.

Every event has a source and an id, so a history can be shuffled, cut into batches and delivered twice and still be the
same history. Instants come from a small pool: events of the same instant are common, and a tie is where order shows.
Not all that happens is allowed by the rules (a change after a cancellation, a quantity of 0): refusals are part of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from hypothesis import strategies as st

Event = dict[str, Any]
History = list[Event]

FIRST_DAY: Final = date(2025, 1, 1)
LAST_DAY: Final = date(2026, 12, 31)
SOURCE: Final = "urn:test:upstream"
OTHER_SOURCE: Final = "urn:test:other"

_CUSTOMERS: Final = ("cus-1", "cus-2")
_RESELLERS: Final = ("res-1", "res-2")
_PRODUCTS: Final = ("pro-1", "pro-2")

_PRICES = st.sampled_from(["10.00", "11.00", "9.99", "0.35", "120.00", "1000.00", "365.00", 12])
_RATES = st.sampled_from(["0", "0.05", "0.125"])
_BILLING_DAYS = st.sampled_from([1, 1, 15, 28, 29, 30, 31, "last"])
_QUANTITIES = st.integers(1, 12)

# How an item can be billed; the last ones pay in installments.
_ORDINARY: Final[Sequence[Event]] = (
    {},
    {"free_period": True, "price_protection_months": 12},
    {"free_period": True},
    {"price_protection_months": 3},
    {"anchor": "order_day"},
    {"charge": "arrears"},
    {"charge": "one_time"},
    {"usage_charge_rule": "full_period"},
    {"decrease_credit": "none"},
    {"refund_policy": "none"},
    {"refund_policy": "hours"},
    {"bill_while_suspended": False},
    {"term": "P3M"},
    {"term": "P1Y", "auto_renew": False},
    {"term": "P1Y"},
    {"pricing": {"rule": "discount", "rate": "0.10"}},
)
_INSTALLMENTS: Final[Sequence[Event]] = (
    {"term": "P1Y", "billing_frequency": "P1M"},
    {"term": "P1Y", "billing_frequency": "P3M", "anchor": "billing_day"},
    {"term": "P1Y", "billing_frequency": "P1M", "auto_renew": False},
    {"term": "P3Y", "billing_frequency": "P1Y"},
    {"term": "P3Y", "billing_frequency": "P1M", "price_protection_months": 12},
)


@dataclass(frozen=True)
class Sold:
    """A subscription of the history: whose it is, what was sold, and from when."""

    number: int
    customer_id: str
    reseller_id: str | None
    product_id: str
    start: date

    @property
    def subscription_id(self) -> str:
        return f"sub-{self.number}"


# Where a payer is, and what it pays in.
_TAXED: Final[dict[str, st.SearchStrategy[Any]]] = {
    "country": st.sampled_from(["GR", "DE", "US"]),
    "vat_id": st.sampled_from(["EL123456789", "DE123456789", "FR12123456789", "DE1"]),
    "transaction_currency": st.sampled_from(["USD", "EUR"]),
}


def _customer_says() -> st.SearchStrategy[Event]:
    return st.fixed_dictionaries(
        {},
        optional={
            "time_zone": st.sampled_from(["UTC", "Europe/Athens", "America/New_York", "Pacific/Auckland"]),
            "billing_day": _BILLING_DAYS,
            "partial_charges_invoicing": st.sampled_from(["billing_day", "order_day"]),
            "separate_invoices": st.booleans(),
            "extra_charge_rate": _RATES,
            "tax_rate": st.sampled_from(["0", "0.19", "0.24"]),
            "tax_exempt": st.booleans(),
            **_TAXED,
        },
    )


def _moments() -> st.SearchStrategy[str]:
    """A date alone, or an instant: midnight and just before it are where time zones differ."""
    ends = [date(2025, 1, 31), date(2025, 2, 28), date(2025, 3, 30), date(2025, 10, 26), date(2026, 2, 28)]
    days = st.sampled_from(ends) | st.dates(FIRST_DAY, LAST_DAY - timedelta(days=200))
    clock = st.sampled_from([time(0), time(0, 0, 1), time(9, 30), time(21, 59, 59), time(23, 59, 59)])
    instants = st.builds(lambda day, at: datetime.combine(day, at, UTC).isoformat().replace("+00:00", "Z"), days, clock)
    return days.map(date.isoformat) | instants


# Made once: to build a strategy costs more than to draw from it.
_POOLS = st.lists(_moments(), min_size=3, max_size=8)
_CUSTOMER_SAYS = _customer_says()
_RESELLER_SAYS = st.fixed_dictionaries(
    {}, optional={"tax_rate": st.sampled_from(["0", "0.24"]), "extra_charge_rate": _RATES, **_TAXED}
)
_ITEM_SAYS = st.fixed_dictionaries(
    {"quantity": _QUANTITIES, "unit_price": _PRICES},
    optional={"unit_cost": st.just("5.00"), "user_price": st.booleans()},
)
_PRODUCT_SAYS = st.sampled_from(({}, {}, {"tax_type": "book"}, {"tax_type": "exempt"}))
_TERMS = st.sampled_from(_ORDINARY) | st.sampled_from(_INSTALLMENTS)
_CURRENCIES = st.sampled_from(["EUR", "EUR", "EUR", "JPY"])
_SOURCES = st.sampled_from([SOURCE, SOURCE, OTHER_SOURCE])
_PRICE_SAYS = st.fixed_dictionaries(
    {"unit_price": _PRICES}, optional={"backdate": st.booleans(), "term": st.just("P1Y")}
)
_OF_SUBSCRIPTION: Final[dict[str, st.SearchStrategy[Event]]] = {
    "LicensesChanged": st.fixed_dictionaries(
        {"quantity": _QUANTITIES | st.sampled_from([0, 1])}, optional={"billing": st.sampled_from(["normal", "none"])}
    ),
    "SubscriptionCanceled": st.fixed_dictionaries(
        {"mode": st.sampled_from(["immediate", "end_of_cycle", "end_of_term"])}
    ),
    "SubscriptionSuspended": st.just({}),
    "SubscriptionReactivated": st.just({}),
    "AutoRenewChanged": st.fixed_dictionaries({"auto_renew": st.booleans()}),
    "PricingEdited": st.fixed_dictionaries(
        {"applies": st.sampled_from(["next_term", "current_cycle"]), "unit_price": _PRICES}
    ),
    "PriceProtectionActivated": st.just({}),
    "SubscriptionConverted": st.fixed_dictionaries(
        {"product": st.just({"id": "pro-2"}), "unit_price": _PRICES}, optional={"quantity": _QUANTITIES}
    ),
    "SubscriptionProvisioned": st.just({"vendor_subscription_id": "v-1"}),
    "ProvisioningFailed": st.just({"reason": "no licences left"}),
}
_SETTINGS = st.sampled_from(
    (
        ("rounding", "line"),
        ("rounding", "unit"),
        ("price_change_applies", "immediately"),
        ("issue_zero_invoices", True),
        ("free_period_when_started_on_billing_day", True),
        ("seller_country", "GR"),
        ("seller_country", "GR"),
        ("tax_rate.DE", "0.16"),
        ("tax_rate.GR.book", "0.06"),
    )
)
_DATED: Final = {
    "LicensesChanged",
    "SubscriptionCanceled",
    "SubscriptionSuspended",
    "SubscriptionReactivated",
    "SubscriptionConverted",
}
# Licence changes are most of what happens.
_CHANGES = st.sampled_from(
    (
        *["LicensesChanged"] * 8,
        *["PriceChanged"] * 3,
        *["SubscriptionCanceled"] * 2,
        "CustomerChanged",
        "ResellerChanged",
        *["SettingChanged"] * 2,
        "ExchangeRateSet",
        *sorted(set(_OF_SUBSCRIPTION) - {"LicensesChanged", "SubscriptionCanceled"}),
    )
)


@st.composite
def histories(draw: st.DrawFn, max_subscriptions: int = 3, max_changes: int = 8) -> History:
    """Up to `max_subscriptions` orders or imports with up to `max_changes` later events in all."""
    pool = st.sampled_from(draw(_POOLS))
    resellers = {customer: draw(st.sampled_from((None, *_RESELLERS))) for customer in _CUSTOMERS}
    said: list[Event] = []
    sold: list[Sold] = []
    for number in range(1, draw(st.integers(1, max_subscriptions)) + 1):
        began = draw(pool)
        customer_id, product_id = draw(st.sampled_from(_CUSTOMERS)), draw(st.sampled_from(_PRODUCTS))
        sold.append(Sold(number, customer_id, resellers[customer_id], product_id, _day(began)))
        starts = _import if draw(st.integers(0, 9)) == 9 else _order
        said.append({"time": began} | starts(draw, sold[-1]))
    for _ in range(draw(st.integers(0, max_changes))):
        known = draw(pool)
        said.append({"time": known} | _change(draw, draw(st.sampled_from(sold)), _day(known)))
    said.sort(key=lambda event: _day(event["time"]))
    return [_identified(draw, event, number) for number, event in enumerate(said, 1)]


@st.composite
def arrivals(draw: st.DrawFn, history: History) -> list[History]:
    """One way the history can arrive: shuffled, some events more than once, cut into batches."""
    delivered = list(history) + draw(st.lists(st.sampled_from(history), max_size=len(history)))
    shuffled = draw(st.permutations(delivered))
    cuts = sorted(draw(st.sets(st.integers(1, max(1, len(shuffled) - 1)))))
    return [shuffled[start:end] for start, end in zip([0, *cuts], [*cuts, len(shuffled)], strict=True) if start < end]


def _day(moment: str) -> date:
    return date.fromisoformat(moment[:10])


def _shifted(day: date, days: int) -> str:
    return (day + timedelta(days=days)).isoformat()


def _item(draw: st.DrawFn, sold: Sold) -> Event:
    product = {"id": sold.product_id} | draw(_PRODUCT_SAYS)
    names = {"item_id": "1", "subscription_id": sold.subscription_id, "product": product}
    return names | draw(_ITEM_SAYS) | draw(_TERMS)


def _accounts(draw: st.DrawFn, sold: Sold) -> Event:
    accounts: Event = {"customer": {"id": sold.customer_id} | draw(_CUSTOMER_SAYS)}
    if sold.reseller_id is not None:
        accounts["reseller"] = {"id": sold.reseller_id} | draw(_RESELLER_SAYS)
    return accounts


def _order(draw: st.DrawFn, sold: Sold) -> Event:
    data = {"order_id": f"ord-{sold.number}", "currency": draw(_CURRENCIES), "items": [_item(draw, sold)]}
    data |= _accounts(draw, sold)
    if draw(st.integers(0, 4)) == 4:
        data["effective_at"] = _shifted(sold.start, draw(st.integers(-40, 20)))
    return {"type": "OrderExecuted", "data": data}


def _import(draw: st.DrawFn, sold: Sold) -> Event:
    dates = {
        "currency": "EUR",
        "started_at": _shifted(sold.start, -draw(st.integers(0, 300))),
        "billed_by_us_from": sold.start.isoformat(),
    }
    return {"type": "SubscriptionImported", "data": _item(draw, sold) | dates | _accounts(draw, sold)}


def _change(draw: st.DrawFn, sold: Sold, known: date) -> Event:
    """Something that becomes known on `known`: of that subscription, an account, its product or the organisation."""
    event_type = draw(_CHANGES)
    data: Event
    if event_type == "PriceChanged":
        effective = _shifted(known, draw(st.integers(-60, 120)))
        data = {"product_id": sold.product_id, "currency": "EUR", "effective_from": effective} | draw(_PRICE_SAYS)
    elif event_type == "CustomerChanged":
        data = {"id": sold.customer_id} | draw(_CUSTOMER_SAYS)
    elif event_type == "ResellerChanged":
        data = {"id": draw(st.sampled_from(_RESELLERS))} | draw(_RESELLER_SAYS)
    elif event_type == "SettingChanged":
        key, value = draw(_SETTINGS)
        effective = _shifted(known, draw(st.integers(-60, 60)))
        data = {"scope": "organisation", "key": key, "value": value, "effective_from": effective}
    elif event_type == "ExchangeRateSet":
        day = _shifted(known, draw(st.integers(-60, 5)))
        data = {
            "base": draw(_CURRENCIES),
            "quote": "USD",
            "rate": draw(st.sampled_from(["1.0837", "0.0066"])),
            "date": day,
        }
    else:
        data = {"subscription_id": sold.subscription_id, "customer_id": sold.customer_id}
        data |= draw(_OF_SUBSCRIPTION[event_type])
        if event_type in _DATED and draw(st.integers(0, 2)) == 2:
            data["effective_at"] = _shifted(known, draw(st.integers(-60, 60)))
    return {"type": event_type, "data": data}


def _identified(draw: st.DrawFn, event: Event, number: int) -> Event:
    """With source, id and at times a sequence, which means nothing across sources (rule R0.11)."""
    sequence = {"sequence": number} if draw(st.booleans()) else {}
    return {"id": str(number), "source": draw(_SOURCES)} | event | sequence
