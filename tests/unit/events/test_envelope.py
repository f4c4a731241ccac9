"""The envelope: both modes are read, binary mode is written, what is not a CloudEvent is refused in a sentence."""

from datetime import UTC, date, datetime

import pytest

from shared.events.envelope import CloudEvent, read_record, to_record
from shared.events.errors import Unreadable
from tests.unit.events.records import JsonObject, Mode, Record, binary, envelope, structured

FULL = envelope(
    subject="sub-1",
    dataschema="urn:seatledger:LicensesChanged:1",
    partitionkey="cus-1",
    sequence=7,
    correlationid="cor",
    causationid="cau",
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
)


@pytest.mark.parametrize("mode", [binary, structured])
def test_every_attribute_is_read_in_both_modes(mode: Mode) -> None:
    event = read_record(*mode(FULL))

    assert event._replace(data=b"") == CloudEvent(
        id="e-1",
        source="urn:upstream",
        type="LicensesChanged",
        time=datetime(2026, 1, 15, 8, tzinfo=UTC),
        data=b"",
        subject="sub-1",
        version=1,
        partitionkey="cus-1",
        sequence=7,
        correlationid="cor",
        causationid="cau",
        traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    )


def test_binary_mode_keeps_the_value_as_it_came() -> None:
    key, _, headers = binary(FULL)

    assert read_record(key, b"not looked at", headers).data == b"not looked at"


def test_what_is_written_is_read_back_the_same() -> None:
    event = read_record(*structured(FULL))

    assert read_record(*to_record(event)) == event


def test_what_is_absent_is_not_written() -> None:
    event = read_record(*structured(envelope()))
    _, _, headers = to_record(event)

    assert [name for name, _ in headers] == [
        "ce_specversion",
        "ce_id",
        "ce_source",
        "ce_type",
        "ce_time",
        "ce_dataschema",
        "ce_partitionkey",
        "content-type",
    ]


def test_the_key_of_the_record_is_the_partitionkey_where_the_attribute_is_absent() -> None:
    assert read_record(*binary(envelope())).partitionkey == "cus-1"


def test_a_structured_event_without_a_content_type_is_read_too() -> None:
    key, value, _ = structured(envelope())

    assert read_record(key, value, []).id == "e-1"


def test_a_date_alone_stays_a_date() -> None:
    assert read_record(*binary(envelope(time="2026-01-15"))).time == date(2026, 1, 15)


def test_a_fraction_finer_than_microseconds_is_cut() -> None:
    event = read_record(*binary(envelope(time="2026-01-15T10:00:00.123456789Z")))

    assert event.time == datetime(2026, 1, 15, 10, 0, 0, 123456, tzinfo=UTC)


def test_foreign_headers_are_left_alone() -> None:
    key, value, headers = binary(envelope())

    assert read_record(key, value, [("trace", b"\xff"), ("ce_vendorthing", b"\xff"), *headers]).id == "e-1"


def test_a_record_over_the_limit_is_refused_before_it_is_looked_at() -> None:
    with pytest.raises(Unreadable, match=r"value: is 41,943,040 bytes long; give at most 1,048,576"):
        read_record(None, b"x" * 40 * 1024 * 1024, [])


def test_the_limit_is_the_callers() -> None:
    key, value, headers = binary(envelope())

    with pytest.raises(Unreadable, match=r"give at most 10"):
        read_record(key, value, headers, max_bytes=10)


@pytest.mark.parametrize("mode", [binary, structured])
@pytest.mark.parametrize(
    ("attributes", "sentence"),
    [
        ({"id": None}, "id: is missing; add it"),
        ({"id": ""}, 'id: got ""; give a text of 1 to 200 printable characters'),
        ({"id": "x" * 201}, "give a text of 1 to 200 printable characters"),
        ({"id": "a\0b"}, "give a text of 1 to 200 printable characters"),
        ({"source": None}, "source: is missing; add it"),
        ({"type": None}, "type: is missing; add it"),
        ({"specversion": "0.3"}, 'specversion: got "0.3"; give "1.0"'),
        ({"time": None}, "time: is missing; give when the fact became known, like 2026-01-31T10:00:00Z"),
        ({"time": "2026-01-15T10:00:00"}, "the offset is missing; end it with Z or one like +02:00"),
        ({"time": "2026-02-30"}, 'time: got "2026-02-30"; there is no such date; give one of the calendar'),
        ({"time": "2026-02-30T10:00:00Z"}, "there is no such time; give one of calendar and clock"),
        ({"time": "yesterday"}, "give a date or a time with its offset"),
        ({"time": "9999-12-31T23:59:59-12:00"}, "there is no such time"),
        ({"time": "0001-01-01"}, "give a year from 1900 to 2199"),
        ({"dataschema": "urn:seatledger:PriceChanged:1"}, "give urn:seatledger:LicensesChanged:1, or leave it out"),
        ({"dataschema": "https://example.com/1"}, "give urn:seatledger:LicensesChanged:1, or leave it out"),
        ({"dataschema": "urn:seatledger:LicensesChanged:one"}, "dataschema: got"),
        ({"sequence": "-1"}, 'sequence: got "-1"; give a whole number of 0 or more, or leave it out'),
        ({"sequence": "²"}, "sequence: got"),
        ({"sequence": 2**63}, "sequence: got"),
    ],
)
def test_an_attribute_that_cannot_be_read_is_named(mode: Mode, attributes: JsonObject, sentence: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        read_record(*mode(envelope(**attributes)))

    assert sentence in refusal.value.reason


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        ((None, None, []), "value: is not JSON"),
        ((None, b"{", []), "give a CloudEvent, its attributes in ce_ headers or all of it in the value"),
        ((None, b"[1]", []), "event: got [1]; give a CloudEvent as a JSON object"),
        ((None, b"{}", [("content-type", b"application/cloudevents+avro")]), "give application/cloudevents+json"),
        ((None, b"[]", [("content-type", b"application/cloudevents-batch+json")]), "one event a record"),
        ((None, b"{}", [("ce_specversion", b"\xff")]), "ce_specversion: is not UTF-8; give plain text"),
        ((None, b"{}", [("ce_specversion", b"1.0"), ("content-type", b"text/xml")]), "give application/json"),
        (structured(envelope(datacontenttype="text/xml")), 'datacontenttype: got "text/xml"; give application/json'),
        (structured({"specversion": "1.0"}), "data: is missing; add it"),
        (structured({"data_base64": "AA=="}), "data_base64: is not read here; give the JSON object in data"),
    ],
)
def test_what_is_no_cloudevent_is_refused(record: Record, sentence: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        read_record(*record)

    assert sentence in refusal.value.reason
