"""The cycles of a subscription lie side by side, whatever phases its life has, and are found from any day of theirs."""

from __future__ import annotations

from itertools import takewhile

from hypothesis import given as each
from hypothesis import strategies as st

from shared.billing.masterdata import MasterData
from shared.billing.phases import Layout, Window
from tests.billing_dsl import facts_from
from tests.full_looks import accounts_on, days_between
from tests.strategies.examples import examples
from tests.strategies.histories import LAST_DAY, History, histories
from tests.strategies.stated_settings import command_line


def cycles_of(layout: Layout) -> list[list[Window]]:
    """Every cycle up to the last day; none of a one-time charge."""
    if layout.phases[0].terms.frequency is None:
        return []
    begins = layout.phases[0].begins
    return list(takewhile(lambda windows: windows[0].begins <= LAST_DAY, layout.since(begins)))


@examples
@each(histories(), command_line())
def test_each_cycle_begins_where_the_one_before_ends(history: History, stated: dict[str, str]) -> None:
    facts = facts_from(history)
    for account in accounts_on(facts, MasterData.of(facts, stated), LAST_DAY):
        coming = account.layout.phases[0].begins
        for windows in cycles_of(account.layout):
            # Lines and looks go by the start of a cycle: nothing of it lies before.
            assert windows[0].cycle.start == coming
            for window in windows:
                assert window.begins == coming < window.ends
                coming = window.ends
            assert len({window.cycle for window in windows}) == 1


@examples
@each(histories(max_subscriptions=1), command_line(), st.data())
def test_from_any_day_of_a_cycle_on_the_same_cycles_follow(
    history: History, stated: dict[str, str], data: st.DataObject
) -> None:
    facts = facts_from(history)
    for account in accounts_on(facts, MasterData.of(facts, stated), LAST_DAY):
        cycles = cycles_of(account.layout)
        if not cycles:
            continue
        place = data.draw(st.integers(0, len(cycles) - 1))
        inside = days_between(cycles[place][0].begins, cycles[place][-1].ends)[:-1]
        day = data.draw(st.sampled_from(inside))

        found = account.layout.since(day)
        assert [next(found) for _ in cycles[place:]] == cycles[place:]
