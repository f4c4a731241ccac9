"""Several commands in one request: each is decided for itself, in the order given, and answered in that order."""

from __future__ import annotations

from typing import Annotated, Generic, Literal, TypeVar

import psycopg
import structlog
from fastapi import APIRouter
from psycopg_pool import PoolTimeout
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
from shared.commands.combining import Overloaded
from shared.commands.decision import CommandRefused, Decided
from shared.commands.handling import Busy
from shared.commands.handling import Outcome as CommandOutcome
from shared.events.models.base import OPTIONAL
from shared.events.models.fields import Id
from shared.store.pool import away
from shared.web.commanding import PROBLEMS, Ask
from shared.web.errors import INTERNAL, BadRequest

router = APIRouter(responses={**PROBLEMS})

K = TypeVar("K", bound=str)
R = TypeVar("R", bound=Request)
_MOST = 1_000
_log = structlog.get_logger("api")


class Listed(Body, Generic[K, R]):
    """One of several: which command, of which subscription, with the body that it has alone."""

    command: K
    subscription: Id
    body: R


OneOf = Annotated[
    Listed[Literal["quantity"], ChangeQuantity]
    | Listed[Literal["cancel"], Cancel]
    | Listed[Literal["suspend"], Suspend]
    | Listed[Literal["reactivate"], Reactivate]
    | Listed[Literal["auto-renew"], SetAutoRenew]
    | Listed[Literal["pricing"], EditPricing]
    | Listed[Literal["price-protection"], ActivateProtection]
    | Listed[Literal["billing-plan"], ChangeBillingPlan]
    | Listed[Literal["next-term"], ScheduleNextTerm]
    | Listed[Literal["discard-next-term"], DiscardNextTerm]
    | Listed[Literal["convert"], Convert],
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
    """What became of one: the kind of the problem and its sentence; without them it is done. After `unavailable` and
    `internal` it may be asked again: it was not carried out.

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
    outcomes = await ask.outcomes([Command(one.subscription, one.body) for one in request.commands])
    return [_told(one.subscription, outcome) for one, outcome in zip(request.commands, outcomes, strict=True)]


def _told(subscription: str, outcome: CommandOutcome) -> Outcome:
    """What one came to. What was not carried out because of others, or of us, can be asked again."""
    if isinstance(outcome, Decided):
        shown = outcome.body["subscription"]
        assert isinstance(shown, dict)
        return Outcome(subscription=subscription, status=shown["status"], quantity=shown["quantity"])
    if isinstance(outcome, CommandRefused):
        return Outcome(subscription=subscription, problem=outcome.kind, detail=str(outcome))
    if isinstance(outcome, Overloaded | Busy):
        return Outcome(subscription=subscription, problem="unavailable", detail=str(outcome))
    if isinstance(outcome, PoolTimeout) or (isinstance(outcome, psycopg.Error) and away(outcome)):
        detail = "the database does not answer; try again"
        return Outcome(subscription=subscription, problem="unavailable", detail=detail)
    _log.error("command broke", subscription=subscription, exc_info=outcome)
    return Outcome(subscription=subscription, problem="internal", detail=INTERNAL)
