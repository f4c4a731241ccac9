"""What may be asked of a subscription: the bodies of the commands, in the API, on the command line and in tests alike.

Fields are named as in the events. An instant or a date as `effective_at` later than now is a schedule, an earlier one
needs the permission to backdate; without one it is now.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from shared.commands.body import Body
from shared.events.models.base import OPTIONAL
from shared.events.models.blocks import Pricing
from shared.events.models.fields import Amount, Duration, Flag, Id, Moment, Quantity, Text
from shared.events.models.subscriptions import SubscriptionImported

MOST_LICENCES = 1_000_000_000
_Change = Annotated[int, Field(strict=True, ge=-MOST_LICENCES, le=MOST_LICENCES)]


class _Effective(Body):
    effective_at: Moment | None = OPTIONAL


class ChangeQuantity(_Effective):
    """Another number of licences: the new total, or how many more (3) or fewer (-2). With a billing plan only now."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"change": 3}, {"quantity": 8, "reason": "two left"}]})

    quantity: Quantity | None = OPTIONAL
    change: _Change | None = OPTIONAL
    reason: Text | None = OPTIONAL
    billing: Literal["normal", "none"] | None = OPTIONAL

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.quantity is None) == (self.change is None):
            raise ValueError("give either quantity (the new total) or change (how many more or fewer)")
        return self


class Cancel(_Effective):
    """The end: at once, with the running cycle, or with the term."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"mode": "end_of_term"}]})

    mode: Literal["immediate", "end_of_cycle", "end_of_term"]


class Suspend(_Effective):
    """Out of use for a while; whether it is billed meanwhile is for its terms to say."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})


class Reactivate(_Effective):
    """In use again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})


class SetAutoRenew(Body):
    """Whether the term renews. Turning it on takes a scheduled cancellation back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"auto_renew": False}]})

    auto_renew: Flag


class EditPricing(Body):
    """Another price (for one licence and one term) or another rule; with installments from the renewal on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"unit_price": "114.00", "applies": "next_term"}]})

    unit_price: Amount | None = OPTIONAL
    pricing: Pricing | None = OPTIONAL
    protected_price: Amount | None = OPTIONAL
    applies: Literal["next_term", "current_cycle"]


class ActivateProtection(Body):
    """Price protection for a subscription that runs already, at today's list prices."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})


class ChangeBillingPlan(Body):
    """A term of three years that is billed monthly is billed annually from the next charge on, or the other way."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"billing_frequency": "P1Y"}]})

    billing_frequency: Duration


class ScheduleNextTerm(Body):
    """What the renewal changes. One that is scheduled already is replaced."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"quantity": 20}]})

    quantity: Quantity | None = OPTIONAL
    term: Duration | None = OPTIONAL
    billing_frequency: Duration | None = OPTIONAL


class DiscardNextTerm(Body):
    """Takes back what is scheduled for the renewal."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})


class Convert(_Effective):
    """Upgrade or downgrade to another product; without a price at its list price. What is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"product": "o365-e3"}]})

    product: Id
    quantity: Quantity | None = OPTIONAL
    unit_price: Amount | None = OPTIONAL
    unit_cost: Amount | None = OPTIONAL
    term: Duration | None = OPTIONAL
    billing_frequency: Duration | None = OPTIONAL


_TAKEN_OVER: JsonDict = {
    "subscription_id": "sub-1", "currency": "EUR", "customer": {"id": "cus-1"}, "product": {"id": "o365-business"},
    "quantity": 8, "unit_price": "10.00", "started_at": "2026-01-15", "billed_by_us_from": "2026-07-01",
}  # fmt: skip


class Import(SubscriptionImported):
    """A subscription that was running before it was billed here; fields as in the event SubscriptionImported."""

    model_config = ConfigDict(extra="forbid", defer_build=False, json_schema_extra={"examples": [_TAKEN_OVER]})


Request = (
    ChangeQuantity | Cancel | Suspend | Reactivate | SetAutoRenew | EditPricing | ActivateProtection
    | ChangeBillingPlan | ScheduleNextTerm | DiscardNextTerm | Convert | Import
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Command:
    """What is asked of which subscription."""

    subscription: str
    request: Request
