"""`seatledger dead-letters retry`, `drop` and `operations` as they are typed: what comes of each is said, and kept."""

from __future__ import annotations

import json

import psycopg
import pytest

from shared.errors import UserError
from tests.integration.commands.dead_letters import (
    ESCAPES,
    ORDERS,
    OUTBOX,
    RECORDS,
    STREAMS,
    names,
    refused,
    rows,
    shown,
    typed,
)

pytestmark = pytest.mark.database


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
