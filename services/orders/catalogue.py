"""Products and list prices as the catalogue states them; a copy shows what it was copied from, as of then. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date
from decimal import Decimal
from typing import NamedTuple, cast

import orjson
from pydantic import JsonValue

from services.orders.stated_settings import HAS_SETTINGS, is_setting, setting_rows, setting_states
from shared.billing.facts import (
    Fact,
    PriceChanged,
    ProductCopied,
    ProductDefined,
    ProductDeleted,
    ProductPrice,
    SettingChanged,
)
from shared.billing.masterdata import MasterData
from shared.billing.moments import civil_date
from shared.events.fact_bodies import body_from_json, body_to_json
from shared.events.values import months_text
from shared.projections.registers import Register, Registers, Stated, as_object, values_of, version_of
from shared.projections.spec import Key, Row, Rows, Table

# What a column says where a list price holds for any term or frequency: part of a key, so not null.
_ANY = "-"

PRODUCT = Table(
    "product",
    (
        "product", "name", "vendor", "family", "tax_type", "copied_from", "nce", "charge", "anchor", "term",
        "billing_frequency", "free_period", "price_protection_months", "billing_plans", "deleted", "version",
    ),
    owner="product",
    key=("product",),
)  # fmt: skip
LIST_PRICE = Table(
    "list_price",
    (
        "product", "currency", "term", "billing_frequency", "effective_from", "unit_price", "unit_cost",
        "price_protection_months",
    ),
    owner="product",
    key=("product", "currency", "term", "billing_frequency", "effective_from"),
    many=True,
)  # fmt: skip
FOUNDING = frozenset({"definition", "copy", "deleted", "priced", HAS_SETTINGS})
_PRICE = "price "


def product_states(fact: Fact) -> Stated:
    """A definition replaces the one before, as a copy does; a price change adds a list price from a day on."""
    match fact.body:
        case ProductDefined() as body:
            yield "definition", cast(JsonValue, orjson.loads(body_to_json(body)))
            yield "deleted", False
        case ProductCopied() as body:
            yield "copy", body.from_product_id
            yield "deleted", False
        case ProductDeleted():
            yield "deleted", True
        case PriceChanged() as body:
            price = _price_state(
                body.currency, body.term, body.billing_frequency, body.effective_from, body.unit_price, body.unit_cost
            )
            yield "priced", True
            yield f"{_PRICE}{' '.join(_price_key(price))}", price
        case SettingChanged():
            yield from setting_states(fact)
        case _:
            return


def copied_by(state: Registers) -> Iterable[Key]:
    """What a product was copied from."""
    if "copy" in state:
        yield Key("product", str(state["copy"].value))


def names(fact: Fact) -> Iterable[Key]:
    """What a copy was copied from: looked at by the copy."""
    if isinstance(fact.body, ProductCopied):
        yield Key("product", fact.body.from_product_id)


class Defined(NamedTuple):
    """A product as it is defined, since when; `copied_from` where it has no definition of its own."""

    body: ProductDefined
    on: date
    copied_from: str | None


def defined(state: Registers, master: MasterData) -> Defined | None:
    """The definition that holds, its own or that of what it was copied from, whichever was said last (rule R4.12).

    None where there is none. A copy of what was not there says nothing.
    """
    own, copy = state.get("definition"), state.get("copy")
    if copy is not None and (own is None or copy.stamp > own.stamp):
        source = master.product(str(copy.value), UTC, copy.stamp)
        if source is not None:
            return Defined(source, _day(copy), str(copy.value))
    if own is None:
        return None
    body = body_from_json("ProductDefined", "product", orjson.dumps(own.value))
    return Defined(cast(ProductDefined, body), _day(own), None)


def _day(register: Register) -> date:
    return civil_date(register.stamp[0], UTC)


def is_deleted(state: Registers) -> bool:
    return "deleted" in state and state["deleted"].value is True


def product_version(state: Registers) -> str:
    """The version of a product: its definition and its prices, not its settings."""
    return version_of({name: value for name, value in values_of(state).items() if not is_setting(name)})


def product_rows(product: str, state: Registers, master: MasterData) -> Rows:
    """The product and its list prices; on the day of its definition a changed price holds, not the defined one.

    Deleted, it has no billing plans any more (rule R4.12).
    """
    found, deleted = defined(state, master), is_deleted(state)
    listed = [] if found is None else [_defined_price(price, found.on) for price in found.body.prices]
    changed = [as_object(register.value) for name, register in state.items() if name.startswith(_PRICE)]
    prices = {_price_key(price): price for price in [*listed, *changed]}
    is_product = bool(state.keys() & (FOUNDING - {HAS_SETTINGS}))
    return {
        PRODUCT.name: [_product_row(product, found, deleted, product_version(state))] if is_product else [],
        LIST_PRICE.name: [_price_row(product, prices[key]) for key in sorted(prices)],
        **setting_rows("product", product, state),
    }


def _product_row(product: str, found: Defined | None, deleted: bool, version: str) -> Row:
    body, copied_from = (ProductDefined(), None) if found is None else (found.body, found.copied_from)
    terms = body.terms
    plans = [] if deleted else [months_text(months) for months in sorted(body.billing_plans)]
    return (
        product, body.name, body.vendor, body.family, body.tax_type, copied_from, terms.nce is True, terms.charge,
        terms.anchor, _months(terms.term), _months(terms.billing_frequency), terms.free_period is True,
        terms.price_protection_months, orjson.dumps(plans).decode(), deleted, version,
    )  # fmt: skip


def _months(count: int | None) -> str | None:
    return None if count is None else months_text(count)


def _defined_price(price: ProductPrice, on: date) -> dict[str, JsonValue]:
    return _price_state(
        price.currency, price.term, price.billing_frequency, on, price.unit_price, price.unit_cost,
        price.price_protection_months,
    )  # fmt: skip


def _price_state(
    currency: str,
    term: int | None,
    frequency: int | None,
    on: date,
    unit_price: Decimal,
    unit_cost: Decimal | None,
    protection_months: int | None = None,
) -> dict[str, JsonValue]:
    return {
        "currency": currency,
        "term": _ANY if term is None else months_text(term),
        "billing_frequency": _ANY if frequency is None else months_text(frequency),
        "effective_from": on.isoformat(),
        "unit_price": str(unit_price),
        "unit_cost": None if unit_cost is None else str(unit_cost),
        "price_protection_months": protection_months,
    }


def _price_key(price: Mapping[str, JsonValue]) -> tuple[str, ...]:
    return tuple(str(price[name]) for name in LIST_PRICE.key[1:])


def _price_row(product: str, price: Mapping[str, JsonValue]) -> Row:
    cost = price["unit_cost"]
    return (
        product, price["currency"], price["term"], price["billing_frequency"],
        date.fromisoformat(str(price["effective_from"])), Decimal(str(price["unit_price"])),
        None if cost is None else Decimal(str(cost)), price["price_protection_months"],
    )  # fmt: skip
