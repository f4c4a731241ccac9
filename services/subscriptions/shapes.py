"""A subscription as JSON, as the API shows it and commands answer with it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from psycopg.types.json import Jsonb

from services.subscriptions.projection import STATE, subscription_row
from shared.billing.account import Account
from shared.billing.calendar import ONE_DAY

Json = dict[str, object]


def subscription_shape(account: Account, on: date) -> Json:
    """The columns of read.subscriptions: dates as ISO 8601, amounts as strings."""
    row = subscription_row(account, on)
    return {name: _plain(value) for name, value in zip(STATE, row, strict=True)}


def last_day_of(account: Account) -> str | None:
    """The last day that is covered, where something ends it; None while it goes on."""
    end = account.timeline.end
    return None if end is None else (end.on - ONE_DAY).isoformat()


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Jsonb):
        return value.obj
    return str(value) if isinstance(value, Decimal) else value
