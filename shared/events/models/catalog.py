"""Events of products, prices, settings and exchange rates (topic of the catalogue)."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from shared.events.models.base import OPTIONAL, EventModel
from shared.events.models.blocks import Terms
from shared.events.models.fields import (
    Amount,
    CivilDate,
    Currency,
    ExchangeRate,
    Flag,
    Id,
    Moment,
    MonthCount,
    Months,
    SettingValue,
    Text,
)


class ProductPrice(EventModel):
    """A list price of a product: one licence, one term."""

    currency: Currency
    term: Months
    billing_frequency: Months
    unit_price: Amount
    unit_cost: Amount | None = OPTIONAL
    price_protection_months: MonthCount | None = OPTIONAL


class ProductFields(Terms):
    """What may be said of a product beside its id."""

    name: Text | None = OPTIONAL
    vendor: Text | None = OPTIONAL
    family: Text | None = OPTIONAL
    tax_type: Text | None = OPTIONAL
    prices: tuple[ProductPrice, ...] | None = OPTIONAL
    billing_plans: tuple[Months, ...] | None = OPTIONAL


class ProductDefined(ProductFields):
    """Defined again, it replaces."""

    id: Id


class ProductCopied(EventModel):
    """`product_id` is the copy, billing plans included (rule R4.12)."""

    product_id: Id
    from_product_id: Id


class ProductDeleted(EventModel):
    product_id: Id


class PriceChanged(EventModel):
    """Without a term it is literally that amount per term for terms of any length. `reason` is of a backdated one."""

    product_id: Id
    currency: Currency
    unit_price: Amount
    unit_cost: Amount | None = OPTIONAL
    term: Months | None = OPTIONAL
    billing_frequency: Months | None = OPTIONAL
    effective_from: CivilDate
    backdate: Flag | None = OPTIONAL
    reason: Text | None = OPTIONAL


class SettingChanged(EventModel):
    """`value` as text: true is "true", null is "none"; whether the setting knows it is for `billing.settings`."""

    scope: Literal["organisation", "product", "reseller", "customer"]
    scope_id: Id | None = OPTIONAL
    key: Id
    value: SettingValue
    effective_from: Moment

    @model_validator(mode="after")
    def _names_whose_setting(self) -> Self:
        if self.scope != "organisation" and self.scope_id is None:
            raise ValueError(
                f"the scope is {self.scope} and scope_id is missing; add the {self.scope}'s id as scope_id"
            )
        return self


class ExchangeRateSet(EventModel):
    """One unit of `base` is `rate` units of `quote`, from that date on."""

    base: Currency
    quote: Currency
    rate: ExchangeRate
    date: CivilDate
