"""Commands on products, prices, settings and exchange rates over HTTP."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict

from services.orders import answer_examples
from services.orders.commands.bodies import (
    ChangePrice,
    ChangeSetting,
    Command,
    CopyProduct,
    DefineProduct,
    DeleteProduct,
    SetExchangeRate,
)
from services.orders.shown import ProductWithPrices, Setting
from shared.events.models.fields import ID_PATTERN, MAX_ID_LENGTH
from shared.web.commanding import PROBLEMS, Ask

router = APIRouter(responses={**PROBLEMS})

ProductId = Annotated[str, Path(min_length=1, max_length=MAX_ID_LENGTH, pattern=ID_PATTERN)]
_CATALOGUE: list[str | Enum] = ["catalogue"]
_SETTINGS: list[str | Enum] = ["settings"]


class ExchangeRate(BaseModel):
    """What one unit of `base` is worth in `quote`, from a date on."""

    model_config = ConfigDict(json_schema_extra={"examples": [answer_examples.RATE]})

    base: str
    quote: str
    rate: Decimal
    date: date


@router.post("/products/{product_id:path}/copy", response_model=ProductWithPrices, status_code=201, tags=_CATALOGUE)
async def copy_product(product_id: ProductId, request: CopyProduct, ask: Ask) -> Response:
    """Copy a product under another id, with its prices and billing plans."""
    return await ask(Command(product_id, request))


@router.post("/products/{product_id:path}/prices", response_model=ProductWithPrices, tags=_CATALOGUE)
async def change_price(product_id: ProductId, request: ChangePrice, ask: Ask) -> Response:
    """Announce a list price from a day on."""
    return await ask(Command(product_id, request))


@router.put(
    "/products/{product_id:path}",
    response_model=ProductWithPrices,
    tags=_CATALOGUE,
    responses={201: {"model": ProductWithPrices, "description": "it is new"}},
)
async def define_product(product_id: ProductId, request: DefineProduct, ask: Ask) -> Response:
    """Define a product; defined again, it replaces what it was."""
    return await ask(Command(product_id, request))


@router.delete("/products/{product_id:path}", response_model=ProductWithPrices, tags=_CATALOGUE)
async def delete_product(product_id: ProductId, ask: Ask) -> Response:
    """Delete a product and its billing plans; running subscriptions stay."""
    return await ask(Command(product_id, DeleteProduct()))


@router.post("/settings", response_model=Setting, tags=_SETTINGS)
async def change_setting(request: ChangeSetting, ask: Ask) -> Response:
    """Change a setting of the organisation, a product, a reseller or a customer."""
    return await ask(Command("", request))


@router.post(
    "/exchange-rates",
    response_model=ExchangeRate,
    status_code=201,
    responses={200: {"model": ExchangeRate, "description": "it is so already, or a preview"}},
    tags=_SETTINGS,
)
async def set_exchange_rate(request: SetExchangeRate, ask: Ask) -> Response:
    """Set what a currency is worth from a date on."""
    return await ask(Command("", request))
