"""What Partner Center writes is read whatever its case, its mark and its kind of number."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reconciliation.vendors.microsoft import reading


def test_a_mark_before_the_body_is_no_part_of_it() -> None:
    assert reading.parsed(b'\xef\xbb\xbf{"id": "\xc3\xa4"}') == {"id": "ä"}


@pytest.mark.parametrize("content", [b"", b"<html></html>", b'{"id":', b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_a_value_error_and_nothing_else(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        reading.parsed(content)


def test_a_name_may_begin_with_a_capital() -> None:
    assert reading.field({"Quantity": 3}, "quantity") == 3
    assert reading.field({"quantity": 2, "Quantity": 3}, "quantity") == 2
    assert reading.field({"QUANTITY": 3}, "quantity") is None


def test_a_field_of_what_is_no_object_is_missing() -> None:
    assert reading.field(["quantity"], "quantity") is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-06-05T19:26:38.3667635Z", datetime(2024, 6, 5, 19, 26, 38, 366763, UTC)),
        ("2019-02-08T00:21:45.9263727+00:00", datetime(2019, 2, 8, 0, 21, 45, 926372, UTC)),
        ("2024-06-05T19:00:00-08:00", datetime(2024, 6, 6, 3, tzinfo=UTC)),
        ("2019-01-09T00:21:45.9263727", datetime(2019, 1, 9, 0, 21, 45, 926372, UTC)),
        ("0001-01-01T00:00:00", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-10T00:00:00Z", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("soon", None),
        (20240605, None),
        (None, None),
    ],
)
def test_moments(value: object, expected: datetime | None) -> None:
    assert reading.moment(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(5, 5), ("5", 5), (5.0, 5), (0, 0), (5.5, None), (-1, None), ("-1", None), (True, None), ("five", None),
     (float("nan"), None), (10**12, None), ("9" * 5000, None)],
)  # fmt: skip
def test_counts(value: object, expected: int | None) -> None:
    assert reading.count(value) == expected


def test_halves_of_characters_go_no_further() -> None:
    assert reading.text(reading.parsed(b'"a\\ud800b\\u0000"')) == "a?b"
    assert reading.identifier("a\ud800") == "a?"


def test_ids_are_compared_in_lower_case() -> None:
    assert reading.identifier(" 83EF9D05-4169-4ef9-9657-0e86b1eab1de ") == "83ef9d05-4169-4ef9-9657-0e86b1eab1de"
    assert [reading.identifier(value) for value in ("", " ", "a\nb", "x" * 201, 7, None)] == [None] * 6


JSON = st.recursive(
    # Halves of characters too: JSON can hold them.
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


@given(JSON)
def test_nothing_that_is_json_cannot_be_looked_at(value: object) -> None:
    for look in (reading.moment, reading.count, reading.flag, reading.identifier, reading.text, reading.resource):
        look(value)
    assert reading.field(value, "any") is None or isinstance(value, dict)
