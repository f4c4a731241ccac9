"""What the commands of orders answer, for the description of the API: to the examples of their bodies."""

from __future__ import annotations

from typing import Final

from pydantic.config import JsonDict

from services.orders.preview_example import PREVIEW

RESELLER: Final[JsonDict] = {
    "reseller": "res-1",
    "name": "Aegean Cloud",
    "country": "GR",
    "vat_id": None,
    "tax_rate": "0.24",
    "tax_exempt": None,
    "extra_charge_rate": None,
    "transaction_currency": None,
    "version": "c11208092f5eda1c",
}
CUSTOMER: Final[JsonDict] = {
    "customer": "cus-1",
    "name": "Contoso",
    "reseller": "res-1",
    "time_zone": "Europe/Athens",
    "billing_day": 1,
    "partial_charges_invoicing": None,
    "separate_invoices": False,
    "extra_charge_rate": None,
    "country": None,
    "vat_id": None,
    "tax_rate": None,
    "tax_exempt": None,
    "transaction_currency": None,
    "version": "41bed327b1dfb17b",
}
PRODUCT: Final[JsonDict] = {
    "product": "o365-business",
    "name": "Office 365 Business",
    "vendor": "microsoft",
    "family": None,
    "tax_type": None,
    "copied_from": None,
    "nce": False,
    "charge": None,
    "anchor": None,
    "term": "P1Y",
    "billing_frequency": None,
    "free_period": False,
    "price_protection_months": None,
    "billing_plans": ["P1M"],
    "deleted": False,
    "version": "27c0a5c9487375c5",
    "prices": [
        {
            "product": "o365-business",
            "currency": "EUR",
            "term": "P1Y",
            "billing_frequency": "P1Y",
            "effective_from": "2026-01-15",
            "unit_price": "120.00",
            "unit_cost": None,
            "price_protection_months": None,
        }
    ],
}
SETTING: Final[JsonDict] = {
    "scope": "organisation",
    "scope_id": "",
    "key": "billing_plans_enabled",
    "value": "true",
    "effective_from": "2026-01-15",
    "refused": None,
}
RATE: Final[JsonDict] = {"base": "EUR", "quote": "USD", "rate": "1.0837", "date": "2026-02-01"}
OFFERS: Final[JsonDict] = {
    "product": "o365-business",
    "currency": "EUR",
    "term": "P1Y",
    "quantity": 5,
    "offers": [
        {
            "billing_frequency": "P1Y",
            "billing_plan": None,
            "installments": None,
            "extra_charge_rate": None,
            "first_billing_date": "2026-02-01",
            "free_until": None,
            "note": None,
            "unit_price": "120.00",
            "price": "120.00",
            "net": "600.00",
            "gross": "744.00",
        },
        {
            "billing_frequency": "P1M",
            "billing_plan": "Monthly",
            "installments": 12,
            "extra_charge_rate": None,
            "first_billing_date": "2026-01-15",
            "free_until": None,
            "note": None,
            "unit_price": "120.00",
            "price": "10.00",
            "net": "50.00",
            "gross": "62.00",
        },
    ],
}
ORDER: Final[JsonDict] = {
    "order_id": "ord-1",
    "customer": "cus-1",
    "reseller": "res-1",
    "currency": "EUR",
    "status": "placed",
    "placed_at": "2026-01-15T10:00:00.000008Z",
    "executed_at": None,
    "version": "00a46696d3a59ef6",
    "items": [
        {
            "subscription": "ord-1-1",
            "item_id": "1",
            "product": "o365-business",
            "product_name": "Office 365 Business",
            "quantity": 5,
            "unit_price": "120.00",
            "term": "P1Y",
            "billing_frequency": "P1M",
            "billing_plan": "Monthly",
            "installments": 12,
            "extra_charge_rate": None,
            "price": "10.00",
            "net": "50.00",
            "gross": "62.00",
            "first_billing_date": "2026-01-15",
            "free_until": None,
            "note": None,
        }
    ],
}
ORDER_PREVIEW: Final[JsonDict] = {**ORDER, "preview": PREVIEW}
