"""Commands on orders over HTTP, and what can be bought. Each can be asked what it would come to: `?preview=true`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict

from services.orders import answer_examples
from services.orders.commands.bodies import Command
from services.orders.commands.order_bodies import (
    AddItem,
    DeleteOrder,
    ExecuteOrder,
    ItemChange,
    ListOffers,
    PlaceOrder,
    RemoveItem,
)
from services.orders.shown import OrderPreview, OrderWithItems
from shared.events.models.fields import ID_PATTERN, MAX_ID_LENGTH
from shared.web.access import needs
from shared.web.commanding import PROBLEMS, Ask
from shared.web.order_models import Offer

router = APIRouter(responses={**PROBLEMS}, tags=["orders"])

_ID = Path(min_length=1, max_length=MAX_ID_LENGTH, pattern=ID_PATTERN)
OrderId = Annotated[str, _ID]
ItemId = Annotated[str, _ID]
_NOW = ExecuteOrder()


class Offers(BaseModel):
    """What a product can be bought for; `term` is null for a one-time charge."""

    model_config = ConfigDict(json_schema_extra={"examples": [answer_examples.OFFERS]})

    product: str
    currency: str
    term: str | None
    quantity: int
    offers: list[Offer]


@router.post(
    "/orders",
    response_model=OrderWithItems,
    status_code=201,
    responses={200: {"model": OrderPreview, "description": "a preview: nothing was changed"}},
)
async def place_order(request: PlaceOrder, ask: Ask) -> Response:
    """Place an order as a draft, or with `execute` at once; also for a customer who is new."""
    return await ask(Command("", request))


@router.post("/orders/{order_id:path}/execute", response_model=OrderWithItems | OrderPreview)
async def execute_order(order_id: OrderId, ask: Ask, request: ExecuteOrder = _NOW) -> Response:
    """Execute a draft: its items become subscriptions."""
    return await ask(Command(order_id, request))


@router.post("/orders/{order_id:path}/items", response_model=OrderWithItems | OrderPreview)
async def add_item(order_id: OrderId, request: AddItem, ask: Ask) -> Response:
    """Add an item to a draft."""
    return await ask(Command(order_id, request))


@router.patch("/orders/{order_id:path}/items/{item_id:path}", response_model=OrderWithItems | OrderPreview)
async def edit_item(order_id: OrderId, item_id: ItemId, request: ItemChange, ask: Ask) -> Response:
    """Edit an item of a draft; its billing plan is chosen here."""
    return await ask(Command(order_id, request, item_id))


@router.delete("/orders/{order_id:path}/items/{item_id:path}", response_model=OrderWithItems | OrderPreview)
async def remove_item(order_id: OrderId, item_id: ItemId, ask: Ask) -> Response:
    """Remove an item from a draft."""
    return await ask(Command(order_id, RemoveItem(), item_id))


@router.delete("/orders/{order_id:path}", response_model=OrderWithItems | OrderPreview)
async def delete_order(order_id: OrderId, ask: Ask) -> Response:
    """Delete a draft, or hide an executed order without installments: its subscriptions go on and are billed."""
    return await ask(Command(order_id, DeleteOrder()))


@router.get("/offers", response_model=Offers, dependencies=[needs("catalogue:read", "see what can be bought")])
async def offers(request: Annotated[ListOffers, Query()], ask: Ask) -> Response:
    """What a product can be bought for, by a customer or by a new one of a reseller."""
    return await ask(Command("", request))
