"""Which records are shown, and how: readable events, what cannot be read, and dead letters."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from services.event_log.entries import EVERYTHING, Asked, Entry, as_json_line, as_line, brief, log_ms, look, printable
from shared.events.reading import read_from_record
from shared.log.records import Record

BEGIN_MS = 1_767_225_600_123  # 2026-01-01T00:00:00.123Z
LICENSES = {"subscription_id": "sub-1", "customer_id": "cus-1", "quantity": 8}


def record(
    value: object, topic: str = "subscriptions.events", *, at: int = BEGIN_MS, more: tuple[tuple[str, str], ...] = (),
    **attributes: str,
) -> Record:  # fmt: skip
    """A record in binary mode; an attribute given as "" is left out."""
    whole = {
        "specversion": "1.0", "id": "e-1", "source": "urn:upstream", "type": "LicensesChanged",
        "time": "2026-01-15T10:00:00+02:00", "subject": "sub-1",
    } | attributes  # fmt: skip
    headers = [(f"ce_{name}", text.encode()) for name, text in whole.items() if text]
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Record(topic, 3, 17, at, b"cus-1", content, [*headers, *((name, text.encode()) for name, text in more)])


def seen(record: Record, asked: Asked = EVERYTHING) -> Entry:
    entry = look(record, asked)
    assert entry is not None
    return entry


def test_an_event_is_a_line_of_when_where_what_and_what_it_says() -> None:
    assert as_line(seen(record(LICENSES))) == (
        "2026-01-01T00:00:00.123Z  subscriptions.events/3/17  LicensesChanged  sub-1  e-1  "
        "subscription_id=sub-1 customer_id=cus-1 quantity=8"
    )


def test_an_event_is_a_cloud_event_for_programs_with_the_content_that_it_has() -> None:
    # given
    lying = record(LICENSES, sequence="7", correlationid="cor", causationid="cau", partitionkey="cus-1")
    # when
    line = as_json_line(seen(lying))
    # then
    assert json.loads(line) == {
        "specversion": "1.0", "id": "e-1", "source": "urn:upstream", "type": "LicensesChanged", "subject": "sub-1",
        "time": "2026-01-15T08:00:00Z", "dataschema": "urn:seatledger:LicensesChanged:1", "partitionkey": "cus-1",
        "sequence": 7, "correlationid": "cor", "causationid": "cau", "datacontenttype": "application/json",
        "data": LICENSES,
    }  # fmt: skip
    again = read_from_record(None, line, [("content-type", b"application/cloudevents+json")])
    assert again.fingerprint == read_from_record(lying.key, lying.value, lying.headers).fingerprint


def test_data_is_told_in_short() -> None:
    data = {"order_id": "o", "customer": {"id": "cus-1", "name": "x"}, "plan": {"months": 3}, "items": [{}, {}],
            "flag": True, "price": "10.00", "note": None}  # fmt: skip
    assert brief(json.dumps(data).encode()) == "order_id=o customer=cus-1 plan={…} items=[2] flag=true price=10.00"
    assert brief(b'{"name": "' + b"x" * 500 + b'"}').endswith("x…")


@pytest.mark.parametrize("text", ["a\x1b[2Jb", "a\nb", "a\x9bb"])
def test_what_would_move_the_cursor_is_written_out(text: str) -> None:
    assert printable(text).isprintable()
    assert as_line(seen(record({**LICENSES, "reason": text}))).isprintable()
    assert printable("Ä/ö 日本") == "Ä/ö 日本"


def test_what_is_no_event_is_shown_with_the_reason_whatever_is_asked() -> None:
    # given: a record that does not say what it is
    nothing = Record("orders.events", 0, 5, BEGIN_MS, None, b"not json", ())
    # when
    entry = seen(nothing, Asked(frozenset({"LicensesChanged"}), frozenset({"sub-1"})))
    # then
    assert as_line(entry).startswith("2026-01-01T00:00:00.123Z  orders.events/0/5  unreadable: value: is not JSON")
    said = json.loads(as_json_line(entry))
    assert list(said) == ["unreadable"]
    assert {name: said["unreadable"][name] for name in ("topic", "partition", "offset", "logged_at")} == {
        "topic": "orders.events", "partition": 0, "offset": 5, "logged_at": "2026-01-01T00:00:00.123Z",
    }  # fmt: skip
    assert said["unreadable"]["reason"].startswith("value: is not JSON")


@pytest.mark.parametrize(
    ("lying", "reason"),
    [
        (record({**LICENSES, "quantity": -8}), "data.quantity: got -8; give a whole number of 0 or more"),
        (record(LICENSES, dataschema="urn:seatledger:LicensesChanged:9"), "version 9 of LicensesChanged is newer"),
        (record(LICENSES, type="LicenseChanged"), "no event of that name is known"),
        (record(b"[" * 300 + b"]" * 300), "data: got"),
    ],
)
def test_an_envelope_whose_data_cannot_be_read_names_itself_and_the_reason(lying: Record, reason: str) -> None:
    entry = seen(lying)
    assert entry.kind == "unreadable"
    assert "  sub-1  e-1  unreadable: " in as_line(entry)
    assert reason in as_line(entry)
    assert json.loads(as_json_line(entry))["unreadable"]["reason"] == entry.reason


def test_half_a_surrogate_pair_in_a_reason_is_still_json() -> None:
    entry = Entry(record(LICENSES), "unreadable", None, reason="got '\ud800'")
    assert json.loads(as_json_line(entry))["unreadable"]["reason"] == "got '?'"


def test_a_dead_letter_says_of_which_record_it_is_and_why() -> None:
    origin = (("dead-letter-topic", "orders.events"), ("dead-letter-partition", "2"), ("dead-letter-offset", "9"),
              ("dead-letter-reason", "the id was used before"))  # fmt: skip
    for value in (b"not json", LICENSES):
        entry = seen(record(value, "dead-letters", more=origin))
        assert as_line(entry).endswith("e-1  dead letter: of orders.events/2/9: the id was used before")
        assert (
            json.loads(as_json_line(entry))["dead_letter"]["reason"] == "of orders.events/2/9: the id was used before"
        )
    without = look(Record("dead-letters", 0, 0, BEGIN_MS, None, None, [(n, t.encode()) for n, t in origin]))
    assert without is not None
    assert as_line(without).endswith("dead-letters/0/0  dead letter: of orders.events/2/9: the id was used before")


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        (EVERYTHING, True),
        (Asked(types=frozenset({"LicensesChanged", "OrderExecuted"})), True),
        (Asked(types=frozenset({"OrderExecuted"})), False),
        (Asked(subjects=frozenset({"sub-1"})), True),
        (Asked(subjects=frozenset({"sub-2", "cus-1"})), False),
        (Asked(since=BEGIN_MS, until=BEGIN_MS + 1), True),
        (Asked(since=BEGIN_MS + 1), False),
        (Asked(until=BEGIN_MS), False),
        (Asked(frozenset({"LicensesChanged"}), frozenset({"sub-2"})), False),
    ],
)
@pytest.mark.parametrize("subject", ["sub-1", ""])
@pytest.mark.parametrize("topic", ["subscriptions.events", "dead-letters"])
def test_only_what_is_asked_for_is_shown(asked: Asked, shown: bool, subject: str, topic: str) -> None:
    """A subject that the envelope does not name is the data's."""
    assert (look(record(LICENSES, topic, subject=subject), asked) is not None) == shown


def test_what_cannot_be_read_is_left_out_where_it_is_known_not_to_be_asked_for() -> None:
    wrong = {**LICENSES, "quantity": -8}
    assert look(record(wrong), Asked(types=frozenset({"OrderExecuted"}))) is None
    assert look(record(wrong), Asked(subjects=frozenset({"sub-2"}))) is None
    assert look(record(wrong), Asked(subjects=frozenset({"sub-1"}))) is not None
    assert look(record(wrong, subject=""), Asked(subjects=frozenset({"sub-2"}))) is not None


def test_a_moment_is_the_first_millisecond_that_is_not_before_it() -> None:
    assert log_ms(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)) == 1000
    assert log_ms(datetime(1970, 1, 1, 0, 0, 1, 1, tzinfo=UTC)) == 1001
    assert log_ms(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == 0
