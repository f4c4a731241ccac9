"""The billing core alone, on one core: charges of subscription-months and folds of facts, a second, by kind of case.

`python -m tests.benchmarks.core` prints them. Processor time, the median of five rounds.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta

from shared.billing.account import account_of
from shared.billing.facts import Fact
from shared.billing.folding import fold
from shared.billing.masterdata import MasterData
from tests.billing_dsl import Event, Json, facts_from, ordered, price, seats

_ROUNDS = 5
_MONTHS = 36
_START = date(2026, 1, 1)
_END = date(2028, 12, 1)

NCE: Json = {"nce": True, "term": "P1Y", "billing_frequency": "P1M"}


def _monthly_changes() -> list[Event]:
    """A subscription whose seats change in every month of its three years."""
    changes = [seats(10 + place % 7, on=_month(place, 11).isoformat()) for place in range(_MONTHS)]
    return [ordered(10, on="2026-01-01"), *changes]


# What is charged: one subscription of each kind over three years.
CHARGED: dict[str, list[Event]] = {
    "plain": [ordered(10, on="2026-01-01")],
    "stub_and_free_period": [ordered(10, on="2026-01-15", free_period=True)],
    "protected": [ordered(10, on="2026-01-01", price_protection_months=12), price("11.00", since="2026-06-01")],
    "prices_change": [
        ordered(10, on="2026-01-01"),
        *(price(f"{10 + n}.00", since=_day.isoformat()) for n, _day in enumerate((date(2026, 3, 1), date(2027, 5, 1)))),
    ],
    "pricing_rules": [
        ordered(10, on="2026-01-01", unit_cost="8.00", pricing=[{"rule": "margin", "rate": "0.2"}]),
    ],
    "installments": [ordered(10, "120.00", on="2026-01-15", term="P1Y", billing_frequency="P1M")],
    "nce_installments": [ordered(10, "120.00", on="2026-01-15", **NCE)],
    "seats_change_monthly": [],
    "arrears": [ordered(10, on="2026-01-01", charge="arrears")],
}


def _month(place: int, day: int) -> date:
    return date(2026 + place // 12, place % 12 + 1, day)


CHARGED["seats_change_monthly"] = _monthly_changes()

# What is folded: many facts of one subscription of each kind.
FOLDED: dict[str, list[Event]] = {
    "seats": [
        ordered(10, on="2026-01-01"),
        *(seats(10 + n % 9, on=(_START + timedelta(days=n)).isoformat()) for n in range(1, 1_000)),
    ],
    "seats_in_athens": [
        ordered(10, on="2026-01-01", customer={"id": "cus-1", "time_zone": "Europe/Athens"}),
        *(seats(10 + n % 9, on=f"{_START + timedelta(days=n)}T09:30:00+02:00") for n in range(1, 1_000)),
    ],
    "nce_additions": [
        ordered(10, "120.00", on="2026-01-01", **NCE),
        *(seats(10 + n, on=(_START + timedelta(days=n)).isoformat()) for n in range(1, 1_000)),
    ],
}


def measure() -> dict[str, float]:
    """Subscription-months and facts a second by kind, and the slowest of each."""
    months = {f"charges_per_s_{kind}": _charges_a_second(events) for kind, events in CHARGED.items()}
    facts = {f"facts_folded_per_s_{kind}": _folds_a_second(events) for kind, events in FOLDED.items()}
    least = {"core_charges_per_s": min(months.values()), "core_facts_folded_per_s": min(facts.values())}
    return {**months, **facts, **least}


def _charges_a_second(events: list[Event]) -> float:
    """From a folded timeline: prices and policies are asked anew each time, nothing is kept from round to round."""
    facts, master = _known(events)
    timeline = fold("sub-1", facts, master)
    assert timeline is not None

    def charge() -> None:
        account = account_of(timeline, master, _END)
        assert account is not None
        rounding, currency = account.policies.rounding(_END), account.terms.currency
        for layer in account.charges.since(_START, _END):
            for share in layer.shares:
                layer.amount(share, currency, rounding)

    return _MONTHS / _seconds(charge, 60)


def _folds_a_second(events: list[Event]) -> float:
    facts, master = _known(events)
    return len(facts) / _seconds(lambda: fold("sub-1", facts, master), 10)


def _known(events: list[Event]) -> tuple[list[Fact], MasterData]:
    facts = facts_from(events)
    return [fact for fact in facts if fact.scope == "subscription"], MasterData.of(facts)


def _seconds(work: Callable[[], object], times: int) -> float:
    """Processor seconds of one call, the median of the rounds."""
    rounds = []
    for _ in range(_ROUNDS):
        gc.collect()
        began = time.process_time()
        for _ in range(times):
            work()
        rounds.append((time.process_time() - began) / times)
    return statistics.median(rounds)


if __name__ == "__main__":
    for name, figure in measure().items():
        print(f"{name:44} {figure:12,.0f}")
