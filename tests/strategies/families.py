"""Families: an add-on, what it is an add-on of and what is above that, each in a zone of its own, over two months.

What happens comes at instants around midnight somewhere, so that it is another day for each of them; and now and then
one of them is ordered a second time, in yet another zone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from hypothesis import strategies as st

from tests.strategies.histories import OTHER_SOURCE, SOURCE, Event, History

FIRST: Final = date(2025, 1, 1)
LAST: Final = date(2025, 3, 20)

_ZONES = st.sampled_from(["UTC", "America/New_York", "Pacific/Auckland", "Europe/Athens"])
# Hours of the day in UTC: the evening before in New York, the next morning in Auckland and in Athens.
_CLOCK = st.sampled_from(["T02:00:00Z", "T14:00:00Z", "T22:30:00Z", "T00:00:00Z", "T23:59:59Z", ""])
_ORDERED = st.integers(0, 9)
_SEATS = st.integers(1, 5)
_HAPPENED = st.integers(10, 60)
_TERMS: Final[Sequence[Event]] = (
    {},
    {"anchor": "order_day"},
    {"term": "P1Y"},
    {"term": "P1Y", "billing_frequency": "P1M"},
    {"auto_renew": False},
    {"refund_policy": "hours", "change_window_hours": 168},
    {"free_period": True},
)
_KINDS = st.sampled_from(
    (
        *("SubscriptionCanceled", "AutoRenewChanged", "LicensesChanged", "LicensesChanged"),
        *("PriceProtectionActivated", "CustomerChanged", "CustomerChanged", "ProductDefined", "SettingChanged"),
    )
)
_MODES = st.sampled_from(["immediate", "immediate", "end_of_cycle", "end_of_term"])
_WINDOWS = st.sampled_from([24, 168, 720, None])


@st.composite
def families(draw: st.DrawFn) -> History:
    """Two or three subscriptions, each an add-on of the one before it, an end of one above, up to five later events."""
    count = draw(st.integers(2, 3))
    said = [_order(draw, number) for number in range(1, count + 1)]
    if draw(st.integers(0, 4)) == 4:
        said.append(_order(draw, draw(st.integers(1, count))))
    said.append(_change(draw, "SubscriptionCanceled", draw(st.integers(1, count - 1))))
    said += [_change(draw, draw(_KINDS), draw(st.integers(1, count))) for _ in range(draw(st.integers(0, 5)))]
    sources = st.sampled_from([SOURCE, SOURCE, OTHER_SOURCE])
    return [{"id": str(number), "source": draw(sources)} | event for number, event in enumerate(said, 1)]


def _moment(draw: st.DrawFn, days: st.SearchStrategy[int]) -> str:
    return f"{FIRST + timedelta(days=draw(days))}{draw(_CLOCK)}"


def _order(draw: st.DrawFn, number: int) -> Event:
    """An order of the subscription of that number; at times another customer's than those above it."""
    customer: Event = {"id": draw(st.sampled_from(["cus-1", "cus-1", "cus-2"])), "time_zone": draw(_ZONES)}
    customer["partial_charges_invoicing"] = "order_day"
    item: Event = {"subscription_id": f"sub-{number}", "product": {"id": f"pro-{number}"}, "quantity": draw(_SEATS)}
    item |= {"unit_price": draw(st.sampled_from(["10.00", "365.00"]))} | draw(st.sampled_from(_TERMS))
    if number > 1:
        item["parent_subscription_id"] = f"sub-{number - 1}"
    data = {"order_id": f"ord-{number}", "currency": "EUR", "customer": customer, "items": [item]}
    return {"type": "OrderExecuted", "time": _moment(draw, _ORDERED), "data": data}


def _change(draw: st.DrawFn, kind: str, number: int) -> Event:
    known = _moment(draw, _HAPPENED)
    data: Event = {"subscription_id": f"sub-{number}", "customer_id": "cus-1"}
    match kind:
        case "SubscriptionCanceled":
            data["mode"] = draw(_MODES)
        case "AutoRenewChanged":
            data["auto_renew"] = draw(st.booleans())
        case "LicensesChanged":
            data["quantity"] = draw(_SEATS)
        case "CustomerChanged":
            data = {"id": draw(st.sampled_from(["cus-1", "cus-2"])), "billing_day": draw(st.sampled_from([1, 15, 31]))}
            if draw(st.booleans()):
                data["time_zone"] = draw(_ZONES)
        case "ProductDefined":
            data = {"id": f"pro-{number}", "change_window_hours": draw(_WINDOWS)}
        case "SettingChanged":
            said = {"scope": "product", "scope_id": f"pro-{number}", "key": "change_window_hours"}
            data = {**said, "value": draw(_WINDOWS), "effective_from": _day(known)}
    if kind in ("SubscriptionCanceled", "LicensesChanged") and draw(st.integers(0, 2)) == 2:
        data["effective_at"] = _moment(draw, _HAPPENED)
    return {"type": kind, "time": known, "data": data}


def _day(moment: str) -> str:
    return str(datetime.fromisoformat(moment).date())
