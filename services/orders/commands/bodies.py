"""What may be asked about accounts, the catalogue and settings: the bodies of the commands, everywhere the same.

Fields are named as in the events; those of orders are in `order_bodies`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import ConfigDict

from services.orders.commands.order_bodies import OrderRequest
from shared.commands.body import Body
from shared.events.models.base import OPTIONAL
from shared.events.models.blocks import CustomerFields, ResellerFields
from shared.events.models.catalog import ExchangeRateSet, ProductFields
from shared.events.models.fields import Amount, CivilDate, Currency, Duration, Flag, Id, Moment, SettingValue, Text
from shared.events.models.orders import CustomerRegistered, ResellerRegistered


class RegisterReseller(ResellerRegistered):
    """A new reseller: who pays for what its customers use."""

    model_config = ConfigDict(
        extra="forbid",
        defer_build=False,
        json_schema_extra={"examples": [{"id": "res-1", "name": "Aegean Cloud", "country": "GR", "tax_rate": "0.24"}]},
    )


class ChangeReseller(ResellerFields):
    """What is to be another; what is left out stays."""

    model_config = ConfigDict(
        extra="forbid", defer_build=False, json_schema_extra={"examples": [{"extra_charge_rate": "0.05"}]}
    )


class RegisterCustomer(CustomerRegistered):
    """A new end customer. Without a reseller it pays itself. Its `separate_invoices` is false."""

    model_config = ConfigDict(
        extra="forbid",
        defer_build=False,
        json_schema_extra={
            "examples": [
                {
                    "id": "cus-1",
                    "name": "Contoso",
                    "reseller_id": "res-1",
                    "time_zone": "Europe/Athens",
                    "billing_day": 1,
                }
            ]
        },
    )


class ChangeCustomer(CustomerFields):
    """What is to be another; what is left out stays. Another reseller takes the running subscriptions along."""

    model_config = ConfigDict(
        extra="forbid", defer_build=False, json_schema_extra={"examples": [{"separate_invoices": True}]}
    )

    reseller_id: Id | None = OPTIONAL


class DefineProduct(ProductFields):
    """A product as it is to be; defined again, it replaces what it was."""

    model_config = ConfigDict(
        extra="forbid", defer_build=False,
        json_schema_extra={
            "examples": [
                {
                    "name": "Office 365 Business", "vendor": "microsoft", "term": "P1Y",
                    "prices": [{"currency": "EUR", "term": "P1Y", "billing_frequency": "P1Y", "unit_price": "120.00"}],
                    "billing_plans": ["P1M"],
                }
            ]
        },
    )  # fmt: skip

    term: Duration | None = OPTIONAL
    billing_frequency: Duration | None = OPTIONAL
    billing_plans: tuple[Duration, ...] | None = OPTIONAL


class CopyProduct(Body):
    """The product under another id, with its prices and billing plans."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"product_id": "office-for-schools"}]})

    product_id: Id


class DeleteProduct(Body):
    """No longer sold; its billing plans go with it, running subscriptions stay."""


class ChangePrice(Body):
    """A list price from a day on, for one licence and one term; without a term it holds for terms of any length.

    A day in the past needs `backdate` and a `reason`.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "currency": "EUR",
                    "term": "P1Y",
                    "billing_frequency": "P1Y",
                    "unit_price": "132.00",
                    "effective_from": "2027-01-01",
                }
            ]
        }
    )

    currency: Currency
    unit_price: Amount
    unit_cost: Amount | None = OPTIONAL
    term: Duration | None = OPTIONAL
    billing_frequency: Duration | None = OPTIONAL
    effective_from: CivilDate
    backdate: Flag = False
    reason: Text | None = OPTIONAL


class ChangeSetting(Body):
    """A setting of the organisation, a product, a reseller or a customer; without a date from today on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"scope": "organisation", "key": "billing_plans_enabled", "value": True},
                {"scope": "reseller", "scope_id": "res-1", "key": "billing_plans_enabled", "value": True},
            ]
        }
    )

    scope: Literal["organisation", "product", "reseller", "customer"]
    scope_id: Id | None = OPTIONAL
    key: Id
    value: SettingValue
    effective_from: Moment | None = OPTIONAL


class SetExchangeRate(ExchangeRateSet):
    """One unit of `base` is `rate` units of `quote`, from a date on."""

    model_config = ConfigDict(
        extra="forbid",
        defer_build=False,
        json_schema_extra={"examples": [{"base": "EUR", "quote": "USD", "rate": "1.0837", "date": "2026-02-01"}]},
    )


Request = (
    RegisterReseller | ChangeReseller | RegisterCustomer | ChangeCustomer | DefineProduct | CopyProduct | DeleteProduct
    | ChangePrice | ChangeSetting | SetExchangeRate | OrderRequest
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Command:
    """What is asked of what: the id of the account, the product or the order; "" where the body says it."""

    about: str
    request: Request
    # The item of an order, where one is meant.
    item: str | None = None
