"""What a subscription looks like on a day, and what it is charged next: the rows that people read (rule R5.8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from shared.billing.account import Account, looked_at_after
from shared.billing.calendar import ONE_DAY, first_after
from shared.billing.money import round_money
from shared.billing.periods import billing_plan_name
from shared.billing.tax import is_tax_setting
from shared.billing.timeline import End

Status = Literal["pending", "active", "suspended", "expired", "disabled", "deleted", "canceled", "failed"]

# Rule R5.8: how long an expired subscription stays before it is disabled, and a disabled one before it is deleted.
EXPIRED_FOR, DISABLED_FOR = timedelta(days=30), timedelta(days=90)
_A_MONTH = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class SubscriptionState:
    """One subscription on a day, as `simulate` and `read.subscriptions` show it.

    `unit_price` is what one licence costs a cycle; `term_end` is the last day of the term.
    """

    subscription: str
    status: Status
    quantity: int
    unit_price: Decimal
    billing_plan: str
    term_start: date
    term_end: date
    protected_until: date | None


@dataclass(frozen=True, slots=True)
class NextCharge:
    """What a subscription will be charged next, for the seats that are known: the day, and the net of that day."""

    due: date
    net: Decimal


def next_charge(account: Account, on: date) -> NextCharge | None:
    """The first day after `on` with something to charge, and its net; None for what is over or wholly charged."""
    day = max(on, account.terms.start)
    layers = [layer for layer in account.charges.since(day, day) if layer.due > on]
    due = min((layer.due for layer in layers), default=None)
    if due is None:
        return None
    currency, rounding = account.terms.currency, account.policies.rounding
    first = [(layer, share) for layer in layers if layer.due == due for share in layer.shares]
    amounts = (layer.amount(share, currency, rounding(layer.start)) for layer, share in first)
    return NextCharge(due, sum(amounts, round_money(Decimal(0), currency)))


def subscription_state(account: Account, on: date) -> SubscriptionState:
    """The state of a subscription on a day, of what the account knows (contracts, `simulate`).

    After the end quantity, price and term stay as they were on the last covered day.
    """
    timeline = account.timeline
    day = reference_day(account, on)
    terms = account.layout.phase_at(day).terms
    term_start, term_end = account.layout.term_at(day)
    price = account.schedule.first_paid(day)
    return SubscriptionState(
        subscription=timeline.subscription_id,
        status=status_on(account, on),
        quantity=timeline.quantity_on(max(on, terms.start)),
        unit_price=price.shown,
        billing_plan=billing_plan_name(terms.term, terms.frequency),
        term_start=term_start,
        term_end=term_start if terms.term is None else term_end - ONE_DAY,
        protected_until=price.quote.price.protected_until,
    )


def status_on(account: Account, on: date) -> Status:
    """The status on a day: its end first, then provisioning and suspension, then whether it has begun (rule R5.8)."""
    timeline = account.timeline
    end = timeline.end
    if end is not None and on >= end.on:
        return "canceled" if end.kind == "canceled" else _after_expiry(account, end, on)
    if on < account.terms.start:
        return "pending"
    status: Status = "active"
    for change in timeline.statuses:
        if change.on <= on:
            status = change.status
    return status


def _after_expiry(account: Account, end: End, on: date) -> Status:
    """Expired for a while, then disabled, then deleted; what was suspended is disabled at once (rule R5.8)."""
    if on >= end.on + EXPIRED_FOR + DISABLED_FOR:
        return "deleted"
    if on >= end.on + EXPIRED_FOR or account.timeline.suspended_on(end.on - ONE_DAY):
        return "disabled"
    return "expired"


def next_change(account: Account, on: date) -> date | None:
    """The next day on which a subscription's state or next charge differs by the passing of time alone, if any.

    Rather a day too many: on one that changes nothing the same rows come out again.
    """
    timeline, layout = account.timeline, account.layout
    start = layout.phases[0].begins
    days = [start, *_becomes_known_or_holds(account, on)]
    moments = [change.on for change in timeline.seats] + [change.on for change in timeline.statuses]
    moments += [phase.begins for phase in layout.phases]
    # What was changed in the last month may wait for the billing day (rule R1.9), also in the middle of a long cycle.
    days += moments + [account.policies.partial_due(day) for day in moments if on - _A_MONTH < day <= on]
    if account.policies.splits_cycles():
        days.append(first_after(on, account.terms.anchor_day))
    end = timeline.end
    if end is not None:
        days.append(end.on)
        if end.kind == "expired":
            days += [end.on + EXPIRED_FOR, end.on + EXPIRED_FOR + DISABLED_FOR]
    if layout.phases[0].terms.frequency is not None and start <= on and (end is None or on < end.on):
        days.append(layout.cycle_at(on).end)
    return min((day for day in days if day > on), default=None)


def _becomes_known_or_holds(account: Account, on: date) -> Iterator[date]:
    """When something that has arrived becomes known or a setting that is known begins to hold, next after a day."""
    master, tz = account.policies.master, account.terms.tz
    for day in (
        looked_at_after(account, on),
        master.settings.next_change(_is_shown, on, tz),
    ):
        if day is not None:
            yield day


def _is_shown(key: str) -> bool:
    """Whether the next charge or installment that people see depends on a setting as it is on the day."""
    return key == "rounding" or is_tax_setting(key)


def reference_day(account: Account, on: date) -> date:
    """The day whose term and price are shown: today, but within the life of the subscription."""
    end = account.timeline.end
    day = on if end is None or on < end.on else end.on - ONE_DAY
    return max(day, account.terms.start)
