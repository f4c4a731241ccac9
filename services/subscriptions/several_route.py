"""Several commands in one request: each is decided for itself, in the order given, and answered in that order."""

from __future__ import annotations

import asyncio
from typing import Annotated, Generic, Literal, TypeVar

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.subscriptions.command_answers import example
from services.subscriptions.commands.bodies import (
    ActivateProtection,
    Cancel,
    ChangeBillingPlan,
    ChangeQuantity,
    Command,
    Convert,
    DiscardNextTerm,
    EditPricing,
    Reactivate,
    Request,
    ScheduleNextTerm,
    SetAutoRenew,
    Suspend,
)
from shared.commands.body import Body
from shared.commands.decision import CommandRefused
from shared.events.models.base import OPTIONAL
from shared.events.models.fields import Id
from shared.web.commanding import PROBLEMS, Ask
from shared.web.errors import BadRequest

router = APIRouter(responses={**PROBLEMS})

K = TypeVar("K", bound=str)
R = TypeVar("R", bound=Request)
_MOST = 1_000


class Asked(Body, Generic[K, R]):
    """One of several: which command, of which subscription, with the body that it has alone."""

    command: K
    subscription: Id
    body: R


OneOf = Annotated[
    Asked[Literal["quantity"], ChangeQuantity]
    | Asked[Literal["cancel"], Cancel]
    | Asked[Literal["suspend"], Suspend]
    | Asked[Literal["reactivate"], Reactivate]
    | Asked[Literal["auto-renew"], SetAutoRenew]
    | Asked[Literal["pricing"], EditPricing]
    | Asked[Literal["price-protection"], ActivateProtection]
    | Asked[Literal["billing-plan"], ChangeBillingPlan]
    | Asked[Literal["next-term"], ScheduleNextTerm]
    | Asked[Literal["discard-next-term"], DiscardNextTerm]
    | Asked[Literal["convert"], Convert],
    Field(discriminator="command"),
]


class Several(Body):
    """Up to a thousand commands. With an Idempotency-Key each counts once under the key and its place in the list."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"commands": [
                    {"command": "quantity", "subscription": "sub-1", "body": {"change": 3}},
                    {"command": "price-protection", "subscription": "sub-2", "body": {}},
                ]}
            ]
        }
    )  # fmt: skip

    commands: Annotated[list[OneOf], Field(min_length=1, max_length=_MOST)]


class Outcome(BaseModel):
    """What became of one: the kind of the problem and its sentence; without them it is done.

    `quantity` and `status` are of the subscription afterwards.
    """

    subscription: str
    problem: str | None = OPTIONAL
    detail: str | None = OPTIONAL
    status: str | None = OPTIONAL
    quantity: int | None = OPTIONAL


_ANSWERED = example(
    [
        {"subscription": "sub-1", "status": "active", "quantity": 11},
        {"subscription": "sub-2", "problem": "not-found", "detail": "there is no subscription 'sub-2'"},
    ]
)


@router.post("/commands", responses=_ANSWERED)
async def several_commands(request: Several, ask: Ask) -> list[Outcome]:
    """Carry out several commands, of one subscription or of many; one that is refused keeps no other back."""
    if ask.about.preview or ask.about.if_match is not None:
        raise BadRequest("preview and If-Match are of one command: ask for it alone")
    return list(await asyncio.gather(*(_outcome(ask, place, one) for place, one in enumerate(request.commands))))


async def _outcome(ask: Ask, place: int, one: OneOf) -> Outcome:
    try:
        decided = await ask.decided(Command(one.subscription, one.body), part=str(place))
    except CommandRefused as refused:
        return Outcome(subscription=one.subscription, problem=refused.kind, detail=str(refused))
    shown = decided.body["subscription"]
    assert isinstance(shown, dict)
    return Outcome(subscription=one.subscription, status=shown["status"], quantity=shown["quantity"])
