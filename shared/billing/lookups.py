"""What accounts and price lists say at a moment, where more than one place may say it."""

from __future__ import annotations

from datetime import date, tzinfo
from decimal import Decimal
from typing import cast

from shared.billing.facts import ProductDefined, ProductPrice
from shared.billing.history import Limit
from shared.billing.masterdata import CustomerProfile, MasterData


def extra_charge_rate(
    master: MasterData,
    profile: CustomerProfile,
    reseller_id: str | None,
    tz: tzinfo,
    on: date,
    known: date,
    limit: Limit,
) -> Decimal:
    """The extra charge in force: the customer's own, else the reseller's, else the setting (rules R4.6, R0.12)."""
    if profile.block.extra_charge_rate is not None:
        return profile.block.extra_charge_rate
    if reseller_id is not None:
        rate = master.reseller(reseller_id, tz, limit).extra_charge_rate
        if rate is not None:
            return rate
    setting = master.setting("extra_charge_rate", on, tz, known, reseller=reseller_id, customer=profile.block.id)
    return cast(Decimal, setting)


def listed_price(
    product: ProductDefined | None, currency: str, term: int | None, frequency: int | None
) -> ProductPrice | None:
    """The price list entry of a product for a currency, term and billing frequency."""
    for price in product.prices if product else ():
        if (price.currency, price.term, price.billing_frequency) == (currency, term, frequency):
            return price
    return None


def protection_months(product: ProductDefined | None, listed: ProductPrice | None) -> int | None:
    """N of rule R2.1: a price list entry may carry its own, else the product's; None where neither says."""
    if listed is not None and listed.price_protection_months is not None:
        return listed.price_protection_months
    return product.terms.price_protection_months if product else None
