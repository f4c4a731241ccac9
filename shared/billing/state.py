"""What a subscription looks like on a day, and its installment plan: the rows that people read (rule R4.8, R5.8)."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from shared.billing.account import Account
from shared.billing.calendar import ONE_DAY
from shared.billing.money import round_money
from shared.billing.periods import billing_plan_name
from shared.billing.tax import is_tax_setting

Status = Literal["pending", "active", "suspended", "expired", "disabled", "deleted", "canceled", "failed"]


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
class InstallmentPlan:
    """The summary of a billing plan's current term (rule R4.8). Amounts in the subscription's currency."""

    subscription: str
    billing_plan: str
    installments: int
    invoiced: int
    excluded: int
    remaining: int
    next_invoice_date: date | None
    next_invoice_amount: Decimal | None
    next_invoice_gross: Decimal | None
    extra_charge_rate: Decimal


@dataclass(frozen=True, slots=True)
class NextCharge:
    """What a subscription will be charged next, for the seats that are known: the day, and the net of that day."""

    due: date
    net: Decimal


def next_charge(account: Account, on: date) -> NextCharge | None:
    """The first day after `on` with something to charge, and its net; None for what is over or wholly charged."""
    layers = [layer for layer in account.charges.since(max(on, account.terms.start), on) if layer.due > on]
    due = min((layer.due for layer in layers), default=None)
    if due is None:
        return None
    rounding, currency = account.policies.rounding(on), account.terms.currency
    first = [(layer, share) for layer in layers if layer.due == due for share in layer.shares]
    amounts = (layer.amount(share, currency, rounding) for layer, share in first)
    return NextCharge(due, sum(amounts, round_money(Decimal(0), currency)))


def subscription_state(account: Account, on: date) -> SubscriptionState:
    """The state of a subscription on a day, of what the account knows (contracts, `simulate`).

    After the end quantity, price and term stay as they were on the last covered day.
    """
    terms, timeline = account.terms, account.timeline
    day = _reference_day(account, on)
    term_start, term_end = terms.term_at(day)
    unit, protected_until = _unit_price(account, day)
    return SubscriptionState(
        subscription=timeline.subscription_id,
        status=status_on(account, on),
        quantity=timeline.quantity_on(max(on, terms.start)),
        unit_price=unit,
        billing_plan=billing_plan_name(terms.term, terms.frequency),
        term_start=term_start,
        term_end=term_start if terms.term is None else term_end - ONE_DAY,
        protected_until=protected_until,
    )


def status_on(account: Account, on: date) -> Status:
    """The status on a day: its end first, then provisioning and suspension, then whether it has begun (rule R5.8)."""
    timeline = account.timeline
    if timeline.end is not None and on >= timeline.end.on:
        return timeline.end.kind
    if on < account.terms.start:
        return "pending"
    status: Status = "active"
    for change in timeline.statuses:
        if change.on <= on:
            status = change.status
    return status


def installment_plan(account: Account, issued: Container[date], on: date) -> InstallmentPlan | None:
    """The plan of the term that a day falls into; None without a billing plan and once canceled (rule R4.8).

    One that has expired shows its last term. `issued` holds the cycle starts whose base installment stands on an issued
    document.
    """
    terms, timeline = account.terms, account.timeline
    if not terms.has_installments or status_on(account, on) == "canceled":
        return None
    cycles, n = terms.cycles, terms.installments
    first = max(cycles.index_at(_reference_day(account, on)), 0) // n * n
    starts = [cycles.boundary(index) for index in range(first, first + n)]
    taken_over = terms.billed_from
    excluded = [start for start in starts if taken_over is not None and start < taken_over]
    invoiced = [start for start in starts if start in issued and start not in excluded]
    open_starts = [start for start in starts if start not in excluded and start not in invoiced]
    next_start = _next_start(account, open_starts, cycles.boundary(first + n))
    net = None if next_start is None else _installment_net(account, next_start, on)
    gross = None if net is None else net + round_money(net * account.payer().tax_rate, terms.currency)
    return InstallmentPlan(
        subscription=timeline.subscription_id,
        billing_plan=billing_plan_name(terms.term, terms.frequency),
        installments=n,
        invoiced=len(invoiced),
        excluded=len(excluded),
        remaining=n - len(invoiced) - len(excluded),
        next_invoice_date=next_start,
        next_invoice_amount=net,
        next_invoice_gross=gross,
        extra_charge_rate=account.prices.extra_charge(terms.start if first == 0 else starts[0]),
    )


def next_change(account: Account, on: date) -> date | None:
    """The next day on which a subscription's state differs by the passing of time alone; None when it never will."""
    terms, timeline = account.terms, account.timeline
    if on < terms.start:
        return terms.start
    changes = [change.on for change in timeline.seats] + [change.on for change in timeline.statuses]
    days = [day for day in changes if day > on]
    if terms.has_installments:  # the gross of the next installment
        taxed_from = account.policies.master.settings.next_change(is_tax_setting, on, terms.tz)
        days += [] if taxed_from is None else [taxed_from]
    if timeline.end is not None:
        if on >= timeline.end.on:
            return min(days, default=None)
        days.append(timeline.end.on)
    if terms.frequency is not None:
        days.append(terms.cycles.at(on).end)
    return min(days, default=None)


def _reference_day(account: Account, on: date) -> date:
    """The day whose term and price are shown: today, but within the life of the subscription."""
    end = account.timeline.end
    day = on if end is None or on < end.on else end.on - ONE_DAY
    return max(day, account.terms.start)


def _unit_price(account: Account, day: date) -> tuple[Decimal, date | None]:
    """What one licence costs in the cycle of a day (of a free one: the first paid), and until when it is protected."""
    terms, schedule = account.terms, account.schedule
    if terms.frequency is None:
        return round_money(account.prices.unit(terms.start), terms.currency), None
    cycles = terms.cycles
    cycle = cycles.at(day)
    priced = schedule.priced(cycles.cycle(0) if cycle.is_stub and terms.free_period else cycle)
    index = max(priced.cycle.index, 0)
    priced_from = terms.start if priced.cycle.is_stub else cycles.boundary(index - index % terms.installments)
    return priced.shown, account.prices.at(priced_from).protected_until


def _next_start(account: Account, open_starts: list[date], renewal: date) -> date | None:
    """The earliest remaining installment; with none left the first of the renewed plan (rule R4.8)."""
    end = account.timeline.end
    start = open_starts[0] if open_starts else renewal
    return None if end is not None and start >= end.on else start


def _installment_net(account: Account, start: date, on: date) -> Decimal:
    """The net of the installment that begins on a day, for the seats held now; with extra charge (rule R4.8)."""
    priced = account.schedule.priced(account.terms.cycles.at(start))
    return priced.shown * account.timeline.quantity_on(max(on, account.terms.start))
