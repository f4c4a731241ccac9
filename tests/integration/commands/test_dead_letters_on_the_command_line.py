"""`seatledger dead-letters list` and `show` as they are typed: what does not flow, and one of it in full."""

from __future__ import annotations

import pytest

from tests.integration.commands.dead_letters import (
    CHANGES,
    ESCAPES,
    ORDERS,
    OUTBOX,
    RECORDS,
    STREAMS,
    names,
    refused,
    shown,
    typed,
)

pytestmark = pytest.mark.database


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ((), RECORDS + STREAMS + OUTBOX),
        (("--kind", "record"), RECORDS),
        (("--kind", "stream"), STREAMS),
        (("--kind", "outbox"), OUTBOX),
        (("--topic", CHANGES), RECORDS[1:]),
        (("--topic", "invoices.events"), OUTBOX),
        (("--type", "LicensesChanged"), RECORDS[2:]),
        (("--type", "order"), STREAMS[:1]),
        (("--projection", "orders"), [RECORDS[0], STREAMS[0]]),
        (("--reason", "IS NOT"), RECORDS[:2]),
        (("--reason", "too LARGE"), OUTBOX),
        (("--status", "dead"), RECORDS),
        (("--status", "parked"), STREAMS + OUTBOX),
        (("--status", "dropped"), []),
        (("--after", RECORDS[2]), STREAMS + OUTBOX),
        (("--after", STREAMS[0]), STREAMS[1:] + OUTBOX),
        (("--after", OUTBOX[0]), []),
    ],
    ids=str,
)
def test_the_list_has_what_is_asked_for_in_its_order(
    stopped: str, chosen: tuple[str, ...], expected: list[str]
) -> None:
    assert names(*chosen) == expected


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_the_pages_together_are_the_list(stopped: str, limit: int) -> None:
    found: list[str] = []
    after = ""
    while True:
        page = shown("dead-letters", "list", "--limit", str(limit), *(["--after", after] if after else []))
        found += [item["name"] for item in page["items"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert found == RECORDS + STREAMS + OUTBOX


def test_people_see_names_kinds_types_and_reasons(stopped: str) -> None:
    said = typed("dead-letters", "list", "--limit", "4")
    assert said.stdout.splitlines()[0] == "Dead letters and parked streams"
    assert said.stdout.splitlines()[1].split() == ["name", "kind", "type", "status", "age", "reason"]
    assert "LicensesChanged" in said.stdout
    assert f"go on with --after {STREAMS[0]}" in said.stderr


def test_one_record_is_shown_with_its_origin_its_headers_and_its_payload(stopped: str) -> None:
    one = shown("dead-letters", "show", RECORDS[0])
    assert {name: one[name] for name in ("kind", "status", "type", "topic", "partition", "offset", "projection")} == {
        "kind": "record", "status": "dead", "type": "OrderExecuted", "topic": ORDERS, "partition": 0, "offset": 0,
        "projection": "orders",
    }  # fmt: skip
    assert one["logged_at"] == "2026-01-01T00:00:00+00:00"
    assert one["headers"] == [["ce_specversion", "1.0"], ["ce_type", "OrderExecuted"], ["odd", "0xff"]]
    assert (one["payload_form"], one["payload"]) == ("json", {"order_id": "ord-1", "note": "é"})
    said = typed("dead-letters", "show", RECORDS[0]).stdout
    assert '  "order_id": "ord-1",' in said
    assert "data: is not what it should be" in said


def test_bytes_that_a_terminal_would_obey_are_shown_in_hexadecimal_and_given_raw(stopped: str) -> None:
    one = shown("dead-letters", "show", RECORDS[1])
    assert (one["payload_form"], one["payload"]) == ("hex", f"0x{ESCAPES.hex()}")
    assert "\x1b" not in typed("dead-letters", "show", RECORDS[1]).stdout
    assert typed("dead-letters", "show", RECORDS[1], "--raw").stdout_bytes == ESCAPES


def test_streams_are_shown_with_where_they_stand_still(stopped: str) -> None:
    one = shown("dead-letters", "show", STREAMS[1])
    assert [(held["generation"], held["status"], held["facts"]) for held in one["held"]] == [(1, "live", 0)]
    # The organisation has no id, so its slash may be left out.
    assert shown("dead-letters", "show", "subscriptions/organisation")["name"] == STREAMS[1]
    assert "Stands still in" in typed("dead-letters", "show", STREAMS[0]).stdout
    kept = shown("dead-letters", "show", OUTBOX[0])
    assert (kept["waiting"], kept["topic"], kept["payload"]) == (1, "invoices.events", {})
    assert "which has no bytes of its own" in str(refused("dead-letters", "show", STREAMS[0], "--raw"))
