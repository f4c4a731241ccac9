"""The days by whose end runs know what a command says. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date

from shared.billing.capture import founding_zone
from shared.billing.facts import Fact
from shared.billing.founding import is_founding, known_on, zone_of
from shared.billing.masterdata import MasterData
from shared.billing.moments import civil_date
from shared.billing.run_loop import RunLoop


def known_days(loop: RunLoop, candidates: Iterable[Fact]) -> Iterator[date]:
    """The days by the end of which runs know the candidates."""
    own = {one.id: one.facts for one in loop.subscriptions}
    zones = {zone_of(facts, loop.master) or UTC for facts in own.values()}
    for fact in candidates:
        if fact.scope == "subscription" and fact.scope_id in own:
            yield _counts_on(fact, own[fact.scope_id], loop.master)
        else:
            # In the zones of all that may look at it.
            counted = {UTC, *zones} if fact.scope == "organisation" else zones
            yield from (civil_date(fact.time, tz) for tz in counted)


def _counts_on(fact: Fact, facts: Sequence[Fact], master: MasterData) -> date:
    """The first day by whose end a run knows a fact, and an order that it can be about.

    Before midnight UTC an order may be of tomorrow already, where its customer is: until then facts wait for it in UTC.
    """
    orders = (civil_date(one.time, founding_zone(one, master)) for one in facts if is_founding(one))
    known = known_on(fact, facts, master)
    return max(known, min(orders, default=known))


def moved_orders(without: RunLoop, then: RunLoop) -> Iterator[date]:
    """The days by the end of which runs know the orders that the candidates bring into another zone: in both zones.

    An order takes the zone that was said of the customer before it (rule R0.12). So a command can move one that has a
    later `time` than itself: over midnight another run bills it, and the earlier one differs too.
    """
    for order in (fact for one in without.subscriptions for fact in one.facts if is_founding(fact)):
        zones = {founding_zone(order, loop.master) for loop in (without, then)}
        if len(zones) > 1:
            yield from (civil_date(order.time, tz) for tz in zones)
