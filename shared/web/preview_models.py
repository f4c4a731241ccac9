"""The answer to `?preview=true` as models, for the description of the APIs; `shared.events.preview_shape` makes it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

from shared.events.models.base import OPTIONAL
from shared.web.plan_models import PlanSummary
from shared.web.preview_example import NEXT_TERM


class PreviewAmount(BaseModel):
    """What documents come to in one currency; credit notes are negative."""

    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal


class PreviewLine(BaseModel):
    """A line, or (without `line`) what waits for a document; `from` and `to` are both covered."""

    line: str | None = OPTIONAL
    customer: str
    subscription: str
    product: str
    kind: str
    from_: date = Field(alias="from")
    to: date
    quantity: int
    unit_price: Decimal
    days: int | None = OPTIONAL
    of_days: int | None = OPTIONAL
    unit_net: Decimal | None = OPTIONAL
    net: Decimal
    returns: str | None = OPTIONAL
    tax_rate: Decimal | None = OPTIONAL
    reverse_charge: bool | None = OPTIONAL


class PreviewTax(BaseModel):
    """What is owed at one rate."""

    rate: Decimal
    base: Decimal
    amount: Decimal
    reverse_charge: bool | None = OPTIONAL


class PreviewTransaction(BaseModel):
    """What a document comes to in its payer's currency, or why that is not known."""

    currency: str
    rate: Decimal | None = OPTIONAL
    rate_date: date | None = OPTIONAL
    total: Decimal | None = OPTIONAL
    reason: str | None = OPTIONAL


class PreviewRelation(BaseModel):
    """What a credit note takes off one invoice."""

    document: str
    amount: Decimal


class PreviewDocument(BaseModel):
    """An invoice or a credit note, as `seatledger simulate` prints it."""

    kind: str
    date: date
    recipient: str
    customer: str | None
    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal
    lines: list[PreviewLine]
    taxes: list[PreviewTax] | None = OPTIONAL
    transaction: PreviewTransaction | None = OPTIONAL
    relates_to: list[PreviewRelation] | None = OPTIONAL
    balance: Decimal | None = OPTIONAL


class PreviewBilled(BaseModel):
    """What a run issues, and lines without an amount that wait for the next document."""

    documents: list[PreviewDocument]
    waiting: list[PreviewLine]


class PreviewRun(BaseModel):
    """The invoice run of a day, without the command and with it."""

    date: date
    without: PreviewBilled
    with_: PreviewBilled = Field(alias="with")
    difference: list[PreviewAmount]


class PreviewPlan(PlanSummary):
    """The summary of an installment plan."""


class PreviewState(BaseModel):
    """A subscription on a day."""

    status: str
    quantity: int
    unit_price: Decimal
    billing_plan: str
    term_start: date
    term_end: date
    protected_until: date | None


class PreviewStanding(PreviewState):
    """A subscription on the day of `now`, with its plan: null without one."""

    plan: PreviewPlan | None


class PreviewSubscription(BaseModel):
    """`before` is null for what the command brings into being, `later` where all has taken effect already."""

    subscription: str
    before: PreviewStanding | None
    after: PreviewStanding | None
    later: PreviewState | None


class PreviewRejected(BaseModel):
    """What the billing rules would refuse, and why."""

    model_config = ConfigDict(extra="allow")

    type: str
    reason: str


class Preview(BaseModel):
    """What a command would come to: nothing was changed (docs/previews.md)."""

    model_config = ConfigDict(json_schema_extra={"examples": [NEXT_TERM]})

    now: PreviewRun
    next: list[PreviewRun]
    difference: list[PreviewAmount]
    effective: date
    subscriptions: list[PreviewSubscription]
    rejected: list[PreviewRejected]
