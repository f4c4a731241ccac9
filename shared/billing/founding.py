"""Founding: which order or import a subscription begins with, and in which zone each fact about it is known (R0.11).

An order captures its customer's zone, so a second order of one subscription, which the rules refuse, may have another.
Each is known and dated in its own zone; every other fact in the zone of the one that founds, of those known by then.
Asked of more or later facts the answer may differ, of the same ones in another order it never does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, tzinfo

from shared.billing.calendar import ONE_DAY
from shared.billing.capture import founding_zone, terms_of
from shared.billing.facts import Fact
from shared.billing.masterdata import MasterData
from shared.billing.moments import FOUNDING, OrderKey, civil_date, order_key
from shared.billing.terms import Refused


def is_founding(fact: Fact) -> bool:
    """Whether a fact can bring a subscription into being."""
    return isinstance(fact.body, FOUNDING)


def founder(facts: Iterable[Fact], master: MasterData) -> Fact | None:
    """The first order or import that the rules accept; the first of all where they refuse each, None without any."""
    founding = [fact for fact in facts if is_founding(fact)]
    if len(founding) < 2:
        return founding[0] if founding else None
    founding.sort(key=lambda fact: order_key(fact, founding_zone(fact, master)))
    return next((fact for fact in founding if _is_accepted(fact, master)), founding[0])


def zone_of(facts: Iterable[Fact], master: MasterData) -> tzinfo | None:
    """The customer's zone of a subscription; None while it waits for its order."""
    first = founder(facts, master)
    return None if first is None else founding_zone(first, master)


def in_order(facts: Sequence[Fact], master: MasterData) -> list[tuple[OrderKey, Fact]]:
    """The facts of a subscription as they are folded (rule R0.11), each with its place; none without an order."""
    tz = zone_of(facts, master)
    if tz is None:
        return []
    placed = [(order_key(fact, founding_zone(fact, master) if is_founding(fact) else tz), fact) for fact in facts]
    return sorted(placed, key=lambda pair: pair[0])


def known_facts(facts: Iterable[Fact], master: MasterData, day: date) -> list[Fact]:
    """The facts about a subscription that a run on a day knows: whose `time` falls on it or before (contracts).

    While no order of it is known, in UTC: then nobody's zone is.
    """
    founding: list[Fact] = []
    others: list[Fact] = []
    for fact in facts:
        if not is_founding(fact):
            others.append(fact)
        elif civil_date(fact.time, founding_zone(fact, master)) <= day:
            founding.append(fact)
    tz = zone_of(founding, master) or UTC
    return founding + [fact for fact in others if civil_date(fact.time, tz) <= day]


def known_after(facts: Sequence[Fact], master: MasterData, day: date) -> date | None:
    """The first day after `day` on which a run knows more of these facts about a subscription that has its order."""
    days: list[date] = []
    founding: list[Fact] = []
    for fact in filter(is_founding, facts):
        on = civil_date(fact.time, founding_zone(fact, master))
        days.append(on)
        if on <= day:
            founding.append(fact)
    tz = zone_of(founding, master)
    if tz is not None:
        days += [civil_date(fact.time, tz) for fact in facts if not is_founding(fact)]
    return min((on for on in days if on > day), default=None)


def known_on(fact: Fact, facts: Sequence[Fact], master: MasterData) -> date:
    """The first day on which a run knows one of the facts about a subscription."""
    zones = {UTC, *(founding_zone(one, master) for one in facts if is_founding(one))}
    day = min(civil_date(fact.time, tz) for tz in zones)
    while fact not in known_facts(facts, master, day):
        day += ONE_DAY
    return day


def _is_accepted(fact: Fact, master: MasterData) -> bool:
    try:
        terms_of(fact, master)
    except Refused:
        return False
    return True
