"""The commands on subscriptions over HTTP. Each can be asked what it would come to: `?preview=true`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel

from services.subscriptions.commands.bodies import (
    ActivateProtection,
    Cancel,
    ChangeBillingPlan,
    ChangeQuantity,
    Command,
    Convert,
    DiscardNextTerm,
    EditPricing,
    Import,
    Reactivate,
    Request,
    ScheduleNextTerm,
    SetAutoRenew,
    Suspend,
)
from services.subscriptions.queries import Subscription
from shared.events.models.fields import ID_PATTERN, MAX_ID_LENGTH
from shared.web.commanding import PROBLEMS, Ask, EventDone

router = APIRouter(responses={**PROBLEMS})

Id = Annotated[str, Path(min_length=1, max_length=MAX_ID_LENGTH, pattern=ID_PATTERN, description="the subscription")]


class Done(BaseModel):
    """A subscription after a command, and the events that it came to: none when all was so already."""

    subscription: Subscription
    events: list[EventDone]


async def _ask(ask: Ask, subscription: str, request: Request) -> Response:
    return await ask(Command(subscription, request))


@router.post("/subscriptions/{subscription_id:path}/quantity", response_model=Done)
async def change_quantity(subscription_id: Id, request: ChangeQuantity, ask: Ask) -> Response:
    """Change the number of licences, up or down: the new total, or how many more or fewer."""
    return await _ask(ask, subscription_id, request)


@router.post("/subscriptions/{subscription_id:path}/cancel", response_model=Done)
async def cancel(subscription_id: Id, request: Cancel, ask: Ask) -> Response:
    """Cancel now, with the running cycle, or with the term."""
    return await _ask(ask, subscription_id, request)


@router.post("/subscriptions/{subscription_id:path}/suspend", response_model=Done)
async def suspend(subscription_id: Id, request: Suspend, ask: Ask) -> Response:
    """Suspend."""
    return await _ask(ask, subscription_id, request)


@router.post("/subscriptions/{subscription_id:path}/reactivate", response_model=Done)
async def reactivate(subscription_id: Id, request: Reactivate, ask: Ask) -> Response:
    """Reactivate."""
    return await _ask(ask, subscription_id, request)


@router.put("/subscriptions/{subscription_id:path}/auto-renew", response_model=Done)
async def set_auto_renew(subscription_id: Id, request: SetAutoRenew, ask: Ask) -> Response:
    """Whether the term renews; turning it on takes a scheduled cancellation back."""
    return await _ask(ask, subscription_id, request)


@router.post("/subscriptions/{subscription_id:path}/pricing", response_model=Done)
async def edit_pricing(subscription_id: Id, request: EditPricing, ask: Ask) -> Response:
    """Edit the price or its rule; with installments it is active after the renewal."""
    return await _ask(ask, subscription_id, request)


@router.post("/subscriptions/{subscription_id:path}/price-protection", response_model=Done)
async def activate_protection(subscription_id: Id, request: ActivateProtection, ask: Ask) -> Response:
    """Activate price protection for a Microsoft subscription and its active add-ons."""
    return await _ask(ask, subscription_id, request)


@router.put("/subscriptions/{subscription_id:path}/billing-plan", response_model=Done)
async def change_billing_plan(subscription_id: Id, request: ChangeBillingPlan, ask: Ask) -> Response:
    """Bill a term of three years monthly instead of annually, or the other way, from the next charge on."""
    return await _ask(ask, subscription_id, request)


@router.put("/subscriptions/{subscription_id:path}/next-term", response_model=Done)
async def schedule_next_term(subscription_id: Id, request: ScheduleNextTerm, ask: Ask) -> Response:
    """Schedule what the renewal changes."""
    return await _ask(ask, subscription_id, request)


@router.delete("/subscriptions/{subscription_id:path}/next-term", response_model=Done)
async def discard_next_term(subscription_id: Id, ask: Ask) -> Response:
    """Discard what is scheduled for the renewal."""
    return await _ask(ask, subscription_id, DiscardNextTerm())


@router.post("/subscriptions/{subscription_id:path}/convert", response_model=Done)
async def convert(subscription_id: Id, request: Convert, ask: Ask) -> Response:
    """Upgrade or downgrade to another product."""
    return await _ask(ask, subscription_id, request)


@router.post("/subscriptions", response_model=Done, status_code=201)
async def import_subscription(request: Import, ask: Ask) -> Response:
    """Take over a subscription that was running before; just the same again changes nothing."""
    return await _ask(ask, request.subscription_id, request)
