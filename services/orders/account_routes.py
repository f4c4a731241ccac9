"""Commands on resellers and customers over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from services.orders.commands.bodies import (
    ChangeCustomer,
    ChangeReseller,
    Command,
    RegisterCustomer,
    RegisterReseller,
)
from services.orders.shown import Customer, Reseller
from shared.events.models.fields import ID_PATTERN, MAX_ID_LENGTH
from shared.web.commanding import PROBLEMS, Ask

router = APIRouter(responses={**PROBLEMS}, tags=["accounts"])

AccountId = Annotated[str, Path(min_length=1, max_length=MAX_ID_LENGTH, pattern=ID_PATTERN)]


@router.post(
    "/resellers",
    response_model=Reseller,
    status_code=201,
    responses={200: {"model": Reseller, "description": "a preview: nothing was changed"}},
)
async def register_reseller(request: RegisterReseller, ask: Ask) -> Response:
    """Register a reseller with its billing settings."""
    return await ask(Command("", request))


@router.patch("/resellers/{reseller_id:path}", response_model=Reseller)
async def change_reseller(reseller_id: AccountId, request: ChangeReseller, ask: Ask) -> Response:
    """Change a reseller; what is left out stays."""
    return await ask(Command(reseller_id, request))


@router.post(
    "/customers",
    response_model=Customer,
    status_code=201,
    responses={200: {"model": Customer, "description": "a preview: nothing was changed"}},
)
async def register_customer(request: RegisterCustomer, ask: Ask) -> Response:
    """Register an end customer with its billing settings."""
    return await ask(Command("", request))


@router.patch("/customers/{customer_id:path}", response_model=Customer)
async def change_customer(customer_id: AccountId, request: ChangeCustomer, ask: Ask) -> Response:
    """Change a customer; what is left out stays. It holds for documents made afterwards."""
    return await ask(Command(customer_id, request))
