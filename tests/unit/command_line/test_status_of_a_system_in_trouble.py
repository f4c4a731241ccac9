"""`seatledger status` when the system runs and its database does not answer: what runs, and one sentence."""

from __future__ import annotations

import json

import pytest

from deploy.local import system
from deploy.local.system import RunningProcess, System
from services import cli

FOUND = System(
    17, 0.0, "2026-01-31T10:00:00+00:00", "ready", "kafka", "127.0.0.1:1", "embedded", "host=/nowhere dbname=x",
    [RunningProcess("PostgreSQL", 18, 0.0, 2, "postgres.log")],
)  # fmt: skip


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(system, "running", lambda _: FOUND)
    return monkeypatch


def test_the_processes_are_shown_and_the_failure_is_one_sentence(
    failing: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing.setattr("sys.argv", ["seatledger", "status"])
    with pytest.raises(SystemExit) as left:
        cli.main()
    said = capsys.readouterr()
    assert left.value.code == 1
    assert "PostgreSQL  starting   18" in said.out
    assert said.err.startswith("The database does not answer")
    assert len(said.err.splitlines()) == 1


def test_for_programs_it_is_a_failure(failing: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    failing.setattr("sys.argv", ["seatledger", "status", "--json"])
    with pytest.raises(SystemExit) as left:
        cli.main()
    said = capsys.readouterr()
    assert (left.value.code, said.out) == (1, "")
    assert json.loads(said.err)["error"]["kind"] == "unavailable"
