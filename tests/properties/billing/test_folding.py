"""Folding takes whatever comes: each fact has its effect or its reason, in any order, one by one or all at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from hypothesis import given as each
from hypothesis import strategies as st

from services.invoicing.simulation import simulate
from shared.billing.facts import Ref
from shared.billing.folding import evolve, fold
from shared.billing.founding import in_order
from shared.billing.masterdata import MasterData
from shared.billing.timeline import Timeline
from tests.billing_dsl import facts_from
from tests.full_looks import by_subscription
from tests.strategies.events import DATA
from tests.strategies.examples import examples
from tests.strategies.histories import LAST_DAY, Event, History, histories
from tests.strategies.stated_settings import command_line


@examples
@each(histories(), command_line())
def test_a_fact_that_sorts_last_evolves_the_timeline_to_what_folding_gives(
    history: History, stated: dict[str, str]
) -> None:
    facts = facts_from(history)
    master = MasterData.of(facts, stated)
    for subscription, unordered in by_subscription(facts).items():
        own = [fact for _, fact in in_order(unordered, master)]
        for count in range(1, len(own)):
            known = fold(subscription, own[:count], master) or Timeline(subscription)
            before = known.copy()
            evolved = evolve(known, own[count], master)
            assert known == before
            if evolved is not None:
                assert evolved == fold(subscription, own[: count + 1], master)


def effects(timeline: Timeline) -> Iterator[Ref]:
    """The events that a timeline goes back to."""
    for steps in (timeline.phases, timeline.seats, timeline.statuses, timeline.edits):
        yield from (step.by for step in steps)
    for pending in (timeline.renewal_off, timeline.plan_switch, timeline.next_term, timeline.cancellation):
        if pending is not None:
            yield pending.by


# What may stand nowhere: it took back what stood, or it said again what held already.
QUIET = {"AutoRenewChanged", "BillingPlanChanged", "NextTermDiscarded", "NextTermScheduled", "SubscriptionCanceled"}
QUIET |= {"SubscriptionProvisioned"}
# A price that was edited for the next term falls with the product it was of.
QUIET_WHERE_CONVERTED = QUIET | {"PricingEdited"}


@examples
@each(histories(), command_line())
def test_every_fact_has_its_effect_or_is_rejected_with_a_reason(history: History, stated: dict[str, str]) -> None:
    facts = facts_from(history)
    master = MasterData.of(facts, stated)
    for subscription, own in by_subscription(facts).items():
        timeline = fold(subscription, own, master)
        assert timeline is not None
        found = set(effects(timeline))
        refused = {Ref(rejection.source, rejection.id) for rejection in timeline.rejected}
        assert all(rejection.reason for rejection in timeline.rejected)
        converted = any(fact.type == "SubscriptionConverted" for fact in own)
        without_effect = {fact.type for fact in own if fact.ref not in found | refused}
        assert without_effect <= (QUIET_WHERE_CONVERTED if converted else QUIET)


_OF_SUBSCRIPTIONS = [
    name for name, data in DATA.items() if name.startswith(("Subscription", "Pric", "Next", "Licenses", "Auto", "Bill"))
]
_MOMENTS = st.dates(date(2024, 1, 1), date(2027, 12, 31)).map(date.isoformat)


@st.composite
def wild(draw: st.DrawFn) -> History:
    """Events whose data is anything that can be read, about one subscription of one customer and product."""
    said: list[Event] = []
    for event_type in ["OrderExecuted", *draw(st.lists(st.sampled_from(_OF_SUBSCRIPTIONS), max_size=6))]:
        data = draw(DATA[event_type])
        for block in (data, *data.get("items", ())):
            block |= {"subscription_id": "sub-1"} if "subscription_id" in block else {}
            block |= {"product_id": "p"} if "product_id" in block else {}
            block |= {"product": {"id": "p"}} if "product" in block else {}
        if "items" in data:
            del data["items"][1:]
        said.append({"type": event_type, "time": draw(_MOMENTS), "data": data})
    return [{"id": str(number), "source": "s"} | event for number, event in enumerate(said, 1)]


@examples
@each(wild(), command_line())
def test_whatever_can_be_read_is_billed_or_refused(history: History, stated: dict[str, str]) -> None:
    result = simulate(facts_from(history), LAST_DAY, settings=stated)

    assert all(rejected.reason for rejected in result.rejected)
    assert all(document.net >= 0 for document in result.documents)
