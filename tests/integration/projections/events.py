"""Events of upstream systems in a few words, and the records that carry them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from shared.events.envelope import event_of, to_record
from shared.log.records import Record
from shared.log.topics import topic_of_type

# 2026-01-01T00:00:00Z in milliseconds: when the broker takes the first record.
_BEGIN_MS = 1_767_225_600_000


@dataclass(frozen=True)
class Said:
    """An event: type, data, time; `id` is its own unless a test uses one twice."""

    type: str
    data: dict[str, Any]
    time: str
    id: str
    source: str = "upstream"
    version: int = 1

    def record(self, offset: int = 0, partition: int = 0) -> Record:
        attributes = {
            "specversion": "1.0",
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "time": self.time,
            "dataschema": f"urn:seatledger:{self.type}:{self.version}",
            "subject": self.data.get("subscription_id", self.data.get("order_id", self.data.get("product_id"))),
        }
        event = event_of(attributes, json.dumps(self.data).encode(), self.key)
        key, value, headers = to_record(event)
        topic = topic_of_type(self.type).name
        return Record(topic, partition, offset, _BEGIN_MS + offset * 1000, key, value, headers)

    @property
    def key(self) -> bytes:
        name = str(self.data.get("customer_id", self.data.get("product_id", "cus-1")))
        return name.encode()


def order(
    subscription: str, quantity: int = 5, product: str = "office", at: str = "2026-01-10T10:00:00Z", **more: Any
) -> Said:
    """An order of one item; `more` are fields of the item, or id=…, reseller=…"""
    event_id = more.pop("id", None) or f"order-{subscription}"
    reseller = more.pop("reseller", None)
    item = {"subscription_id": subscription, "product": {"id": product}, "quantity": quantity, "unit_price": "10.00"}
    data: dict[str, Any] = {
        "order_id": f"ord-{subscription}",
        "currency": "EUR",
        "customer": {"id": "cus-1"},
        "items": [item | more],
    }
    if reseller is not None:
        data["reseller"] = reseller
    return Said("OrderExecuted", data, at, event_id)


def change(subscription: str, quantity: int, at: str = "2026-02-01T10:00:00Z", id: str | None = None) -> Said:
    """A licence change."""
    data = {"subscription_id": subscription, "customer_id": "cus-1", "quantity": quantity}
    return Said("LicensesChanged", data, at, id or f"change-{subscription}-{quantity}-{at}")


def price(product: str, unit_price: str, at: str = "2026-03-01T10:00:00Z") -> Said:
    """A list price."""
    data = {"product_id": product, "currency": "EUR", "unit_price": unit_price, "effective_from": at[:10]}
    return Said("PriceChanged", data, at, f"price-{product}-{unit_price}-{at}")


def raw(value: bytes | None, topic: str = "subscriptions.events", offset: int = 0, partition: int = 0) -> Record:
    """A record as it comes from somewhere."""
    return Record(topic, partition, offset, _BEGIN_MS, b"key", value, ())


@dataclass
class Log:
    """A log in memory: gives records their offsets."""

    ends: dict[tuple[str, int], int] = field(default_factory=dict)

    def append(self, *said: Said | Record, partition: int = 0) -> list[Record]:
        records = []
        for one in said:
            record = one.record() if isinstance(one, Said) else one
            place = (record.topic, partition)
            offset = self.ends.get(place, 0)
            self.ends[place] = offset + 1
            records.append(
                Record(
                    record.topic, partition, offset, _BEGIN_MS + offset * 1000, record.key, record.value, record.headers
                )
            )
        return records
