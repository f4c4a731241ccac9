"""The release notes' example: what a monthly subscription with a free period and price protection is billed (EX-1)."""

from __future__ import annotations

from typing import Final

from services.demo.catalogue import MICROSOFT, Json, vendors_id

RECIPIENT: Final = "res-release-notes"
SUBSCRIPTION: Final = "sub-release-notes"
_CUSTOMER: Final = "cus-release-notes"
_PRODUCT: Final = "o365-business"
_NAME: Final = "Office 365 Business"


def sold_in(year: int) -> Json:
    """What the catalogue says of its product a week before the order, so that it can be ordered here as well.

    No part of the example: that is billed the same without it.
    """
    price: Json = {"currency": "EUR", "term": "P1M", "billing_frequency": "P1M", "unit_price": "10.00"}
    product: Json = {
        "id": _PRODUCT, "name": _NAME, "vendor": MICROSOFT, "term": "P1M", "billing_frequency": "P1M",
        "free_period": True, "price_protection_months": 12, "prices": [price],
    }  # fmt: skip
    return {"type": "ProductDefined", "time": f"{year}-01-08T06:00:00Z", "data": product}


def release_notes(year: int) -> list[Json]:
    """Its events, of three kinds: five seats on 15 January, three more on the 25th, one on 22 February, 11.00 in June.

    Short events without ids: type, time, data.
    """
    item: Json = {
        "item_id": "1", "subscription_id": SUBSCRIPTION, "quantity": 5, "unit_price": "10.00",
        "product": {"id": _PRODUCT, "name": _NAME, "vendor": MICROSOFT},
        "free_period": True, "price_protection_months": 12, "vendor_subscription_id": vendors_id(SUBSCRIPTION),
    }  # fmt: skip
    order: Json = {
        "order_id": "ord-release-notes", "currency": "EUR",
        "reseller": {"id": RECIPIENT, "name": "Release Notes Reseller", "country": "GR", "tax_rate": "0.24"},
        "customer": {"id": _CUSTOMER, "name": "Contoso", "time_zone": "Europe/Athens", "billing_day": 1},
        "items": [item],
    }  # fmt: skip
    seats: Json = {"subscription_id": SUBSCRIPTION, "customer_id": _CUSTOMER}
    price: Json = {
        "product_id": _PRODUCT, "currency": "EUR", "unit_price": "11.00", "effective_from": f"{year}-06-01",
    }  # fmt: skip
    return [
        {"type": "OrderExecuted", "time": f"{year}-01-15T08:00:00Z", "data": order},
        {"type": "LicensesChanged", "time": f"{year}-01-25T08:00:00Z", "data": {**seats, "quantity": 8}},
        {"type": "LicensesChanged", "time": f"{year}-02-22T08:00:00Z", "data": {**seats, "quantity": 9}},
        {"type": "PriceChanged", "time": f"{year}-05-20T08:00:00Z", "data": price},
    ]
