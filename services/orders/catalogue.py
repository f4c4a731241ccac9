"""Products and list prices as the catalogue states them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date
from decimal import Decimal
from typing import cast

from pydantic import JsonValue

from services.orders.registers import Stated, Values, as_object
from shared.billing.facts import Fact, PriceChanged, ProductCopied, ProductDefined, ProductDeleted
from shared.billing.moments import civil_date
from shared.events.values import months_text
from shared.projections.spec import Row, Rows, Table

# What a column says where a list price holds for any term or frequency: part of a key, so not null.
_ANY = "-"

PRODUCT = Table(
    "product",
    ("product", "name", "vendor", "family", "copied_from", "deleted"),
    owner="product",
    key=("product",),
)
LIST_PRICE = Table(
    "list_price",
    ("product", "currency", "term", "billing_frequency", "effective_from", "unit_price", "unit_cost"),
    owner="product",
    key=("product", "currency", "term", "billing_frequency", "effective_from"),
    many=True,
)


def product_states(fact: Fact) -> Stated:
    """A definition replaces the one before; a price change adds a list price from a day on."""
    match fact.body:
        case ProductDefined() as body:
            prices = [
                _price(p.currency, p.term, p.billing_frequency, civil_date(fact.time, UTC), p.unit_price, p.unit_cost)
                for p in body.prices
            ]
            about = {"name": body.name, "vendor": body.vendor, "family": body.family}
            yield "definition", {**about, "copied_from": None, "prices": list(prices)}
            yield "deleted", False
        case ProductCopied() as body:
            yield "definition", {"copied_from": body.from_product_id, "prices": []}
            yield "deleted", False
        case ProductDeleted():
            yield "deleted", True
        case PriceChanged() as body:
            price = _price(
                body.currency, body.term, body.billing_frequency, body.effective_from, body.unit_price, body.unit_cost
            )
            yield "priced", True
            yield f"price {' '.join(_price_key(price))}", price
        case _:
            return


def _price(
    currency: str, term: int | None, frequency: int | None, on: date, unit_price: Decimal, unit_cost: Decimal | None
) -> dict[str, JsonValue]:
    return {
        "currency": currency,
        "term": _ANY if term is None else months_text(term),
        "billing_frequency": _ANY if frequency is None else months_text(frequency),
        "effective_from": on.isoformat(),
        "unit_price": str(unit_price),
        "unit_cost": None if unit_cost is None else str(unit_cost),
    }


def _price_key(price: Mapping[str, JsonValue]) -> tuple[str, ...]:
    return tuple(str(price[name]) for name in LIST_PRICE.key[1:])


def product_rows(product: str, stated: Values) -> Rows:
    """The product and its list prices; on the day of its definition a changed price holds, not the defined one."""
    definition = as_object(stated.get("definition"))
    about = (definition.get(name) for name in ("name", "vendor", "family", "copied_from"))
    defined = cast("list[dict[str, JsonValue]]", definition.get("prices", []))
    changed = [as_object(value) for name, value in stated.items() if name.startswith("price ")]
    prices = {_price_key(price): price for price in [*defined, *changed]}
    return {
        PRODUCT.name: [(product, *about, stated.get("deleted") is True)],
        LIST_PRICE.name: [_price_row(product, prices[key]) for key in sorted(prices)],
    }


def _price_row(product: str, price: Mapping[str, JsonValue]) -> Row:
    cost = price["unit_cost"]
    return (
        product, price["currency"], price["term"], price["billing_frequency"],
        date.fromisoformat(str(price["effective_from"])), Decimal(str(price["unit_price"])),
        None if cost is None else Decimal(str(cost)),
    )  # fmt: skip
