"""The histories that other tests build on are valid, and complete however they arrive."""

import json

from hypothesis import given
from hypothesis import strategies as st

from shared.events.envelope import event_of, split_structured
from shared.events.facts import facts_of
from shared.events.reading import read
from tests.strategies.histories import History, arrivals, histories


@given(histories())
def test_every_event_of_a_history_is_read_and_says_something(history: History) -> None:
    for event in history:
        found = read(event_of(*split_structured({"specversion": "1.0"} | event)))

        assert facts_of(found.event, found.model)


@given(histories())
def test_source_and_id_are_unique_in_a_history(history: History) -> None:
    assert len({(event["source"], event["id"]) for event in history}) == len(history)


@given(histories(), st.data())
def test_nothing_is_lost_or_invented_on_the_way(history: History, data: st.DataObject) -> None:
    batches = data.draw(arrivals(history))

    assert all(batches)
    assert {json.dumps(event) for batch in batches for event in batch} == {json.dumps(event) for event in history}
