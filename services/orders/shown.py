"""Orders, accounts and products as the API shows them: rows of the read views, and the same made of what is known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict

from services.orders import answer_examples
from services.orders.accounts import CUSTOMER, RESELLER
from services.orders.catalogue import LIST_PRICE, PRODUCT
from services.orders.placed import ORDER, ORDER_ITEM
from services.orders.projection import FOLDS
from shared.billing.masterdata import MasterData
from shared.projections.registers import Registers, View
from shared.projections.spec import Key, Rows, Table
from shared.web.order_models import OrderItem
from shared.web.preview_models import Preview


def _as_list(value: object) -> object:
    return orjson.loads(value) if isinstance(value, str) else value


class Order(BaseModel):
    """A row of read.orders; placed_at and executed_at are an instant or a date, as upstream gave them."""

    order_id: str
    customer: str
    reseller: str | None
    currency: str
    status: str
    placed_at: str | None
    executed_at: str | None
    version: str


class OrderWithItems(Order):
    """An order and what was ordered."""

    model_config = ConfigDict(json_schema_extra={"examples": [answer_examples.ORDER]})

    items: list[OrderItem]


class OrderPreview(OrderWithItems):
    """An order as it would be, and what would be billed were it executed now: null where it founds nothing."""

    model_config = ConfigDict(json_schema_extra={"examples": [answer_examples.ORDER_PREVIEW]})

    preview: Preview | None


class Customer(BaseModel):
    """A row of read.customers."""

    model_config = ConfigDict(json_schema_extra={"examples": [answer_examples.CUSTOMER]})

    customer: str
    name: str | None
    reseller: str | None
    time_zone: str | None
    billing_day: int | None
    partial_charges_invoicing: str | None
    separate_invoices: bool | None
    extra_charge_rate: Decimal | None
    country: str | None
    vat_id: str | None
    tax_rate: Decimal | None
    tax_exempt: bool | None
    transaction_currency: str | None
    version: str


class Reseller(BaseModel):
    """A row of read.resellers."""

    model_config = ConfigDict(json_schema_extra={"examples": [answer_examples.RESELLER]})

    reseller: str
    name: str | None
    country: str | None
    vat_id: str | None
    tax_rate: Decimal | None
    tax_exempt: bool | None
    extra_charge_rate: Decimal | None
    transaction_currency: str | None
    version: str


class ListPrice(BaseModel):
    """A row of read.list_prices."""

    product: str
    currency: str
    term: str
    billing_frequency: str
    effective_from: date
    unit_price: Decimal
    unit_cost: Decimal | None
    price_protection_months: int | None


class Product(BaseModel):
    """A row of read.products."""

    product: str
    name: str | None
    vendor: str | None
    family: str | None
    tax_type: str | None
    copied_from: str | None
    nce: bool
    charge: str | None
    anchor: str | None
    term: str | None
    billing_frequency: str | None
    free_period: bool
    price_protection_months: int | None
    billing_plans: Annotated[list[str], BeforeValidator(_as_list)]
    deleted: bool
    version: str


class ProductWithPrices(Product):
    """A product and its list prices."""

    model_config = ConfigDict(json_schema_extra={"examples": [answer_examples.PRODUCT]})

    prices: list[ListPrice]


class Setting(BaseModel):
    """A row of read.settings."""

    model_config = ConfigDict(json_schema_extra={"examples": [answer_examples.SETTING]})

    scope: str
    scope_id: str
    key: str
    value: str
    effective_from: str
    refused: str | None


Shown = OrderWithItems | Customer | Reseller | ProductWithPrices


def shown(key: Key, state: Registers, master: MasterData) -> Shown | None:
    """An order, an account or a product as the views will show it; None for what has no row of its own."""
    rows = FOLDS[key.scope].rows(View(state, master), None)
    if key.scope == "order":
        items = [OrderItem(**row) for row in _named(rows, ORDER_ITEM)]
        return next((OrderWithItems(**row, items=items) for row in _named(rows, ORDER)), None)
    if key.scope == "product":
        prices = [ListPrice(**row) for row in _named(rows, LIST_PRICE)]
        return next((ProductWithPrices(**row, prices=prices) for row in _named(rows, PRODUCT)), None)
    if key.scope == "customer":
        return next((Customer(**row) for row in _named(rows, CUSTOMER)), None)
    return next((Reseller(**row) for row in _named(rows, RESELLER)), None) if key.scope == "reseller" else None


def _named(rows: Rows, table: Table) -> list[Mapping[str, Any]]:
    return [dict(zip(table.columns, row, strict=True)) for row in rows.get(table.name, ())]
