"""The billing core alone, on one core: charges of subscription-months and folds of facts, a second, by kind of case.

`python -m tests.benchmarks.core` prints them. Processor time, 25 rounds.
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

_ROUNDS = 25
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
    """Subscription-months and facts a second by kind: the median, the best round of all, and the slowest kind.

    The kinds take turns, round by round, so that a slow moment of a shared machine meets all of them alike.
    """
    works = {f"charges_per_s_{kind}": _charging(events) for kind, events in CHARGED.items()}
    works |= {f"facts_folded_per_s_{kind}": _folding(events) for kind, events in FOLDED.items()}
    rounds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(_ROUNDS):
        gc.collect()
        for name, work in works.items():
            rounds[name].append(work())
    figures = {name: statistics.median(found) for name, found in rounds.items()}
    least = {
        f"core_{what}": min(figure for name, figure in figures.items() if name.startswith(what))
        for what in ("charges_per_s", "facts_folded_per_s")
    }
    return {**figures, **least, **{f"{name}_best": max(found) for name, found in rounds.items()}}


def _charging(events: list[Event]) -> Callable[[], float]:
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

    return lambda: _MONTHS / _seconds(charge, 20)


def _folding(events: list[Event]) -> Callable[[], float]:
    facts, master = _known(events)
    return lambda: len(facts) / _seconds(lambda: fold("sub-1", facts, master), 2)


def _known(events: list[Event]) -> tuple[list[Fact], MasterData]:
    facts = facts_from(events)
    return [fact for fact in facts if fact.scope == "subscription"], MasterData.of(facts)


def _seconds(work: Callable[[], object], times: int) -> float:
    """Processor seconds of one call."""
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times


if __name__ == "__main__":
    for name, figure in measure().items():
        print(f"{name:44} {figure:12,.0f}")
