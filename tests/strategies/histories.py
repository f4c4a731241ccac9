"""Histories: what could have happened to a few subscriptions, as events in the order in which they became known.

Every event has a source and an id, so a history can be shuffled, cut into batches and delivered twice and still be the
same history. Instants come from a small pool: events of the same instant are common, and a tie is where order shows.
Not all that happens is allowed by the rules (a change after a cancellation, a quantity of 0): refusals are part of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from hypothesis import strategies as st

from tests.strategies import happenings as say
from tests.strategies.stated_settings import settings_said

Event = say.Event
History = list[Event]

FIRST_DAY: Final = date(2025, 1, 1)
LAST_DAY: Final = date(2026, 12, 31)
# What is known by then, and scheduled, is due by the last day.
_LAST_KNOWN: Final = LAST_DAY - timedelta(days=160)
SOURCE: Final = "urn:test:upstream"
OTHER_SOURCE: Final = "urn:test:other"

_CUSTOMERS: Final = ("cus-1", "cus-2")
_RESELLERS: Final = ("res-1", "res-2")


@dataclass(frozen=True)
class Sold:
    """A subscription of the history: whose it is, what was sold, and from when."""

    number: int
    customer_id: str
    reseller_id: str | None
    product_id: str
    began: str
    terms: Event
    parent: str | None = None

    @property
    def subscription_id(self) -> str:
        return f"sub-{self.number}"

    @property
    def start(self) -> date:
        return _day(self.began)


# Around midnight in UTC, where it is another day in other zones.
_CLOCK = st.sampled_from([time(0), time(0, 0, 1), time(9, 30), time(21, 59, 59), time(23, 59, 59)])


def _moments() -> st.SearchStrategy[str]:
    """A date alone, or an instant: midnight and just before it are where time zones differ.

    Around 4 May of 2025 begin the terms that end when extended service terms begin.
    """
    ends = [
        *(date(2025, 1, 31), date(2025, 2, 28), date(2025, 3, 30), date(2025, 10, 26), date(2026, 2, 28)),
        *(date(2025, 5, 3), date(2025, 5, 5), date(2026, 4, 20), date(2026, 5, 4)),
    ]
    days = st.sampled_from(ends) | st.dates(FIRST_DAY, _LAST_KNOWN)
    return days.map(date.isoformat) | st.builds(_at, days, _CLOCK)


def _at(day: date, clock: time) -> str:
    return _instant(datetime.combine(day, clock, UTC))


# Made once: to build a strategy costs more than to draw from it.
_POOLS = st.lists(_moments(), min_size=3, max_size=8)
_SOURCES = st.sampled_from([SOURCE, SOURCE, OTHER_SOURCE])
# How long after the order something happens, in hours: inside a vendor's windows, on their edge, and after them.
_HOURS = st.sampled_from([0, 1, 24, 25, 100, 168, 169])
_DAYS_AFTER = st.sampled_from([0, 1, 9, 20, 30, 31]) | st.integers(0, 500)


@st.composite
def histories(draw: st.DrawFn, max_subscriptions: int = 3, max_changes: int = 8) -> History:
    """Up to `max_subscriptions` orders or imports with up to `max_changes` later events in all.

    Now and then one is ordered a second time: the rules take the order that comes first by their order of facts.
    """
    pool = st.sampled_from(draw(_POOLS))
    resellers = {customer: draw(st.sampled_from((None, *_RESELLERS))) for customer in _CUSTOMERS}
    said: list[Event] = []
    sold: list[Sold] = []
    for number in range(1, draw(st.integers(1, max_subscriptions)) + 1):
        sold.append(_sold(draw, number, draw(pool), sold, resellers))
        starts = _import if draw(st.integers(0, 9)) == 9 else _order
        said.append({"time": sold[-1].began} | starts(draw, sold[-1]))
    if draw(st.integers(0, 7)) == 7:
        again = replace(draw(st.sampled_from(sold)), began=draw(pool), terms=draw(say.terms))
        said.append({"time": again.began} | _order(draw, again))
    # Several of what is drawn: a lot of examples would have next to no changes otherwise.
    for _ in range(max(draw(st.integers(0, max_changes)), draw(st.integers(0, max_changes)))):
        of = draw(st.sampled_from(sold))
        known = _known(draw, of, pool)
        said.append({"time": known} | _change(draw, of, _day(known)))
    said.sort(key=lambda event: _day(event["time"]))
    return [_identified(draw, event, number) for number, event in enumerate(said, 1)]


_CROWDED = st.integers(0, 12 * 24).map(
    lambda hours: _instant(datetime(2025, 1, 28, tzinfo=UTC) + timedelta(hours=hours))
)
_OF_SEATS = st.sampled_from(["LicensesChanged", "LicensesChanged", "SubscriptionConverted", "SubscriptionCanceled"])


@st.composite
def crowded(draw: st.DrawFn) -> History:
    """One subscription in whose first days, from 28 January 2025, a lot happens, mostly to its seats."""
    pool = _CROWDED | _CROWDED.map(lambda moment: moment[:10])
    began = draw(st.sampled_from(["2025-01-31", "2025-01-31T00:00:00Z", "2025-01-31T09:30:00Z"]))
    sold = _sold(draw, 1, began, [], {customer: draw(st.sampled_from((None, *_RESELLERS))) for customer in _CUSTOMERS})
    order: Event = {"time": began} | _order(draw, sold)
    item = order["data"]["items"][0]
    item["quantity"] = draw(st.integers(3, 12))
    if draw(st.booleans()) and "trial_until" not in item:
        item["custom_end"] = _shifted(date(2025, 2, 1), draw(st.integers(0, 40)))
    said = [order]
    for _ in range(draw(st.integers(1, 6))):
        known = draw(pool)
        if draw(st.booleans()):
            event_type = draw(_OF_SEATS)
            data: Event = {"subscription_id": sold.subscription_id, "customer_id": sold.customer_id}
            data |= draw(say.OF_SUBSCRIPTION[event_type])
            data |= {"effective_at": draw(pool)} if draw(st.booleans()) else {}
            said.append({"time": known, "type": event_type, "data": data})
        else:
            said.append({"time": known} | _change(draw, sold, _day(known)))
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


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _after(moment: str, hours: int) -> str:
    """So many hours after a moment; after a date, from its midnight in UTC."""
    return _instant(datetime.fromisoformat(moment).replace(tzinfo=UTC) + timedelta(hours=hours))


def _known(draw: st.DrawFn, of: Sold, pool: st.SearchStrategy[str]) -> str:
    """When a change becomes known: mostly some days after the start, often with others, within hours of the order."""
    way = draw(st.sampled_from(["days", "days", "instant", "pool", "hours"]))
    if way in ("days", "instant"):
        day = min(of.start + timedelta(days=draw(_DAYS_AFTER)), _LAST_KNOWN)
        return day.isoformat() if way == "days" else _at(day, draw(_CLOCK))
    return draw(pool) if way == "pool" else _after(of.began, draw(_HOURS))


def _shifted(day: date, days: int) -> str:
    return (day + timedelta(days=days)).isoformat()


def _sold(draw: st.DrawFn, number: int, began: str, sold: list[Sold], resellers: dict[str, str | None]) -> Sold:
    """What is sold; at times an add-on of what was sold before, to the same customer."""
    terms = draw(say.terms)
    if sold and draw(st.integers(0, 3)) == 3:
        parent = draw(st.sampled_from(sold))
        return replace(parent, number=number, began=began, terms=terms, parent=parent.subscription_id)
    customer_id, product_id = draw(st.sampled_from(_CUSTOMERS)), draw(st.sampled_from([*say.PRODUCTS, say.COPY]))
    return Sold(number, customer_id, resellers[customer_id], product_id, began, terms)


def _item(draw: st.DrawFn, sold: Sold, start: date) -> Event:
    product = {"id": sold.product_id} | draw(say.product_says)
    item = {"item_id": "1", "subscription_id": sold.subscription_id, "product": product}
    item |= draw(say.item_says) | sold.terms
    special = draw(st.integers(0, 9))
    if special == 9:
        item["trial_until"] = _shifted(start, draw(say.trial_days))
    elif special == 8:
        item["custom_end"] = _shifted(start, draw(say.custom_days))
    if sold.parent is not None:
        item["parent_subscription_id"] = sold.parent
    return item


def _accounts(draw: st.DrawFn, sold: Sold) -> Event:
    accounts: Event = {"customer": {"id": sold.customer_id} | draw(say.customer_says)}
    if sold.parent is not None and draw(st.booleans()):
        # Often in another zone than its parent, whose end it has to hear of all the same.
        accounts["customer"]["time_zone"] = draw(say.time_zones)
    if sold.reseller_id is not None:
        accounts["reseller"] = {"id": sold.reseller_id} | draw(say.reseller_says)
    return accounts


def _order(draw: st.DrawFn, sold: Sold) -> Event:
    shift = draw(st.integers(-40, 20)) if draw(st.integers(0, 4)) == 4 else 0
    start = sold.start + timedelta(days=shift)
    data = {"order_id": f"ord-{sold.number}", "currency": draw(say.currencies), "items": [_item(draw, sold, start)]}
    data |= _accounts(draw, sold)
    if shift:
        data["effective_at"] = start.isoformat()
    return {"type": "OrderExecuted", "data": data}


def _import(draw: st.DrawFn, sold: Sold) -> Event:
    start = sold.start - timedelta(days=draw(st.integers(0, 1000)))
    said: Event = {"currency": "EUR", "started_at": start.isoformat(), "billed_by_us_from": sold.start.isoformat()}
    if draw(st.booleans()):
        said |= {"protected_price": draw(say.prices), "protected_until": _shifted(sold.start, 100)}
    return {"type": "SubscriptionImported", "data": _item(draw, sold, start) | said | _accounts(draw, sold)}


def _change(draw: st.DrawFn, sold: Sold, known: date) -> Event:
    """Something that becomes known on `known`: of that subscription, an account, its product or the organisation."""
    event_type = draw(say.kinds_of_long_terms if sold.terms.get("term") == "P3Y" else say.kinds)
    data: Event
    if event_type in say.OF_SUBSCRIPTION:
        data = {"subscription_id": sold.subscription_id, "customer_id": sold.customer_id}
        data |= draw(say.OF_SUBSCRIPTION[event_type])
        if event_type in say.DATED and draw(st.integers(0, 2)) == 2:
            data["effective_at"] = _shifted(known, draw(st.integers(-60, 60)))
    elif event_type == "CustomerChanged":
        data = {"id": sold.customer_id} | draw(say.customer_says)
        if draw(st.integers(0, 3)) == 3:
            data["reseller_id"] = draw(st.sampled_from(_RESELLERS))
    elif event_type == "ResellerChanged":
        data = {"id": draw(st.sampled_from(_RESELLERS))} | draw(say.reseller_says)
    else:
        data = _of_the_catalogue(draw, event_type, sold, known)
    return {"type": event_type, "data": data}


def _of_the_catalogue(draw: st.DrawFn, event_type: str, sold: Sold, known: date) -> Event:
    match event_type:
        case "PriceChanged":
            effective = _shifted(known, draw(st.integers(-60, 120)))
            named = {"product_id": sold.product_id, "currency": "EUR", "effective_from": effective}
            return named | draw(say.price_says)
        case "ProductDefined":
            return {"id": sold.product_id} | draw(say.product_defined)
        case "ProductCopied":
            return {"product_id": say.COPY, "from_product_id": draw(st.sampled_from(say.PRODUCTS))}
        case "ProductDeleted":
            return {"product_id": sold.product_id}
        case "ExchangeRateSet":
            day, rate = _shifted(known, draw(st.integers(-60, 5))), draw(st.sampled_from(["1.0837", "0.0066"]))
            return {"base": draw(say.currencies), "quote": "USD", "rate": rate, "date": day}
        case _:
            scope, key, value = draw(settings_said)
            effective = _shifted(known, draw(st.integers(-60, 60)))
            data: Event = {"scope": scope, "key": key, "value": value, "effective_from": effective}
            ids = {"product": sold.product_id, "customer": sold.customer_id, "reseller": sold.reseller_id or "res-1"}
            return data if scope == "organisation" else data | {"scope_id": ids[scope]}


def _identified(draw: st.DrawFn, event: Event, number: int) -> Event:
    """With source, id and at times a sequence, which means nothing across sources (rule R0.11)."""
    sequence = {"sequence": number} if draw(st.booleans()) else {}
    return {"id": str(number), "source": draw(_SOURCES)} | event | sequence
