"""What holds for every event, whatever it is."""

import json
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.events.content import fingerprint
from shared.events.envelope import event_of, read_record, split_structured, to_record
from shared.events.errors import UnknownVersion, Unreadable
from shared.events.fact_bodies import body_from_json, body_to_json
from shared.events.facts import facts_of, facts_of_accounts
from shared.events.reading import ReadEvent, addressed, data_of, read, read_from_record
from shared.events.structured import to_structured
from tests.strategies.events import Data, long_events

_STRUCTURED = [("content-type", b"application/cloudevents+json")]


def read_whole(event: Data) -> ReadEvent:
    return read_from_record(None, json.dumps(event).encode(), _STRUCTURED)


def in_binary_mode(event: Data) -> tuple[bytes | None, bytes, list[tuple[str, bytes]]]:
    attributes, data = split_structured(event)
    return to_record(event_of(attributes, data))


def refusal_of(reading: Callable[[], object]) -> str | None:
    """Why it was refused, None where it was read; any other exception fails the test."""
    try:
        reading()
    except (Unreadable, UnknownVersion) as refusal:
        return refusal.reason
    return None


def shuffled(part: Any, random: Any) -> Any:
    """The same JSON with the keys of its objects in another order."""
    if isinstance(part, dict):
        names = list(part)
        random.shuffle(names)
        return {name: shuffled(part[name], random) for name in names}
    return [shuffled(item, random) for item in part] if isinstance(part, list) else part


@given(long_events())
def test_both_modes_give_the_same_event(event: Data) -> None:
    in_binary, in_structured = read_from_record(*in_binary_mode(event)), read_whole(event)

    assert in_binary.model == in_structured.model
    assert in_binary.fingerprint == in_structured.fingerprint
    assert in_binary.event == in_structured.event._replace(data=in_binary.event.data)


@given(long_events(), st.randoms(use_true_random=False), st.integers(0, 8))
def test_formatting_is_no_content(event: Data, random: Any, indent: int) -> None:
    again = json.dumps(shuffled(event, random), indent=indent, ensure_ascii=bool(indent % 2)).encode()

    assert read_from_record(None, again, _STRUCTURED).fingerprint == read_whole(event).fingerprint


@given(long_events())
def test_a_written_record_is_read_back(event: Data) -> None:
    one, model, _ = read_whole(event)
    sent = addressed(one, model)

    assert read_record(*to_record(sent)) == sent


@given(long_events())
def test_an_event_in_structured_form_is_one_line_with_the_same_content(event: Data) -> None:
    one, model, fingerprint = read_whole(event)
    sent = addressed(one, model)

    line = to_structured(sent)

    again = read_from_record(None, line, _STRUCTURED)
    assert b"\n" not in line
    assert (again.event._replace(data=sent.data), again.model, again.fingerprint) == (sent, model, fingerprint)


@given(long_events())
def test_a_model_survives_being_written(event: Data) -> None:
    one, model, _ = read_whole(event)
    written = data_of(model)

    assert read(one._replace(data=written)).model == model
    assert data_of(read(one._replace(data=written)).model) == written


@given(long_events())
def test_every_fact_survives_being_stored(event: Data) -> None:
    one, model, _ = read_whole(event)
    for fact in facts_of(one, model):
        stored = body_to_json(fact.body)

        assert body_from_json(fact.type, fact.scope, stored) == fact.body
        assert body_to_json(body_from_json(fact.type, fact.scope, stored)) == stored


@given(long_events())
def test_the_things_that_one_event_speaks_of_are_different_things(event: Data) -> None:
    one, model, _ = read_whole(event)
    said = [(fact.scope, fact.scope_id) for fact in facts_of(one, model)]

    assert len(said) == len(set(said))


@given(long_events(), st.data())
def test_a_changed_byte_is_read_or_refused_and_nothing_else(event: Data, data: st.DataObject) -> None:
    key, value, headers = in_binary_mode(event)
    place = data.draw(st.integers(0, len(value) - 1))
    broken = value[:place] + data.draw(st.binary(max_size=3)) + value[place + 1 :]

    refusal = refusal_of(lambda: read_from_record(key, broken, headers))

    assert refusal is None or ("\n" not in refusal and len(refusal) < 2000)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(long_events(), st.data())
def test_any_value_in_any_field_is_read_or_refused_and_nothing_else(event: Data, data: st.DataObject) -> None:
    part: dict[str, Any] = data.draw(st.sampled_from([event, event["data"]]))
    field = data.draw(st.sampled_from(sorted(part))) if part else "x"
    part[field] = data.draw(_json)

    assert refusal_of(lambda: read_whole(event)) != ""


@given(st.none() | st.binary(), st.none() | st.binary(), st.lists(st.tuples(st.text(), st.binary())))
def test_any_record_is_read_or_refused_and_nothing_else(
    key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes]]
) -> None:
    assert refusal_of(lambda: read_from_record(key, value, headers)) != ""


@given(long_events())
def test_the_fingerprint_is_of_type_time_and_data(event: Data) -> None:
    one, _, found = read_whole(event)

    assert found == fingerprint(one.type, one.time, event["data"])


@given(long_events())
def test_what_a_sale_says_of_accounts_is_a_part_of_what_it_says(event: Data) -> None:
    whole = read_whole(event)
    accounts = [fact for fact in facts_of(whole.event, whole.model) if fact.scope in ("customer", "reseller")]
    sold = whole.event.type in ("OrderExecuted", "SubscriptionImported")

    assert list(facts_of_accounts(whole.event, whole.model)) == (accounts if sold else [])
