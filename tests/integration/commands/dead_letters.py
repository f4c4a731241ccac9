"""`seatledger dead-letters` and `operations` as they are typed, and what does not flow where they are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import psycopg
from typer.testing import CliRunner, Result

from services.cli import app
from shared.errors import UserError
from shared.log.records import Record
from shared.store.dead_letters import DeadLetter

_AT = 1_767_225_600_000
ORDERS, CHANGES = "orders.events", "subscriptions.events"
ESCAPES = b"\x1b]0;a title\x07"


def dead(topic: str, offset: int, value: bytes | None, reason: str, event_type: str | None = None) -> DeadLetter:
    headers = [("ce_specversion", b"1.0"), ("ce_type", event_type.encode()), ("odd", b"\xff")] if event_type else []
    return DeadLetter(Record(topic, 0, offset, _AT, b"cus-1", value, headers), reason)


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
