"""`seatledger dead-letters` and `operations` as they are typed: lists, one in full, retried, dropped."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner, Result

from services import dead_letter_retry
from services.cli import app
from shared.errors import UserError
from shared.log.outgoing import Outgoing
from shared.log.records import Record
from shared.store.dead_letters import DeadLetter, bury
from shared.store.outbox import enqueue
from shared.store.pool import connect

pytestmark = pytest.mark.database

_AT = 1_767_225_600_000
ORDERS, CHANGES = "orders.events", "subscriptions.events"
ESCAPES = b"\x1b]0;a title\x07"


def dead(topic: str, offset: int, value: bytes | None, reason: str, event_type: str | None = None) -> DeadLetter:
    headers = [("ce_specversion", b"1.0"), ("ce_type", event_type.encode()), ("odd", b"\xff")] if event_type else []
    return DeadLetter(Record(topic, 0, offset, _AT, b"cus-1", value, headers), reason)


@pytest.fixture
def stopped(prepared: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Three dead records, two parked streams (one in orders, one that has no id), one stream that is kept back."""
    letters = [
        dead(
            ORDERS, 0, b'{"order_id": "ord-1", "note": "\xc3\xa9"}', "data: is not what it should be", "OrderExecuted"
        ),
        dead(CHANGES, 4, ESCAPES, "value: is not JSON"),
        dead(CHANGES, 7, b'{"type": "LicensesChanged", "subject": "sub-1"}', "time: is missing; add it"),
    ]

    async def given() -> None:
        async with await connect(prepared) as connection:
            async with connection.transaction():
                await bury(connection, letters[:1], "orders")
                await bury(connection, letters[1:], "subscriptions")
                await connection.execute("DELETE FROM store.outbox")
                await enqueue(connection, [("run 1/a", Outgoing("invoices.events", b"k", b"{}", [("ce_type", b"T")]))])
            for statement in (
                "INSERT INTO orders_g1.parked VALUES ('order', 'ord/1', 'ValueError: odd')",
                "INSERT INTO subscriptions_g1.parked VALUES ('organisation', '', 'KeyError: 1')",
                "INSERT INTO store.outbox_parked VALUES ('run 1/a', 'too large')",
            ):
                await connection.execute(statement.encode())

    asyncio.run(given())
    monkeypatch.setenv("SEATLEDGER_DATABASE", prepared)
    monkeypatch.setenv("SEATLEDGER_OPERATOR", "Ada")
    monkeypatch.setattr(dead_letter_retry, "WAIT_S", 0.0)
    return prepared


def typed(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def shown(*arguments: str) -> Any:
    result = typed(*arguments, "--json")
    assert result.exit_code == 0, result.exception
    return json.loads(result.stdout)


def refused(*arguments: str) -> UserError:
    error = typed(*arguments).exception
    assert isinstance(error, UserError), error
    return error


def names(*arguments: str) -> list[str]:
    return [item["name"] for item in shown("dead-letters", "list", *arguments)["items"]]


def rows(dsn: str, statement: str) -> Sequence[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(statement.encode()).fetchall()


RECORDS = [f"{ORDERS}/0/0", f"{CHANGES}/0/4", f"{CHANGES}/0/7"]
STREAMS = ["orders/order/ord/1", "subscriptions/organisation/"]
OUTBOX = ["outbox/run 1/a"]


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


@pytest.mark.parametrize("command", ["show", "retry"])
@pytest.mark.parametrize("name", ["orders.events/0/99", "orders/order/ord-2", "outbox/run-2"])
def test_what_there_is_not_is_said_and_nothing_else_is_retried(stopped: str, command: str, name: str) -> None:
    error = refused("dead-letters", command, *([RECORDS[0]] if command == "retry" else []), name)
    assert str(error).startswith(f"{name}: ")
    assert error.kind == "not-found"
    assert shown("operations")["items"] == []


def test_a_dropped_record_is_kept_and_waits_for_nobody(stopped: str) -> None:
    assert shown("dead-letters", "drop", *RECORDS[1:], "--reason", "noise")["items"] == [
        {"name": name, "status": "dropped", "already": False, "parked": []} for name in RECORDS[1:]
    ]
    assert names("--kind", "record") == RECORDS[:1]
    assert names("--status", "dropped") == RECORDS[1:]
    one = shown("dead-letters", "show", RECORDS[1])
    assert one["status"] == "dropped"
    assert [(act["who"], act["what"], act["reason"]) for act in one["history"]] == [
        ("Ada", "dead-letters drop", "noise")
    ]
    assert typed("dead-letters", "show", RECORDS[1], "--raw").stdout_bytes == ESCAPES
    # Once more changes nothing, and is no act.
    again = typed("dead-letters", "drop", RECORDS[1], "--reason", "noise", "--by", "Bob")
    assert (again.exit_code, again.stdout) == (0, "")
    assert again.stderr == f"{RECORDS[1]} was dropped before: nothing was changed\n"
    assert shown("dead-letters", "drop", RECORDS[1], "--reason", "noise")["items"][0]["already"]
    assert [act["who"] for act in shown("operations", "--target", RECORDS[1])["items"]] == ["Ada"]


def test_streams_and_the_outbox_are_not_dropped_nor_is_anything_beside_them(stopped: str) -> None:
    for name, why in ((STREAMS[0], "the facts of a parked stream are kept"), (OUTBOX[0], "has to reach the log")):
        assert why in str(refused("dead-letters", "drop", RECORDS[0], name, "--reason", "noise"))
    refused("dead-letters", "drop", RECORDS[0], "orders.events/0/99", "--reason", "noise")
    assert rows(stopped, "SELECT DISTINCT status FROM store.dead_letter") == [("dead",)]


def test_a_record_that_was_taken_in_is_not_dropped(stopped: str) -> None:
    with psycopg.connect(stopped) as connection:
        connection.execute("UPDATE store.dead_letter SET status = 'taken_in'")
    assert "was taken in" in str(refused("dead-letters", "drop", RECORDS[0], "--reason", "noise"))
    assert names() == STREAMS + OUTBOX


def test_who_drops_is_told_which_streams_stood_still_for_the_record(stopped: str) -> None:
    with psycopg.connect(stopped) as connection:
        connection.execute(
            "INSERT INTO subscriptions_g1.parked VALUES ('subscription', 'sub-1', 'time: is missing; add it')"
        )
    said = typed("dead-letters", "drop", RECORDS[2], "--reason", "noise")
    assert "goes on without it by: seatledger dead-letters retry subscriptions/subscription/sub-1" in said.stderr


def test_all_are_retried_but_the_dropped_ones_and_what_came_of_each_is_said(stopped: str) -> None:
    shown("dead-letters", "drop", RECORDS[0], "--reason", "noise")
    with psycopg.connect(stopped) as connection:
        connection.execute("UPDATE subscriptions_g1.position SET next = 100")
        connection.execute("UPDATE invoicing_g1.position SET next = 6")
    result = typed("dead-letters", "retry", "--all", "--json")
    assert isinstance(result.exception, UserError)
    found = {one["name"]: one for one in json.loads(result.stdout)["items"]}
    assert list(found) == RECORDS[1:] + STREAMS + OUTBOX
    assert {name: one["outcome"] for name, one in found.items()} == {
        RECORDS[1]: "still_dead", RECORDS[2]: "still_dead", STREAMS[0]: "waits", STREAMS[1]: "waits",
        OUTBOX[0]: "waits",
    }  # fmt: skip
    assert found[RECORDS[2]]["generations"] == {
        "invoicing_g1": "not_read", "orders_g1": "not_read", "subscriptions_g1": "dead",
    }  # fmt: skip
    assert "does it run?" in found[STREAMS[0]]["reason"]
    assert str(result.exception) == f"5 of 5 do not flow: {', '.join(RECORDS[1:] + STREAMS + OUTBOX)}"
    assert len(shown("operations")["items"]) == 6
    assert rows(stopped, "SELECT scope, scope_id FROM orders_g1.recompute_queue") == [("order", "ord/1")]


def test_of_many_that_do_not_flow_the_first_ones_are_named(stopped: str) -> None:
    error = refused("dead-letters", "retry", "--all")
    assert str(error) == f"6 of 6 do not flow: {', '.join((RECORDS + STREAMS)[:5])} and 1 more"


def test_that_nothing_is_chosen_is_said(stopped: str) -> None:
    said = typed("dead-letters", "retry", "--kind", "stream", "--topic", ORDERS)
    assert (said.exit_code, said.stdout) == (0, "Nothing of that waits for anybody: nothing was retried\n")
    assert shown("dead-letters", "retry", "--kind", "stream", "--topic", ORDERS)["items"] == []


def test_what_no_projection_has_read_is_not_retried_yet(stopped: str) -> None:
    result = typed("dead-letters", "retry", RECORDS[0])
    assert isinstance(result.exception, UserError)
    assert "not read yet" in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [(), ("--all", "--topic", ORDERS), ("--all", RECORDS[0]), ("--kind", "stream", RECORDS[0])],
    ids=str,
)
def test_a_retry_is_of_names_or_of_all_or_of_what_is_chosen(stopped: str, arguments: tuple[str, ...]) -> None:
    assert typed("dead-letters", "retry", *arguments).exit_code == 2


def test_operations_are_listed_newest_first_and_by_pages(stopped: str) -> None:
    for name in RECORDS:
        shown("dead-letters", "drop", name, "--reason", f"for {name}")
    first = shown("operations", "--limit", "2")
    assert [act["target"] for act in first["items"]] == [RECORDS[2], RECORDS[1]]
    rest = shown("operations", "--after", first["next"])
    assert [act["target"] for act in rest["items"]] == RECORDS[:1]
    assert rest["next"] is None
    said = typed("operations", "--limit", "1").stdout.splitlines()
    assert said[1].split() == ["id", "at", "who", "what", "target", "reason"]
    assert "is no id of an operation" in str(refused("operations", "--after", "x"))
