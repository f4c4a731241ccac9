"""What projections rely on: a stored timeline is the timeline, and rows stand until the day that was said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from hypothesis import given as each
from hypothesis import strategies as st

from shared.billing.account import Account, account_of
from shared.billing.facts import Fact
from shared.billing.folding import fold
from shared.billing.founding import in_order
from shared.billing.installments import installment_plan
from shared.billing.masterdata import MasterData
from shared.billing.scheduled import scheduled
from shared.billing.state import next_change, next_charge, subscription_state
from shared.billing.timeline import Timeline
from shared.projections.spec import Rows
from shared.projections.subscription_stream import SubscriptionFold
from tests.billing_dsl import facts_from
from tests.strategies.examples import examples
from tests.strategies.histories import History, histories
from tests.strategies.lives import lives

ANY = histories() | lives()
DAYS = st.dates(date(2024, 12, 1), date(2027, 6, 30))


def no_rows(timeline: Timeline, account: Account | None, on: date, extra: None) -> Rows:
    return {}


STORED = SubscriptionFold(no_rows)


def subscriptions(facts: list[Fact]) -> Iterator[tuple[str, list[Fact]]]:
    """Each subscription that has an order, with its facts in their order."""
    master = MasterData.of(facts)
    for name in sorted({fact.scope_id for fact in facts if fact.scope == "subscription"}):
        own = [fact for fact in facts if (fact.scope, fact.scope_id) == ("subscription", name)]
        if ordered := [fact for _, fact in in_order(own, master)]:
            yield name, ordered


@examples
@each(ANY)
def test_a_timeline_that_was_stored_is_the_same_timeline_in_the_same_bytes(history: History) -> None:
    facts = facts_from(history)
    master = MasterData.of(facts)
    for name, own in subscriptions(facts):
        timeline = fold(name, own, master)
        assert timeline is not None
        stored = STORED.dump(timeline)

        loaded = STORED.load(stored)

        assert loaded == timeline
        assert STORED.dump(loaded) == stored


@examples
@each(ANY)
def test_a_stored_timeline_evolves_to_what_folding_everything_gives(history: History) -> None:
    facts = facts_from(history)
    master = MasterData.of(facts)
    for name, own in subscriptions(facts):
        for count in range(1, len(own)):
            known = fold(name, own[:count], master)
            if known is None:
                continue
            evolved = STORED.evolve(STORED.load(STORED.dump(known)), own[count], master)
            if evolved is not None:
                assert STORED.dump(evolved) == STORED.dump(fold(name, own[: count + 1], master) or Timeline(name))


@examples
@each(ANY, DAYS, st.integers(0, 400))
def test_rows_stand_until_the_day_that_was_said(history: History, day: date, later: int) -> None:
    facts = facts_from(history)
    master = MasterData.of(facts)
    for name, own in subscriptions(facts):
        timeline = fold(name, own, master)
        assert timeline is not None
        account = account_of(timeline, master, day)
        if account is None:
            continue
        change = next_change(account, day)
        assert change is None or change > day
        last = (
            day + timedelta(days=later) if change is None else min(change - timedelta(days=1), day + timedelta(later))
        )

        assert shown(timeline, master, last) == shown(timeline, master, day)
        if change is not None:
            eve = change - timedelta(days=1)
            assert shown(timeline, master, eve) == shown(timeline, master, day)


def shown(timeline: Timeline, master: MasterData, day: date) -> tuple[object, ...]:
    """Everything that the rows of a subscription say on a day."""
    account = account_of(timeline, master, day)
    assert account is not None
    payer = account.payer().recipient
    states = subscription_state(account, day), installment_plan(account, frozenset(), day), next_charge(account, day)
    return (
        *states,
        scheduled(account, day),
        payer,
        account.terms.product_id,
        account.timeline.auto_renew,
        account.timeline.rejected,
    )
