"""The commands on subscriptions over HTTP. Each can be asked what it would come to: `?preview=true`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from services.subscriptions.command_answers import Done, answering
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
from services.subscriptions.examples import NEXT_TERM, PLAN, PRICE, PROTECTED, scheduled
from shared.events.models.fields import ID_PATTERN, MAX_ID_LENGTH
from shared.web.commanding import PROBLEMS, Ask
from shared.web.preview_models import Preview

router = APIRouter(responses={**PROBLEMS})

SubscriptionId = Annotated[
    str, Path(min_length=1, max_length=MAX_ID_LENGTH, pattern=ID_PATTERN, description="the subscription")
]


async def _ask(ask: Ask, subscription: str, request: Request) -> Response:
    return await ask(Command(subscription, request))


@router.post(
    "/subscriptions/{subscription_id:path}/quantity",
    response_model=Done | Preview,
    responses=answering("LicensesChanged", quantity=11),
)
async def change_quantity(subscription_id: SubscriptionId, request: ChangeQuantity, ask: Ask) -> Response:
    """Change the number of licences, up or down: the new total, or how many more or fewer."""
    return await _ask(ask, subscription_id, request)


@router.post(
    "/subscriptions/{subscription_id:path}/cancel",
    response_model=Done | Preview,
    responses=answering("SubscriptionCanceled"),
)
async def cancel(subscription_id: SubscriptionId, request: Cancel, ask: Ask) -> Response:
    """Cancel now, with the running cycle, or with the term."""
    return await _ask(ask, subscription_id, request)


@router.post(
    "/subscriptions/{subscription_id:path}/suspend",
    response_model=Done | Preview,
    responses=answering("SubscriptionSuspended", status="suspended"),
)
async def suspend(subscription_id: SubscriptionId, request: Suspend, ask: Ask) -> Response:
    """Suspend."""
    return await _ask(ask, subscription_id, request)


@router.post(
    "/subscriptions/{subscription_id:path}/reactivate",
    response_model=Done | Preview,
    responses=answering("SubscriptionReactivated"),
)
async def reactivate(subscription_id: SubscriptionId, request: Reactivate, ask: Ask) -> Response:
    """Reactivate."""
    return await _ask(ask, subscription_id, request)


@router.put(
    "/subscriptions/{subscription_id:path}/auto-renew",
    response_model=Done | Preview,
    responses=answering(
        "AutoRenewChanged", auto_renew=False, scheduled=scheduled(last_day="2026-02-14"), last_day="2026-02-14"
    ),
)
async def set_auto_renew(subscription_id: SubscriptionId, request: SetAutoRenew, ask: Ask) -> Response:
    """Whether the term renews; turning it on takes a scheduled cancellation back."""
    return await _ask(ask, subscription_id, request)


@router.post(
    "/subscriptions/{subscription_id:path}/pricing",
    response_model=Done | Preview,
    responses=answering("PricingEdited", scheduled=scheduled(price=PRICE)),
)
async def edit_pricing(subscription_id: SubscriptionId, request: EditPricing, ask: Ask) -> Response:
    """Edit the price or its rule; with installments it is active after the renewal."""
    return await _ask(ask, subscription_id, request)


@router.post(
    "/subscriptions/{subscription_id:path}/price-protection",
    response_model=Done | Preview,
    responses=answering("PriceProtectionActivated", scheduled=scheduled(price=PROTECTED)),
)
async def activate_protection(subscription_id: SubscriptionId, request: ActivateProtection, ask: Ask) -> Response:
    """Activate price protection for a Microsoft subscription and its active add-ons."""
    return await _ask(ask, subscription_id, request)


@router.put(
    "/subscriptions/{subscription_id:path}/billing-plan",
    response_model=Done | Preview,
    responses=answering("BillingPlanChanged", scheduled=scheduled(billing_plan=PLAN)),
)
async def change_billing_plan(subscription_id: SubscriptionId, request: ChangeBillingPlan, ask: Ask) -> Response:
    """Bill a term of three years monthly instead of annually, or the other way, from the next charge on."""
    return await _ask(ask, subscription_id, request)


@router.put(
    "/subscriptions/{subscription_id:path}/next-term",
    response_model=Done | Preview,
    responses=answering("NextTermScheduled", scheduled=scheduled(next_term=NEXT_TERM)),
)
async def schedule_next_term(subscription_id: SubscriptionId, request: ScheduleNextTerm, ask: Ask) -> Response:
    """Schedule what the renewal changes."""
    return await _ask(ask, subscription_id, request)


@router.delete(
    "/subscriptions/{subscription_id:path}/next-term",
    response_model=Done | Preview,
    responses=answering("NextTermDiscarded"),
)
async def discard_next_term(subscription_id: SubscriptionId, ask: Ask) -> Response:
    """Discard what is scheduled for the renewal."""
    return await _ask(ask, subscription_id, DiscardNextTerm())


@router.post(
    "/subscriptions/{subscription_id:path}/convert",
    response_model=Done | Preview,
    responses=answering("SubscriptionConverted", product="o365-e3"),
)
async def convert(subscription_id: SubscriptionId, request: Convert, ask: Ask) -> Response:
    """Upgrade or downgrade to another product."""
    return await _ask(ask, subscription_id, request)


@router.post(
    "/subscriptions",
    response_model=Done | Preview,
    status_code=201,
    responses=answering("SubscriptionImported", created=True),
)
async def import_subscription(request: Import, ask: Ask) -> Response:
    """Take over a subscription that was running before; just the same again changes nothing."""
    return await _ask(ask, request.subscription_id, request)
