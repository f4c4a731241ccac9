"""A long history as upstream would have written it: what a replay is measured on. The same for the same numbers.

The mix: 12 % orders (placed, then executed), 80 % changes of licences, 1 % prices, the rest what else happens to a
subscription. It comes in the order in which it happened, so every subscription's events lie spread over the whole log.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import orjson

from shared.events.content import id_of_position
from shared.events.envelope import CloudEvent, to_record
from shared.log.outgoing import Outgoing
from shared.log.topics import topic_of_type

_SOURCE = "urn:upstream:shop"
_BEGAN = date(2025, 1, 1)
_DAYS = 365
_ZONES = ("Europe/Athens", "Europe/Berlin", "UTC", "America/New_York")
# Of a thousand events: those of lifecycle are what the others leave.
_PLACED, _EXECUTED, _PRICES, _LICENCES = 20, 100, 10, 800
_TERMS: tuple[dict[str, object], ...] = (
    {},
    {"free_period": True, "price_protection_months": 12},
    {"term": "P1Y", "billing_frequency": "P1M"},
    {"term": "P1Y", "billing_frequency": "P1Y"},
    {"nce": True, "term": "P1Y", "billing_frequency": "P1M"},
)
_LIFE = ("SubscriptionSuspended", "SubscriptionReactivated", "AutoRenewChanged", "SubscriptionProvisioned")


@dataclass(frozen=True)
class Size:
    """How much: one subscription in ten events, a hundred subscriptions a reseller, four a customer."""

    events: int

    @property
    def subscriptions(self) -> int:
        return max(1, self.events // 10)

    @property
    def resellers(self) -> int:
        return max(1, self.subscriptions // 100)

    @property
    def customers(self) -> int:
        return max(1, self.subscriptions // 4)

    @property
    def products(self) -> int:
        return max(1, min(200, self.subscriptions // 20))


def history(size: Size, seed: int = 7) -> Iterator[Outgoing]:
    """The records of a history of that size, as written to the log; about `size.events` of them."""
    chance = random.Random(seed)
    sold = 0
    sequences: dict[str, int] = {}
    for place in range(size.events):
        day = _BEGAN + timedelta(days=place * _DAYS // size.events)
        at = datetime(day.year, day.month, day.day, 6, tzinfo=UTC) + timedelta(seconds=place % 50_000)
        # Every tenth is an order until all are sold: the stream begins with some of them.
        kind = place % 10
        drawn = chance.randrange(900)
        if kind == 0 or sold == 0:
            event_type, subject, customer, data = _order(sold, size, "OrderExecuted", chance)
            sold += 1
        elif drawn < _PLACED:
            event_type, subject, customer, data = _order(
                chance.randrange(size.subscriptions), size, "OrderPlaced", chance
            )
        elif drawn < _PLACED + _PRICES:
            event_type, subject, customer, data = _price(size, at, chance)
        elif drawn < _PLACED + _PRICES + _LICENCES:
            event_type, subject, customer, data = _licences(chance.randrange(sold), size, chance)
        else:
            event_type, subject, customer, data = _life(chance.randrange(sold), size, chance)
        sequences[subject] = sequence = sequences.get(subject, 0) + 1
        event = CloudEvent(
            id_of_position(f"{event_type} {subject}", place), _SOURCE, event_type, at, orjson.dumps(data), subject,
            partitionkey=customer, sequence=sequence,
        )  # fmt: skip
        key, value, headers = to_record(event)
        yield Outgoing(topic_of_type(event_type).name, key, value, headers)


_Drawn = tuple[str, str, str, dict[str, object]]


def _customer(subscription: int, size: Size) -> str:
    return f"cus-{subscription % size.customers}"


def _order(number: int, size: Size, event_type: str, chance: random.Random) -> _Drawn:
    customer = _customer(number, size)
    reseller = number % size.customers % size.resellers
    product = number % size.products
    data: dict[str, object] = {
        "order_id": f"ord-{number}",
        "currency": "EUR",
        "reseller": {"id": f"res-{reseller}", "name": f"Reseller {reseller}", "tax_rate": "0.24"},
        "customer": {"id": customer, "name": f"Customer {customer}", "time_zone": _ZONES[number % size.customers % 4],
                     "tax_rate": "0.24", "billing_day": 1, "separate_invoices": number % size.customers % 7 == 0},
        "items": [{"item_id": "1", "subscription_id": f"sub-{number}",
                   "product": {"id": f"p-{product}", "name": f"Product {product}", "vendor": "microsoft"},
                   "quantity": chance.randint(1, 50), "unit_price": f"{10 + product % 40}.00", "unit_cost": "8.00",
                   **_TERMS[number % len(_TERMS)]}],
    }  # fmt: skip
    return event_type, f"ord-{number}", customer, data


def _price(size: Size, at: datetime, chance: random.Random) -> _Drawn:
    product = f"p-{chance.randrange(size.products)}"
    since = (at + timedelta(days=30)).date().replace(day=1)
    data: dict[str, object] = {"product_id": product, "currency": "EUR", "unit_price": f"{chance.randint(10, 50)}.50",
            "effective_from": since.isoformat()}  # fmt: skip
    return "PriceChanged", product, product, data


def _licences(subscription: int, size: Size, chance: random.Random) -> _Drawn:
    data: dict[str, object] = {"subscription_id": f"sub-{subscription}", "customer_id": _customer(subscription, size),
            "quantity": chance.randint(1, 80)}  # fmt: skip
    return "LicensesChanged", f"sub-{subscription}", _customer(subscription, size), data


def _life(subscription: int, size: Size, chance: random.Random) -> _Drawn:
    event_type = chance.choice(_LIFE)
    data: dict[str, object] = {"subscription_id": f"sub-{subscription}", "customer_id": _customer(subscription, size)}
    if event_type == "AutoRenewChanged":
        data["auto_renew"] = chance.random() < 0.7
    return event_type, f"sub-{subscription}", _customer(subscription, size), data
