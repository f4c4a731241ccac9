"""What is kept of master data is the same whether facts came one by one or all at once, in any order."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.billing.blocks import Moment, ResellerBlock
from shared.billing.facts import Fact, ResellerStated
from shared.projections.masters import Known, extended, shortened

_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_moments: st.SearchStrategy[Moment] = st.integers(0, 6).map(lambda hours: _BEGIN + timedelta(hours=hours)) | st.dates(
    date(2025, 12, 31), date(2026, 1, 2)
)


def _fact(number: int, time: Moment, name: str) -> Fact:
    return Fact("s", str(number), "ResellerChanged", time, "reseller", "r", ResellerStated(ResellerBlock("r", name)))


_histories = st.lists(st.tuples(_moments, st.sampled_from("ab")), min_size=1, max_size=8).map(
    lambda stated: [_fact(number, time, name) for number, (time, name) in enumerate(stated)]
)


@given(_histories, st.randoms(use_true_random=False))
def test_facts_that_come_one_by_one_in_any_order_are_kept_as_all_at_once(
    facts: list[Fact], random: st.DataObject
) -> None:
    arriving = list(facts)
    random.shuffle(arriving)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    known = Known((), datetime.min.replace(tzinfo=UTC))
    seen: list[Fact] = []
    for fact in arriving:
        seen.append(fact)
        known = extended(known, [fact]) or shortened(seen)
    whole = shortened(facts)
    assert list(known.facts) == list(whole.facts)
    assert known.latest == whole.latest


def test_what_is_said_again_right_after_is_left_out_and_what_is_said_again_later_is_not() -> None:
    names = ["a", "a", "b", "a", "a"]
    facts = [_fact(n, _BEGIN + timedelta(hours=n), name) for n, name in enumerate(names)]
    assert [fact.id for fact in shortened(facts).facts] == ["0", "2", "3"]
