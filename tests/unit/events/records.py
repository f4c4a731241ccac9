"""Records as upstream systems write them, for the tests of reading."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Record = tuple[bytes | None, bytes, list[tuple[str, bytes | None]]]
JsonObject = dict[str, Any]
Mode = Callable[[JsonObject], Record]

LICENSES: JsonObject = {"subscription_id": "sub-1", "customer_id": "cus-1", "quantity": 8}

# The example of the contract, as it stands there.
ORDER: JsonObject = {
    "order_id": "ord-1",
    "currency": "EUR",
    "reseller": {"id": "res-1", "name": "Aegean Cloud", "tax_rate": "0.24"},
    "customer": {
        "id": "cus-1",
        "name": "Contoso",
        "time_zone": "Europe/Athens",
        "tax_rate": "0.24",
        "billing_day": 1,
        "partial_charges_invoicing": "billing_day",
        "separate_invoices": False,
        "extra_charge_rate": "0",
    },
    "items": [
        {
            "item_id": "1",
            "subscription_id": "sub-1",
            "product": {"id": "o365-business", "name": "Office 365 Business", "vendor": "microsoft"},
            "quantity": 5,
            "unit_price": "10.00",
            "unit_cost": "8.00",
            "term": "P1M",
            "billing_frequency": "P1M",
            "charge": "upfront",
            "anchor": "billing_day",
            "free_period": True,
            "price_protection_months": 12,
            "usage_charge_rule": "per_day",
            "auto_renew": True,
        }
    ],
}


def envelope(event_type: str = "LicensesChanged", data: object = None, **attributes: object) -> JsonObject:
    """A CloudEvent as one JSON object; an attribute given as None is left out."""
    whole = {
        "specversion": "1.0",
        "id": "e-1",
        "source": "urn:upstream",
        "type": event_type,
        "time": "2026-01-15T10:00:00+02:00",
        "data": LICENSES if data is None else data,
    } | attributes
    return {name: value for name, value in whole.items() if value is not None}


def structured(whole: object) -> Record:
    content_type: list[tuple[str, bytes | None]] = [("content-type", b"application/cloudevents+json; charset=UTF-8")]
    return b"cus-1", json.dumps(whole).encode(), content_type


def binary(whole: JsonObject) -> Record:
    headers: list[tuple[str, bytes | None]] = [
        (f"ce_{name}", str(value).encode()) for name, value in whole.items() if name != "data"
    ]
    return b"cus-1", json.dumps(whole["data"]).encode(), [*headers, ("content-type", b"application/json")]
