"""What counts as the same content, and the ids made from it."""

import json
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from shared.events.content import canonical, fingerprint, id_of_content, id_of_position
from shared.events.reading import read_from_record
from shared.events.values import Moment
from tests.unit.events.records import LICENSES, JsonObject, Mode, binary, envelope, structured

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
ONE = fingerprint("LicensesChanged", NOON, LICENSES)


def test_canonical_content_has_sorted_keys_and_no_whitespace() -> None:
    assert canonical("T", NOON, {"b": "1.0", "a": {"d": 1, "c": None}}) == (
        b'["T","2026-01-15T12:00:00Z",{"a":{"c":null,"d":1},"b":"1.0"}]'
    )


def test_the_order_of_keys_is_no_content() -> None:
    assert fingerprint("LicensesChanged", NOON, dict(reversed(LICENSES.items()))) == ONE


def test_the_same_instant_with_another_offset_is_the_same_content() -> None:
    athens = NOON.astimezone(timezone(timedelta(hours=2)))

    assert fingerprint("LicensesChanged", athens, LICENSES) == ONE


@pytest.mark.parametrize(
    ("event_type", "time", "data"),
    [
        ("SubscriptionSuspended", NOON, LICENSES),
        ("LicensesChanged", NOON + timedelta(microseconds=1), LICENSES),
        ("LicensesChanged", date(2026, 1, 15), LICENSES),
        ("LicensesChanged", NOON, LICENSES | {"quantity": 9}),
        ("LicensesChanged", NOON, LICENSES | {"x_unknown": 1}),
    ],
)
def test_another_type_time_or_field_is_other_content(event_type: str, time: Moment, data: JsonObject) -> None:
    assert fingerprint(event_type, time, data) != ONE


def test_a_midnight_and_its_date_are_different_content() -> None:
    midnight = datetime(2026, 1, 15, tzinfo=UTC)

    assert fingerprint("T", midnight, {}) != fingerprint("T", midnight.date(), {})


@pytest.mark.parametrize("mode", [binary, structured])
@pytest.mark.parametrize(
    "attributes",
    [{"sequence": 7}, {"correlationid": "c"}, {"traceparent": "t"}, {"subject": "s"}, {"partitionkey": "p"}],
)
def test_the_rest_of_the_envelope_and_its_mode_are_no_content(mode: Mode, attributes: JsonObject) -> None:
    plain = read_from_record(*structured(envelope()))

    assert read_from_record(*mode(envelope(**attributes))).fingerprint == plain.fingerprint


def test_whitespace_is_no_content() -> None:
    key, _, headers = binary(envelope())
    spacious = read_from_record(key, json.dumps(LICENSES, indent=4).encode(), headers)

    assert spacious.fingerprint == read_from_record(*binary(envelope())).fingerprint


def test_fingerprints_and_ids_are_stored_and_so_never_change() -> None:
    assert ONE.hex() == "3a6275adfa067d6e41848ae3aefaf532"
    assert id_of_content("LicensesChanged", NOON, LICENSES) == "3deb1db9-fa70-5afb-8972-cd9ef224e4d0"
    assert id_of_position("invoice/2026-1", 1) == "de056855-b192-530c-83fd-06d9f8ed91e8"
    assert len(ONE) == 16


def test_ids_of_streams_that_look_alike_differ() -> None:
    assert id_of_position("invoice/1", 11) != id_of_position("invoice/11", 1)
