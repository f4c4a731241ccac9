"""What is skipped cannot matter: days without a run, cycles left out of a look, states kept until the next change.

`simulate` looks at a subscription only on days on which something of it can happen, and then only at cycles that are
still open. Rows of projections are made again only on the days that `next_change` names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, timedelta
from decimal import Decimal

from hypothesis import given as each
from hypothesis import settings
from hypothesis import strategies as st

from services.invoicing.simulation import simulate
from shared.billing.account import Account, account_of, account_on
from shared.billing.documents import Document
from shared.billing.facts import Fact
from shared.billing.folding import fold
from shared.billing.installments import installment_plan
from shared.billing.masterdata import MasterData
from shared.billing.moments import civil_date
from shared.billing.scheduled import scheduled
from shared.billing.state import next_change, subscription_state
from tests.billing_dsl import facts_from
from tests.full_looks import ONE_DAY, FullLooks, accounts_on, by_subscription, days_between
from tests.strategies.examples import EXAMPLES, examples
from tests.strategies.families import FIRST as FIRST_ORDER
from tests.strategies.families import LAST, families
from tests.strategies.histories import LAST_DAY, History, crowded, histories
from tests.strategies.stated_settings import command_line

# Before anything that a history can date back.
FIRST = date(2024, 11, 15)
DAYS = st.dates(date(2025, 1, 1), LAST_DAY)

# They look at every day of two years: a quarter of the examples takes as long as others take for all of theirs.
some = settings(deadline=None, max_examples=max(EXAMPLES // 4, 1))


def alone(document: Document) -> Document:
    """A document without what it owes to others: relations are made of all documents of a run."""
    return replace(document, relates_to=(), balance=Decimal(0), transaction=None)


@some
@each(histories(max_subscriptions=2, max_changes=6), command_line())
def test_looking_at_everything_every_day_finds_no_more_than_simulate(history: History, stated: dict[str, str]) -> None:
    facts = facts_from(history)
    looks = FullLooks(facts, stated)
    found = [alone(document) for day in days_between(FIRST, LAST_DAY) for document in looks.run(day)]

    simulated = simulate(facts, LAST_DAY, settings=stated).documents
    assert [alone(document) for document in simulated] == sorted(found, key=lambda document: document.sort_key)


# While seats can still be given back, and some are billed again and again.
windows = st.fixed_dictionaries(
    {"full_refund_hours": st.sampled_from(["168", "24", "0"]), "rounding": st.sampled_from(["line", "unit"])}
)


@examples
@each(crowded(), windows, command_line())
def test_nor_does_it_where_a_lot_happens_to_the_seats_of_a_few_days(
    history: History, stated: dict[str, str], more: dict[str, str]
) -> None:
    facts, last = facts_from(history), date(2025, 3, 25)
    looks = FullLooks(facts, more | stated)
    found = [alone(document) for day in days_between(date(2024, 12, 1), last) for document in looks.run(day)]

    simulated = simulate(facts, last, settings=more | stated).documents
    assert [alone(document) for document in simulated] == sorted(found, key=lambda document: document.sort_key)


@examples
@each(families())
def test_nor_does_it_where_add_ons_are_in_other_zones_than_their_parents(history: History) -> None:
    facts = facts_from(history)
    looks = FullLooks(facts)
    found = [alone(document) for day in days_between(FIRST_ORDER - ONE_DAY, LAST) for document in looks.run(day)]

    simulated = simulate(facts, LAST).documents
    assert [alone(document) for document in simulated] == sorted(found, key=lambda document: document.sort_key)


@examples
@each(families(), st.data())
def test_a_run_sees_an_add_on_follow_the_end_that_it_sees_of_its_parent(history: History, data: st.DataObject) -> None:
    facts = facts_from(history)
    master, own = MasterData.of(facts), by_subscription(facts)
    day = data.draw(st.dates(FIRST_ORDER, LAST))
    accounts = {name: account_on(name, some, master, day) for name, some in own.items()}
    for account in filter(None, accounts.values()):
        parent = accounts.get(account.terms.parent_id or "")
        end = None if parent is None else parent.timeline.end
        follows = end is not None and end.on > account.terms.start
        assert (account.timeline.parent_end is not None) == follows


def shown(account: Account, on: date) -> tuple[object, ...]:
    """What people read of a subscription, as projections write it; what is invoiced is another matter."""
    return subscription_state(account, on), installment_plan(account, frozenset(), on), scheduled(account, on)


@some
@each(histories(max_subscriptions=1), command_line())
def test_by_time_alone_a_state_changes_only_on_the_day_that_next_change_names(
    history: History, stated: dict[str, str]
) -> None:
    facts = facts_from(history)
    master = MasterData.of(facts, stated)
    everything_known = max(civil_date(fact.time, UTC) for fact in facts) + timedelta(days=1)
    for subscription, own in by_subscription(facts).items():
        timeline = fold(subscription, own, master)
        assert timeline is not None
        coming, before = everything_known, None
        for day in days_between(everything_known, everything_known + timedelta(days=800)):
            account = account_of(timeline, master, day)
            if account is None:
                break
            now = shown(account, day)
            if day == coming:
                coming = next_change(account, day) or date.max
                assert coming > day
            else:
                assert now == before
            before = now


def known_by(facts: Sequence[Fact], day: date) -> list[Fact]:
    """Without the facts that are later wherever the customer is."""
    return [fact for fact in facts if civil_date(fact.time, UTC) <= day + timedelta(days=1)]


@examples
@each(histories(), DAYS, command_line())
def test_what_comes_later_has_no_part_in_what_is_known_on_a_day(
    history: History, day: date, stated: Mapping[str, str]
) -> None:
    facts = facts_from(history)

    whole, part = (simulate(known, day, settings=stated) for known in (facts, known_by(facts, day)))
    assert whole.documents == part.documents
    assert (whole.subscriptions, whole.installment_plans) == (part.subscriptions, part.installment_plans)
    assert sorted(map(repr, whole.rejected)) == sorted(map(repr, part.rejected))


@examples
@each(histories(), command_line())
def test_a_timeline_that_was_kept_gives_the_state_that_all_facts_give(history: History, stated: dict[str, str]) -> None:
    facts = facts_from(history)
    master = MasterData.of(facts, stated)
    for subscription, own in by_subscription(facts).items():
        kept = fold(subscription, own, master)
        assert kept is not None
        account = account_of(kept, master, LAST_DAY)
        fresh = next((a for a in accounts_on(own, master, LAST_DAY)), None)
        assert (account is None) == (fresh is None)
        if account is not None and fresh is not None:
            assert shown(account, LAST_DAY) == shown(fresh, LAST_DAY)
            assert account.timeline.rejected == fresh.timeline.rejected
