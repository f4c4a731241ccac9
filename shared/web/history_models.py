"""What happened to a subscription and its life over time, as the API tells them: for the API and the console."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, Field

from shared.events.models.base import OPTIONAL
from shared.events.models.documents import EventRef


class SubscriptionEvent(BaseModel):
    """An event that bears on a subscription. `about` is what it speaks of: the subscription, its product or customer.

    `says` is what it says in words, `data` the same as JSON, as far as whoever asks may see it; `effective` the day
    from which that counts. `rejected` is why the rules refuse it, `topic`, `partition` and `offset` where it lies.
    """

    source: str
    id: str
    type: str
    time: str
    effective: str
    about: str
    says: str
    data: dict[str, Any]
    rejected: str | None = OPTIONAL
    topic: str | None = OPTIONAL
    partition: int | None = OPTIONAL
    offset: int | None = OPTIONAL


class Days(BaseModel):
    """Days, `from` and `to` both covered; without a `to` no end of them is known."""

    from_: date = Field(alias="from")
    to: date | None


class SeatsFrom(BaseModel):
    """The seats from a day on: 0 from the first day after the end. `event` is what brought this total."""

    from_: date = Field(alias="from")
    quantity: int
    event: EventRef


class PriceIn(Days):
    """What one licence costs a cycle, extra charge included, and where that price comes from (docs/explain.md).

    `excluded`: others billed it, before a takeover. `event` is what set the price.
    """

    unit_price: Decimal
    product: str
    origin: str
    protected_until: date | None
    free: bool
    excluded: bool
    event: EventRef


class SeatsWindow(BaseModel):
    """Seats of the running term that came together, and until when they can be given back: at all, and in full."""

    opened: datetime
    seats: int
    full_refund_until: datetime | None
    change_until: datetime | None


class Timeline(BaseModel):
    """The life of a subscription, up to the last day of the running term and what is scheduled after it.

    `ends` is the last day that is covered, null while none is known; `today` the day where the customer is.
    """

    subscription: str
    currency: str
    today: date
    starts: date
    ends: date | None
    until: date
    seats: list[SeatsFrom]
    prices: list[PriceIn]
    free: list[Days]
    suspended: list[Days]
    cycles: list[Days]
    terms: list[Days]
    windows: list[SeatsWindow]
