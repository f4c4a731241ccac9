"""Reported usage out of the Product Order API's UsageDetails, where a distributor hands it on (rule R8.6).

UNVERIFIED AGAINST A LIVE TENANT: the API is for distributors only and the shape of this answer is not public. Rows are
found by a number of seats beside a date, whatever stands around them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pydantic import JsonValue

from services.reconciliation.vendors.watchguard.answers import (
    Record,
    Unreadable,
    field,
    last_moment,
    scalar,
    text,
    whole,
)
from services.reconciliation.vendors.watchguard.rules import UsageRow

_DAY: Final = ("usageDate", "startDate", "effectiveDate", "date")
_QUANTITY: Final = ("usedQuantity", "quantityUsed", "usage", "used", "quantity")
_PRODUCT: Final = ("productName", "product", "sku", "productSku")


def usage_in(answer: JsonValue, product: str | None = None) -> list[UsageRow]:
    """The rows of an answer in its order, of one `product` where rows name theirs. Unreadable without numbers."""
    rows: list[UsageRow] = []
    for record in _records(answer):
        named = text(field(record, *_PRODUCT))
        if product is not None and named is not None and named.lower() != product.lower():
            continue
        moment, quantity = last_moment(field(record, *_DAY)), whole(field(record, *_QUANTITY))
        if moment is None or quantity is None:
            raise Unreadable(f"row {len(rows) + 1} of the usage has no day or no number of seats")
        rows.append(UsageRow(moment.date(), quantity, len(rows)))
    return rows


def _records(value: JsonValue) -> Iterator[Record]:
    if isinstance(value, list):
        for each in value:
            yield from _records(each)
    elif isinstance(value, dict):
        if scalar(value, *_DAY) and scalar(value, *_QUANTITY):
            yield value
        else:
            for each in value.values():
                yield from _records(each)
