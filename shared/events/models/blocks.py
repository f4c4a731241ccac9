"""Parts that several events share: customer, reseller, product, the terms of an item, the item itself.

Public (docs/events.md). All but ids are optional where an absent field keeps what is known (rule R0.12).
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, model_validator

from shared.events.errors import got
from shared.events.models.base import OPTIONAL, EventModel
from shared.events.models.fields import (
    Amount,
    BillingDay,
    CivilDate,
    Currency,
    Flag,
    HourCount,
    Id,
    MonthCount,
    Months,
    Quantity,
    Rate,
    TaxRate,
    Text,
    TimeZone,
)


class CustomerFields(EventModel):
    """What may be said of a customer beside its id."""

    name: Text | None = OPTIONAL
    time_zone: TimeZone | None = OPTIONAL
    billing_day: BillingDay | None = OPTIONAL
    partial_charges_invoicing: Literal["billing_day", "order_day"] | None = OPTIONAL
    separate_invoices: Flag | None = OPTIONAL
    extra_charge_rate: Rate | None = OPTIONAL
    country: Text | None = OPTIONAL
    vat_id: Text | None = OPTIONAL
    tax_rate: TaxRate | None = OPTIONAL
    tax_exempt: Flag | None = OPTIONAL
    transaction_currency: Currency | None = OPTIONAL


class Customer(CustomerFields):
    id: Id


class ResellerFields(EventModel):
    """What may be said of a reseller beside its id."""

    name: Text | None = OPTIONAL
    tax_rate: TaxRate | None = OPTIONAL
    country: Text | None = OPTIONAL
    vat_id: Text | None = OPTIONAL
    tax_exempt: Flag | None = OPTIONAL
    extra_charge_rate: Rate | None = OPTIONAL
    transaction_currency: Currency | None = OPTIONAL


class Reseller(ResellerFields):
    id: Id


class Product(EventModel):
    id: Id
    name: Text | None = OPTIONAL
    vendor: Text | None = OPTIONAL
    family: Text | None = OPTIONAL
    tax_type: Text | None = OPTIONAL


class PricingRule(EventModel):
    """One step of the price pipeline (rule R0.4)."""

    rule: Literal["discount", "markup", "margin"]
    rate: Rate

    @model_validator(mode="after")
    def _leaves_a_price(self) -> Self:
        # More than the whole price off, or a margin of the whole price, has no price that satisfies it.
        if self.rule == "discount" and self.rate > 1:
            raise ValueError(got(str(self.rate), 'give a discount from 0 to 1: 10 % is "0.10"'))
        if self.rule == "margin" and self.rate >= 1:
            raise ValueError(got(str(self.rate), 'give a margin below 1: 10 % is "0.10"'))
        return self


def _as_list(value: object) -> object:
    return [value] if isinstance(value, dict) else value


# A rule alone stands for a list of one.
Pricing = Annotated[
    tuple[PricingRule, ...],
    BeforeValidator(_as_list, json_schema_input_type=PricingRule | tuple[PricingRule, ...]),
]


class Terms(EventModel):
    """What a product or an item may say about how it is billed."""

    nce: Flag | None = OPTIONAL
    pricing: Pricing | None = OPTIONAL
    term: Months | None = OPTIONAL
    billing_frequency: Months | None = OPTIONAL
    charge: Literal["upfront", "arrears", "one_time"] | None = OPTIONAL
    anchor: Literal["billing_day", "order_day"] | None = OPTIONAL
    free_period: Flag | None = OPTIONAL
    price_protection_months: MonthCount | None = OPTIONAL
    usage_charge_rule: Literal["per_day", "full_period"] | None = OPTIONAL
    decrease_credit: Literal["prorated", "none"] | None = OPTIONAL
    refund_policy: Literal["days", "hours", "none"] | None = OPTIONAL
    change_window_hours: HourCount | None = OPTIONAL
    full_refund_hours: HourCount | None = OPTIONAL
    bill_while_suspended: Flag | None = OPTIONAL
    auto_renew: Flag | None = OPTIONAL


class OrderItem(Terms):
    """Becomes one subscription. Prices are for one licence and one term, before pricing rule and extra charge."""

    item_id: Id | None = OPTIONAL
    subscription_id: Id
    product: Product
    quantity: Quantity
    unit_price: Amount
    unit_cost: Amount | None = OPTIONAL
    user_price: Flag | None = OPTIONAL
    custom_end: CivilDate | None = OPTIONAL
    trial_until: CivilDate | None = OPTIONAL
    vendor_subscription_id: Id | None = OPTIONAL
    parent_subscription_id: Id | None = OPTIONAL
