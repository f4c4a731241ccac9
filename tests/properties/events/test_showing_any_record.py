"""Whatever lies in the log, the event tools show it: one line for people, one JSON line for programs."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.event_log.entries import as_json_line, as_line, look
from services.event_log.show import shape
from shared.events.envelope import event_of, split_structured, to_record
from shared.log.records import Record
from shared.log.topics import TOPICS
from tests.strategies.events import Data, long_events

_TOPICS = st.sampled_from([topic.name for topic in TOPICS])
_TIMES = st.integers(0, 4_102_444_800_000)  # up to 2100
_NAMES = ("ce_specversion", "ce_id", "ce_type", "ce_time", "ce_subject", "content-type", "dead-letter-reason")
_HEADERS = st.lists(
    st.tuples(st.sampled_from(_NAMES), st.sampled_from([b"1.0", b"LicensesChanged", b"\xff"]) | st.binary())
)


def shown(record: Record) -> dict[str, Any]:
    entry = look(record)
    assert entry is not None
    assert as_line(entry).isprintable()
    line = as_json_line(entry)
    assert b"\n" not in line
    found: dict[str, Any] = json.loads(line)
    assert ("specversion" in found) == (entry.kind == "event")
    assert json.dumps(shape(entry)).encode()
    return found


@given(_TOPICS, _TIMES, st.none() | st.binary(), st.none() | st.binary(), _HEADERS)
def test_any_bytes(
    topic: str, at: int, key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes]]
) -> None:
    shown(Record(topic, 0, 0, at, key, value, headers))


@given(long_events(), st.data())
def test_any_event_whole_or_with_a_part_of_its_data_broken(event: Data, data: st.DataObject) -> None:
    attributes, content = split_structured(event)
    key, value, headers = to_record(event_of(attributes, content))
    assert shown(Record("orders.events", 0, 0, 0, key, value, headers))["data"] == json.loads(content)

    at = data.draw(st.integers(0, len(value)))
    broken = value[:at] + data.draw(st.binary(max_size=3)) + value[at + 1 :]
    shown(Record("orders.events", 0, 0, 0, key, broken, headers))
