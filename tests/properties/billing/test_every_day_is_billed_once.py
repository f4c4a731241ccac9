"""For each day of a subscription's paid life exactly the seats held are charged: no gap, no overlap, whatever happens.

Trials, conversions, renewals, moved billing days, switched plans, extended terms and custom ends: each lays its cycles
beside the ones before. Only what the rules let stand without being used, or used without being charged, is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import example
from hypothesis import given as each

from services.invoicing.simulation import simulate
from shared.billing.account import Account
from shared.billing.ledger import IssuedLine
from shared.billing.masterdata import MasterData
from shared.billing.netting import full_returns
from tests.billing_dsl import facts_from
from tests.full_looks import accounts_on, days_between
from tests.strategies.examples import examples
from tests.strategies.histories import LAST_DAY, Event, History, histories

# Paid seats stay paid (R3.2, R3.3), or are held for a while without being billed (`billing: none`).
_LETS_STAND = {"decrease_credit", "refund_policy", "billing"}
_AMOUNTS = {"unit_price", "protected_price"}


# An add-on whose second cycle begins the day before it ends with its parent, 24 hours later: it comes back in full.
GIVEN_BACK_AFTER_A_DAY: History = [
    {
        "id": "1", "source": "urn:test:upstream", "time": "2025-01-31", "type": "OrderExecuted",
        "data": {
            "order_id": "ord-1", "currency": "EUR", "customer": {"id": "cus-1"},
            "items": [{
                "item_id": "1", "subscription_id": "sub-1", "product": {"id": "pro-1"}, "quantity": 1,
                "unit_price": "10.00",
            }],
        },
    },
    {
        "id": "2", "source": "urn:test:upstream", "time": "2025-01-31", "type": "OrderExecuted",
        "data": {
            "order_id": "ord-2", "currency": "EUR", "customer": {"id": "cus-1"},
            "items": [{
                "item_id": "1", "subscription_id": "sub-2", "product": {"id": "pro-1"}, "quantity": 1,
                "unit_price": "10.00", "nce": True, "parent_subscription_id": "sub-1",
            }],
        },
    },
    {
        "id": "3", "source": "urn:test:upstream", "time": "2025-01-31", "type": "AutoRenewChanged",
        "data": {"subscription_id": "sub-1", "customer_id": "cus-1", "auto_renew": False},
    },
]  # fmt: skip


def dearer(value: Any) -> Any:
    """The same data at prices of which no day costs less than a yen, where a line would be left out."""
    if isinstance(value, list):
        return [dearer(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: str(Decimal(said) * 1000 + 90000) if name in _AMOUNTS else dearer(said)
        for name, said in value.items()
        if name not in _LETS_STAND
    }


def bears_on_it(event: Event) -> bool:
    return event["data"].get("key") not in _LETS_STAND


def billed_by_day(lines: Sequence[IssuedLine]) -> Counter[date]:
    """Seats that are charged less seats that are credited, on each day."""
    billed: Counter[date] = Counter()
    for line in lines:
        for day in days_between(line.start, line.end - timedelta(days=1)):
            billed[day] += line.quantity if line.returns is None else -line.quantity
    return billed


def seats_to_bill(account: Account, day: date) -> int | None:
    """The seats of a day by facts and phases alone; None where another rule than this one decides."""
    timeline, phase = account.timeline, account.layout.phase_at(day)
    terms = phase.terms
    if terms.charge == "one_time" or (terms.billed_from is not None and day < _first_own_cycle(account)):
        return None
    cycle = account.layout.cycle_at(day)
    if phase.free and cycle.is_stub:
        return None  # free lines wait for a document with an amount (R6.6), and nothing of them is credited (R1.5)
    if any(one.bought_on <= day < one.on for one in full_returns(timeline)):
        return None  # held, and not paid: given back within the vendor's hours, on a later day (R5.1)
    if timeline.end is not None and day >= timeline.end.on:
        # An add-on ends with its parent, also when its window is closed: the cycle that runs stays paid (R3.3).
        return 0 if timeline.end.refunded or day >= account.layout.cycle_at(timeline.end.on).end else None
    if terms.charge == "arrears" and cycle.end > LAST_DAY and (timeline.end is None or timeline.end.on > LAST_DAY):
        return None
    return 0 if _is_paused(account, day) else timeline.quantity_on(day)


def _first_own_cycle(account: Account) -> date:
    """The first cycle of an import that begins when it is ours: the running one is excluded, with what is in it."""
    terms = account.layout.phases[0].terms
    assert terms.billed_from is not None
    cycle = account.layout.cycle_at(max(terms.billed_from, terms.start))
    return cycle.start if cycle.start >= terms.billed_from else cycle.end


def _is_paused(account: Account, day: date) -> bool:
    """Whether a day lies in a suspension that is not billed (R5.7)."""
    paused = False
    for change in account.timeline.statuses:
        if change.on <= day and change.status == "suspended":
            paused = paused or not account.policies.bills_while_suspended(change.on)
        elif change.on <= day and change.status == "active":
            paused = False
    return paused


@examples
@example(GIVEN_BACK_AFTER_A_DAY)
@each(histories(max_subscriptions=2))
def test_the_seats_held_on_a_day_are_charged_once(history: History) -> None:
    facts = facts_from(dearer([event for event in history if bears_on_it(event)]))
    documents = simulate(facts, LAST_DAY).documents

    for account in accounts_on(facts, MasterData.of(facts), LAST_DAY):
        own = [
            line for one in documents for line in one.lines if line.key.subscription == account.timeline.subscription_id
        ]
        billed = billed_by_day(own)
        # What was free when it was billed, and no longer is, is charged beside lines that stay (R1.5).
        paid = billed_by_day([line for line in own if line.kind != "free"])
        for day in days_between(account.layout.phases[0].begins, LAST_DAY):
            wanted = seats_to_bill(account, day)
            found = billed if account.layout.phase_at(day).free else paid
            assert wanted is None or found[day] == wanted, day
        assert not [day for day in billed if day < account.layout.phases[0].begins and billed[day]]
