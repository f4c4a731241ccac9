"""One row of Microsoft's reconciliation: what is compared of it, and all of it as it came.

Microsoft's `Subtotal` is the truth about cost; `Quantity` is not what was billed, `BillableQuantity` is. The sign is on
price and subtotal: a wipe has a positive quantity (Partner Center, "common billing scenarios").
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from services.reconciliation.cost import values
from services.reconciliation.cost.columns import ColumnsRefused, resolved
from services.reconciliation.cost.values import Value, ValueRefused
from shared.billing.money import ONE

_T = TypeVar("_T")


class RowRefused(ValueError):
    """A row that cannot be taken in; the sentence names the column."""


@dataclass(frozen=True, slots=True)
class BilledRow:
    """What Microsoft billed in one row. Ids are lower case; [start, end] are both covered; amounts carry the sign.

    `orders` are the ids that the order goes by. `exchange_rate` leads from `pricing_currency`, which `unit_price` and
    `effective_unit_price` are in, to `currency`, which `subtotal` is in.
    """

    invoice: str
    customer_id: str
    subscription_id: str
    orders: tuple[str, ...]
    order_date: datetime | None
    product_id: str
    sku_id: str
    product_name: str
    charge_type: str
    unit_price: Decimal
    effective_unit_price: Decimal
    quantity: Decimal
    subtotal: Decimal
    currency: str
    pricing_currency: str
    exchange_rate: Decimal
    start: date
    end: date
    subscription_start: date | None
    billing_frequency: str
    unit_type: str
    reference_id: str
    qualifiers: tuple[str, ...]

    @property
    def days(self) -> int:
        """How many days it is for."""
        return (self.end - self.start).days + 1

    @property
    def product_key(self) -> str:
        """Product and SKU: what was bought, whichever offer it came from (availability ids change)."""
        return f"{self.product_id}:{self.sku_id}"


def parsed(given: Mapping[str, Value]) -> BilledRow:
    """A row under any spelling of its columns. Raises RowRefused with one sentence."""
    try:
        named = resolved(given)
    except ColumnsRefused as error:
        raise RowRefused(str(error)) from None
    cells = _Cells({column: given[name] for column, name in named.items()})
    currency = cells.read("Currency", _currency)
    pricing_currency = cells.text("PricingCurrency").upper() or currency
    start, end = _days(cells)
    if end < start:
        raise RowRefused(f"ChargeEndDate {end} lies before ChargeStartDate {start}")
    return BilledRow(
        invoice=cells.text("InvoiceNumber").upper(),
        customer_id=cells.id("CustomerId"),
        subscription_id=cells.id("SubscriptionId"),
        orders=_orders(cells),
        order_date=cells.read("OrderDate", values.moment),
        product_id=cells.id("ProductId"),
        sku_id=cells.id("SkuId"),
        product_name=cells.text("ProductName") or cells.text("SkuName"),
        charge_type=cells.text("ChargeType").casefold(),
        unit_price=cells.read("UnitPrice", values.number),
        effective_unit_price=cells.read("EffectiveUnitPrice", values.number),
        quantity=cells.read("BillableQuantity", values.number),
        subtotal=cells.read("Subtotal", values.number),
        currency=currency,
        pricing_currency=pricing_currency,
        exchange_rate=_exchange_rate(cells, currency, pricing_currency),
        start=start,
        end=end,
        subscription_start=cells.possible_day("SubscriptionStartDate"),
        billing_frequency=cells.text("BillingFrequency").casefold(),
        unit_type=cells.text("UnitType"),
        reference_id=cells.read("ReferenceId", values.reference),
        qualifiers=cells.read("ProductQualifiers", values.listed),
    )


def read_json(line: str) -> BilledRow:
    """A row of a JSON Lines file. Raises RowRefused with one sentence."""
    try:
        given = json.loads(line, parse_float=Decimal)
    except ValueError as error:
        raise RowRefused(f"this is no JSON: {error}") from None
    if not isinstance(given, dict):
        raise RowRefused(f"a row is an object with columns, not {type(given).__name__}")
    return parsed(given)


class _Cells:
    """The cells of one row by the name of their column; what fails says which."""

    def __init__(self, cells: Mapping[str, Value]) -> None:
        self._cells = cells

    def read(self, column: str, reader: Callable[[Value], _T]) -> _T:
        try:
            return reader(self._cells.get(column))
        except ValueRefused as error:
            raise RowRefused(f"{column}: {error}") from None

    def text(self, column: str) -> str:
        return self.read(column, values.text)

    def id(self, column: str) -> str:
        return self.read(column, values.identifier)

    def possible_day(self, column: str) -> date | None:
        found = self.read(column, values.moment)
        return None if found is None else found.date()


def _days(cells: _Cells) -> tuple[date, date]:
    """The days that a row is for; a credit that is for none counts on the day of its order."""
    ordered = cells.possible_day("OrderDate")
    start = cells.possible_day("ChargeStartDate") or ordered
    if start is None:
        raise RowRefused("ChargeStartDate and OrderDate are empty; a row needs the days that it is for")
    return start, cells.possible_day("ChargeEndDate") or start


def _orders(cells: _Cells) -> tuple[str, ...]:
    """OrderId may hold several, and AlternateId is another name of the order."""
    parts = [part.strip() for part in cells.id("OrderId").split(",")] + [cells.id("AlternateId")]
    return tuple(dict.fromkeys(part for part in parts if part))


def _currency(value: Value) -> str:
    found = values.text(value).upper()
    if not found:
        raise ValueRefused("is empty; a row needs the currency that it is billed in")
    return found


def _exchange_rate(cells: _Cells, currency: str, pricing_currency: str) -> Decimal:
    if not cells.text("PCToBCExchangeRate"):
        if pricing_currency != currency:
            raise RowRefused(f"PCToBCExchangeRate is empty, and {pricing_currency} is billed in {currency}")
        return ONE
    return cells.read("PCToBCExchangeRate", values.number)
