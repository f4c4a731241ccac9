"""What is read without a model is what the model says, or is left to it."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from shared.events.envelope import event_of, split_structured, to_record
from shared.events.errors import UnknownVersion, Unreadable
from shared.events.facts import facts_of
from shared.events.quick import read_plainly
from shared.events.reading import read_from_record
from tests.strategies.events import Data, long_events

TYPES = ("LicensesChanged", "AutoRenewChanged", "SubscriptionCanceled", "SubscriptionSuspended", "NextTermDiscarded")
ODD = st.one_of(st.none(), st.booleans(), st.integers(-3, 2_000_000_000), st.text(max_size=4), st.floats(), st.just([]))
# Mostly as it should be, so that what is odd is odd by itself.
IDS = st.one_of(st.sampled_from(["sub-1", "é", "x" * 200]), st.text(max_size=3), st.just("x" * 201), ODD)
FIELDS = {
    "subscription_id": IDS,
    "customer_id": IDS,
    "quantity": st.one_of(st.integers(0, 50), ODD),
    "auto_renew": st.one_of(st.booleans(), ODD),
    "mode": st.one_of(st.sampled_from(["immediate", "end_of_term"]), ODD),
    "effective_at": st.one_of(st.just("2026-01-01"), ODD),
    "nobody_knows": ODD,
}
NEEDED = {"LicensesChanged": "quantity", "AutoRenewChanged": "auto_renew", "SubscriptionCanceled": "mode"}
TIMES = st.one_of(
    st.just("2026-01-31T10:00:00Z"),
    st.sampled_from(["2026-01-31", "2026-01-31T10:00:00.25Z", "2026-01-31T12:00:00+02:00", "2026-02-30T10:00:00Z",
                     "1800-01-01T00:00:00Z", "2026-01-31t10:00:00z", "2026-01-31T24:00:00Z", ""]),
)  # fmt: skip


@st.composite
def records(draw: st.DrawFn) -> tuple[bytes | None, bytes, list[tuple[str, bytes]]]:
    """A record in binary mode, of one of the types that are read plainly, with something odd about it now and then."""
    event_type = draw(st.sampled_from(TYPES))
    names = {"subscription_id", "customer_id", *([NEEDED[event_type]] if event_type in NEEDED else [])}
    names ^= draw(st.sets(st.sampled_from(sorted(FIELDS)), max_size=1))
    data: Any = {name: draw(FIELDS[name]) for name in sorted(names)}
    value = orjson.dumps(draw(st.one_of(st.just(data), st.just(data), st.just([data]))))
    attributes = {
        "ce_specversion": draw(st.sampled_from(["1.0", "1.0", "1.0", "0.3"])),
        "ce_id": draw(st.sampled_from(["id-1", "id-1", "", "x" * 201, "a\x01b"])),
        "ce_source": "urn:test",
        "ce_type": event_type,
        "ce_time": draw(TIMES),
        "ce_subject": draw(st.sampled_from(["", "sub-1", "sub-1", "sub-1"])),
        "ce_dataschema": draw(
            st.sampled_from([f"urn:seatledger:{event_type}:1", f"urn:seatledger:{event_type}:2", "x"])
        ),
        "ce_sequence": draw(st.sampled_from(["7", "0", "-1", "12345678901234567890", "x"])),
        "ce_partitionkey": draw(st.sampled_from(["cus-1", ""])),
        "content-type": draw(st.sampled_from(["application/json", "application/json; charset=utf-8", "text/plain"])),
    }
    left_out = draw(st.sets(st.sampled_from(sorted(attributes)), max_size=2))
    headers = [(name, text.encode()) for name, text in attributes.items() if name not in left_out]
    return draw(st.sampled_from([None, b"cus-1", b"\xff"])), draw(st.sampled_from([value, value, b"{"])), headers


def agrees(key: bytes | None, value: bytes, headers: list[tuple[str, bytes]]) -> bool:
    """Whether it was read plainly; what that gave is what the model gives."""
    plainly = read_plainly(key, value, headers)
    if plainly is None:
        return False
    event, model, fingerprint = read_from_record(key, value, headers)
    assert plainly.event == event
    assert plainly.fingerprint == fingerprint
    assert (plainly.fact,) == facts_of(event, model)
    return True


@given(records())
def test_what_is_read_plainly_is_what_the_model_says(
    record: tuple[bytes | None, bytes, list[tuple[str, bytes]]],
) -> None:
    try:
        agrees(*record)
    except (Unreadable, UnknownVersion) as refused:
        raise AssertionError(f"read plainly what is refused: {refused}") from refused


@given(long_events())
def test_of_any_event_too(event: Data) -> None:
    attributes, data = split_structured(event)
    agrees(*to_record(event_of(attributes, data)))


def test_a_plain_change_of_licences_is_read_plainly() -> None:
    """So that the properties above do not hold because nothing is."""
    data = orjson.dumps({"subscription_id": "sub-1", "customer_id": "cus-1", "quantity": 3})
    headers = [("ce_specversion", b"1.0"), ("ce_id", b"1"), ("ce_source", b"s"), ("ce_type", b"LicensesChanged"),
               ("ce_time", b"2026-01-31T10:00:00Z")]  # fmt: skip
    assert agrees(b"cus-1", data, headers)
    assert not agrees(b"cus-1", data, [*headers, ("ce_dataschema", b"urn:seatledger:LicensesChanged:2")])
