"""The stream of the demonstration: every event, in the order of arrival. Pure, and the same for the same last day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from random import Random
from typing import Final

from services.demo.catalogue import OFFERS, Json
from services.demo.customers import RESELLERS, Histories
from services.demo.days import example_year, first_day
from services.demo.example import RECIPIENT, release_notes, sold_in
from services.demo.mishaps import mishaps

# Another seed is another year of the same customers; this one is what the documentation shows.
_SEED: Final = 20
_SOURCE: Final = "urn:seatledger:demo"
# So many events arrive before the one that happened before them, as between systems that do not wait for each other.
_OUT_OF_ORDER: Final = 12


def source(last: date) -> str:
    """The source of the stream's events, which tells the streams of different last days apart."""
    return f"{_SOURCE}:{last.isoformat()}"


def last_day_of(source_: str) -> date | None:
    """The last day of the stream that a source belongs to; None for the events of others."""
    prefix, _, day = source_.rpartition(":")
    return date.fromisoformat(day) if prefix == _SOURCE else None


def stream(last: date) -> list[Json]:
    """CloudEvents with all they need, as JSON objects, in the order in which they are sent."""
    random = Random(_SEED)
    histories = Histories(random, last)
    year = example_year(last)
    short = [*_billing_plans(last), *_catalogue(last), sold_in(year), *release_notes(year), *mishaps(last)]
    for reseller in RESELLERS:
        short += histories.of(reseller)
    # Stable: events of the same minute stay in the order in which they were made up.
    short.sort(key=lambda event: str(event["time"]))
    events = [
        {"specversion": "1.0", "id": str(number), "source": source(last), "sequence": number, **event}
        for number, event in enumerate(short, 1)
    ]
    for place in random.sample(range(len(OFFERS) + 1, len(events) - 1), _OUT_OF_ORDER):
        events[place], events[place + 1] = events[place + 1], events[place]
    return events


def _billing_plans(last: date) -> list[Json]:
    """Orders made here may choose billing plans: the organisation and every account says so (rule R4.2)."""
    since = f"{first_day(last) - timedelta(days=7)}T05:00:00Z"
    accounts = [("reseller", RECIPIENT), *(account for reseller in RESELLERS for account in reseller.accounts)]
    said: Json = {"key": "billing_plans_enabled", "value": True, "effective_from": since}
    scopes: list[Json] = [{"scope": "organisation"}]
    scopes += [{"scope": scope, "scope_id": one} for scope, one in accounts]
    return [{"type": "SettingChanged", "time": since, "data": {**scope, **said}} for scope in scopes]


def _catalogue(last: date) -> list[Json]:
    """Every product as the year begins, and what is dearer from the middle of it on."""
    first = first_day(last)
    known, raised = first - timedelta(days=7), first + timedelta(days=182)
    defined: list[Json] = [
        {"type": "ProductDefined", "time": f"{known}T06:00:00Z", "data": offer.defined()} for offer in OFFERS
    ]
    prices: list[Json] = [
        {"type": "PriceChanged", "time": f"{raised - timedelta(days=30)}T06:00:00Z", "data": data}
        for offer in OFFERS
        for data in offer.raises(raised.isoformat())
    ]
    return defined + prices


def subscriptions(events: Iterable[Json]) -> list[str]:
    """The ids of the subscriptions that a stream speaks of, in order."""
    found: set[str] = set()
    for event in events:
        data = event["data"]
        assert isinstance(data, dict)
        found.update(
            str(item["subscription_id"]) for item in (data, *data.get("items", ())) if "subscription_id" in item
        )
    return sorted(found)


def time_zones(events: Iterable[Json]) -> dict[str, str]:
    """The IANA time zone of the customer of each subscription that the stream's orders and imports bring."""
    found: dict[str, str] = {}
    for event in events:
        data = event["data"]
        assert isinstance(data, dict)
        zone = data.get("customer", {}).get("time_zone")
        found |= {
            str(item["subscription_id"]): zone
            for item in (data, *data.get("items", ()))
            if zone and "subscription_id" in item
        }
    return found
