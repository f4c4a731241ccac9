"""The installment plan of a subscription: the summary of its running term that people read (rule R4.8)."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.billing.account import Account
from shared.billing.money import round_money, share_of
from shared.billing.periods import billing_plan_name
from shared.billing.state import reference_day, status_on
from shared.billing.suspension import billed_seats
from shared.billing.timeline import SeatChange


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


def installment_plan(account: Account, issued: Container[date], on: date) -> InstallmentPlan | None:
    """The plan of the term that a day falls into; None without a billing plan and once canceled (rule R4.8).

    One that has expired shows its last term, a trial the plan that it leads to. `issued` holds the cycle starts of
    which something stands on an issued document.
    """
    layout = account.layout
    day = reference_day(account, on)
    phase = layout.phase_at(day)
    if phase.kind == "trial" and phase.cycles.until is not None:
        phase = layout.phase_at(phase.cycles.until)
    terms = phase.terms
    if not terms.has_installments or status_on(account, on) == "canceled":
        return None
    term_start, renewal = phase.term_of(phase.cycles.index_at(max(day, phase.begins)))
    starts = list(_installments(account, term_start, renewal))
    seats = billed_seats(account.timeline, account.policies)
    taken_over = terms.billed_from
    excluded = [
        start
        for start in starts
        if (taken_over is not None and start < taken_over)
        or (start <= on and _nobody_pays(seats, start, phase.cycles.at(start).end))
    ]
    invoiced = [start for start in starts if start in issued and start not in excluded]
    open_starts = [start for start in starts if start not in excluded and start not in invoiced]
    next_start = _next_start(account, open_starts, renewal)
    net = None if next_start is None else _installment_net(account, next_start, on)
    gross = None if net is None else net + round_money(net * account.payer().tax_rate, terms.currency)
    return InstallmentPlan(
        subscription=account.timeline.subscription_id,
        billing_plan=billing_plan_name(terms.term, terms.frequency),
        installments=len(starts),
        invoiced=len(invoiced),
        excluded=len(excluded),
        remaining=len(open_starts),
        next_invoice_date=next_start,
        next_invoice_amount=net,
        next_invoice_gross=gross,
        extra_charge_rate=account.schedule.stretch_at(max(day, phase.begins)).quote.extra_charge,
    )


def _nobody_pays(seats: Sequence[SeatChange], start: date, end: date) -> bool:
    """Whether an installment lies in a suspension that is not billed: nothing is ever due of it (rule R5.7)."""
    before = [change.quantity for change in seats if change.on <= start]
    inside = [change.quantity for change in seats if start < change.on < end]
    return bool(before) and not any((before[-1], *inside))


def _installments(account: Account, term_start: date, renewal: date) -> Iterator[date]:
    """The starts of a term's installments, also where its plan was changed inside it (rule R4.14)."""
    for windows in account.layout.since(term_start):
        first = windows[0]
        if first.begins >= renewal:
            return
        if first.phase.counts(first.cycle):
            yield first.cycle.start


def _next_start(account: Account, open_starts: list[date], renewal: date) -> date | None:
    """The earliest remaining installment; with none left the first of the renewed plan (rule R4.8)."""
    end = account.timeline.end
    start = open_starts[0] if open_starts else renewal
    return None if end is not None and start >= end.on else start


def _installment_net(account: Account, start: date, on: date) -> Decimal:
    """The net of the installment that begins on a day, for the seats held now; with extra charge (rule R4.8)."""
    stretch = account.schedule.stretch_at(start)
    cycle, currency = stretch.cycle, stretch.phase.terms.currency
    unit = round_money(share_of(stretch.unit, cycle.days, cycle.full_days), currency)
    return unit * account.timeline.quantity_on(max(on, account.terms.start))
