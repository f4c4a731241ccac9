"""Rebuilding where the database or the broker is none: one sentence, before anything is touched."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
import pytest
from typer.testing import CliRunner

from services.cli import app
from shared.errors import UserError

pytestmark = pytest.mark.database

NOBODY = "127.0.0.1:1"
COMMANDS = [
    ("verify",), ("replay", "all"), ("replay", "orders", "--until", "2024-01-01"),
    ("as-of", "2024-01-01", "subscriptions"), ("rollback", "all"), ("recompute", "--customer", "cus-1"),
    ("generations", "list"), ("generations", "drop", "orders_g1"),
]  # fmt: skip


def refused(monkeypatch: pytest.MonkeyPatch, arguments: Sequence[str], database: str) -> UserError:
    monkeypatch.setenv("SEATLEDGER_DATABASE", database)
    monkeypatch.setenv("SEATLEDGER_BROKER", NOBODY)
    # A command sets up the logs of its process, which is the one of all other tests here.
    monkeypatch.setattr("services.replay_commands.configure_logging", lambda *_: None)
    error = CliRunner().invoke(app, list(arguments)).exception
    assert isinstance(error, UserError), error
    assert "\n" not in str(error)
    return error


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_what_is_no_database_of_ours_is_said(
    database: str, monkeypatch: pytest.MonkeyPatch, arguments: Sequence[str]
) -> None:
    assert str(refused(monkeypatch, arguments, "nonsense")).startswith("SEATLEDGER_DATABASE is no DSN")
    assert "holds no Seatledger: prepare it" in str(refused(monkeypatch, arguments, database))
    away = refused(monkeypatch, arguments, "host=/nowhere dbname=x")
    assert away.kind == "unavailable"
    assert str(away).startswith("The database does not answer")
    assert "/nowhere" in str(away)


@pytest.mark.parametrize("arguments", COMMANDS[:4], ids=" ".join)
def test_a_broker_that_does_not_answer_is_said_and_nothing_is_left(
    prepared: str, monkeypatch: pytest.MonkeyPatch, arguments: Sequence[str]
) -> None:
    error = refused(monkeypatch, arguments, prepared)
    assert error.kind == "unavailable"
    assert str(error) == f"The broker does not answer (no connection to {NOBODY}): nothing was changed"
    with psycopg.connect(prepared) as connection:
        assert connection.execute("SELECT number FROM store.rebuild").fetchall() == []
        assert connection.execute("SELECT DISTINCT status FROM store.generation").fetchall() == [("live",)]


def test_nothing_to_go_back_to_is_said_where_no_broker_is(prepared: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "has no earlier generation" in str(refused(monkeypatch, ("rollback", "all"), prepared))
