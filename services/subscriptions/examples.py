"""A subscription as the description of the API shows it, and what may be scheduled of it."""

from __future__ import annotations

from typing import Final

from pydantic.config import JsonDict

SUBSCRIPTION: Final[JsonDict] = {
    "subscription": "sub-1", "status": "active", "quantity": 8, "unit_price": "10.00", "billing_plan": "-",
    "term_start": "2026-01-15", "term_end": "2026-02-14", "protected_until": None, "customer": "cus-1",
    "reseller": "res-1", "product": "o365-business", "vendor": "Microsoft", "currency": "EUR", "auto_renew": True,
    "scheduled": None, "vendor_subscription": None, "parent": None, "is_trial": False,
    "told_until": "2026-03-02T09:14:05Z",
}  # fmt: skip
_NOTHING: Final[JsonDict] = {
    "quantities": [], "statuses": [], "conversions": [], "next_term": None, "price": None, "billing_plan": None,
    "last_day": None,
}  # fmt: skip
NEXT_TERM: Final[JsonDict] = {
    "quantity": 20, "term": None, "billing_frequency": None, "effective_from": "2026-02-15"
}  # fmt: skip
PRICE: Final[JsonDict] = {"unit_price": "9.50", "protected_until": None, "effective_from": "2026-02-15"}
PROTECTED: Final[JsonDict] = {
    "unit_price": "10.00", "protected_until": "2027-01-15", "effective_from": "2026-02-15"
}  # fmt: skip
PLAN: Final[JsonDict] = {"billing_frequency": "P1Y", "effective_from": "2026-02-15"}


def scheduled(**coming: JsonDict | str) -> JsonDict:
    """The field `scheduled` where some of it is known to come."""
    return {**_NOTHING, **coming}
