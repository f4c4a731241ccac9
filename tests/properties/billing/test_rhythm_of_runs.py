"""Totals do not depend on when runs happen (rule R0.6)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

from hypothesis import given as each
from hypothesis import strategies as st

from services.invoicing.simulation import simulate
from tests.billing_dsl import Given, Outcome, facts_from
from tests.full_looks import days_between
from tests.strategies.billing import END, FIRST_START, Life, lives
from tests.strategies.examples import examples
from tests.strategies.histories import FIRST_DAY, LAST_DAY, Event, History, histories
from tests.strategies.stated_settings import command_line

DAYS = days_between(FIRST_START, END)
MONTHLY = [day.isoformat() for day in DAYS if day.day == 1] + [END.isoformat()]
MONTHS = [day for day in days_between(FIRST_DAY, LAST_DAY) if day.day == 1]


def net(outcome: Outcome) -> Decimal:
    """Charged less credited."""
    signs = {"invoice": 1, "credit_note": -1}
    return sum((signs[document["kind"]] * Decimal(document["net"]) for document in outcome.json), Decimal(0))


@examples
@each(lives(), st.lists(st.sampled_from(DAYS), max_size=6), command_line())
def test_runs_daily_monthly_or_once_at_the_end_give_the_same_net(
    life: Life, some: list[date], stated: dict[str, str]
) -> None:
    history = Given(life.events.events, stated)
    daily = history.until(END.isoformat())
    for runs in (MONTHLY, [END.isoformat()], [day.isoformat() for day in (*some, END)]):
        assert net(history.until(END.isoformat(), runs=runs)) == net(daily)


def nets(history: History, stated: dict[str, str], runs: list[date] | None) -> dict[str, Decimal]:
    """Charged less credited, of each subscription that has anything."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for document in simulate(facts_from(history), LAST_DAY, runs, stated).documents:
        for line in document.lines:
            found[line.key.subscription] += line.net if line.returns is None else -line.net
    return {subscription: amount for subscription, amount in found.items() if amount}


def changes_rounding(event: Event) -> bool:
    return (event["type"], event["data"].get("key")) == ("SettingChanged", "rounding")


@examples
@each(histories(), st.lists(st.sampled_from(days_between(FIRST_DAY, LAST_DAY)), max_size=6), command_line())
def test_whatever_happens_each_subscription_is_billed_the_same_however_often_runs_are(
    history: History, some: list[date], stated: dict[str, str]
) -> None:
    """Under every setting from the start, and while all but one change.

    That one is `rounding`: a line is rounded as is set on the day of the run that issues it, and issued lines are never
    rounded again. So where it changes on the way totals depend on which lines were issued before; from the start
    (`--setting rounding=line`) they do not.
    """
    history = [event for event in history if not changes_rounding(event)]
    once = nets(history, stated, [LAST_DAY])

    assert nets(history, stated, None) == once
    assert nets(history, stated, [*MONTHS, LAST_DAY]) == once
    assert nets(history, stated, [*some, LAST_DAY]) == once
