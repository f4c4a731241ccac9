"""What a person sees who types `seatledger`: exit codes, one clear sentence, no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

WHAT_IF = ("simulate", "--until", "2026-02-28", "--setting", "rounding=line")


def seatledger(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SEATLEDGER_")}
    return subprocess.run(
        [sys.executable, "-m", "services.cli", *arguments],
        env={**environment, "SEATLEDGER_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    "command",
    [
        (),
        ("up",),
        ("down",),
        ("status",),
        ("demo",),
        ("emit",),
        ("simulate",),
        ("invoice-run",),
        ("explain",),
        ("events",),
        ("events", "tail"),
        ("events", "show"),
        ("events", "export"),
        ("schemas", "events"),
        ("tokens", "create"),
        ("tokens", "list"),
        ("tokens", "revoke"),
        ("dead-letters", "list"),
        ("dead-letters", "show"),
        ("dead-letters", "retry"),
        ("dead-letters", "drop"),
        ("positions", "show"),
        ("positions", "set"),
        ("operations",),
        ("recover",),
    ],
)
def test_every_command_explains_itself(tmp_path: Path, command: tuple[str, ...]) -> None:
    answer = seatledger(tmp_path, *command, "--help")
    assert answer.returncode == 0
    assert "Usage:" in answer.stdout


@pytest.mark.parametrize(
    ("command", "named"),
    [
        (("nonsense",), "nonsense"),
        (("simulate", "events.jsonl", "--until", "2026-02-30"), "2026-02-30"),
        (("simulate", "events.jsonl", "--until", "2026-02-28", "--runs", "2026-02-01,x"), "'x'"),
        (("simulate", "events.jsonl", "--until", "2026-02-28", "--setting", "rounding"), "'rounding'"),
        (("simulate", "events.jsonl"), "--until"),
        (("tokens", "create"), "--role"),
        (("tokens", "create", "--role", "nobody"), "is not one of 'distributor'"),
        (("tokens", "create", "--role", "distributor", "--scope", "orders:raed"), "is not one of accounts:read"),
        (("subscriptions", "cancel", "sub-1", "--mode", "never"), "is not one of 'immediate', 'end_of_cycle'"),
        (("tokens", "create", "--role", "distributor", "--days", "0"), "--days"),
        (("tokens", "revoke"), "ID"),
        (("explain",), "LINE"),
        (("emit", "events.jsonl", "--rate", "0"), "'0' is no rate: give events a second, more than 0"),
        (("emit", "events.jsonl", "--rate", "nan"), "'nan' is no rate"),
        (("events", "show"), "EVENT"),
        (("events", "tail", "-n", "0"), "-n"),
        (("events", "tail", "--topic", "orders"), "'orders' is not one of catalog.events, orders.events,"),
        (("events", "tail", "--type", "LicenseChanged"), "did you mean LicensesChanged?"),
        (
            ("events", "tail", "--since", "2026-01-31T10:00:00"),
            "the offset is missing; end it with Z or one like +02:00",
        ),
        (("events", "export", "--until", "2026-01-31"), "its offset too, like 2026-01-31T10:00:00Z"),
        (
            ("events", "export", "--since", "2026-02-01T00:00:00+02:00", "--until", "2026-01-31T22:00:00Z"),
            "a later one",
        ),
        (("explain", "sub-1/2026-02-01/2026-02-01", "--until", "2026-03-01"), "--simulate FILE"),
        (("simulate", "--until", "2026-02-28"), "give a FILE of events, or --base DATABASE"),
        (("simulate", "events.jsonl", "--base", "embedded", "--until", "2026-02-28"), "exclude each other"),
        (("simulate", "events.jsonl", "--events", "changes.jsonl", "--until", "2026-02-28"), "go with --base"),
        (("simulate", "--base", "embedded", "--until", "2026-02-28"), "--base needs something to try"),
        (("up", "--console-port", "99999"), "'99999' is no port: give a number from 1 to 65535"),
    ],
)
def test_wrong_usage_is_code_2_and_names_what_is_wrong(tmp_path: Path, command: tuple[str, ...], named: str) -> None:
    answer = seatledger(tmp_path, *command)
    assert answer.returncode == 2
    assert named in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (("status",), "Nothing is running"),
        (("demo",), "Start it with: seatledger up"),
        (("explain", "sub-1/2026-02-01/2026-02-01"), "Start it with: seatledger up"),
        (("explain", "sub-1", "--simulate", "examples/ex1.jsonl"), "SUBSCRIPTION/CYCLE-START/LAYER-START"),
        ((*WHAT_IF, "--base", "embedded"), "Start it with: seatledger up"),
        ((*WHAT_IF, "--base", "postgresql:///x?host=/nowhere"), "The database does not answer"),
        (("status", "--api", "orders"), "Start it with: seatledger up"),
        (("tokens", "list"), "Start it with: seatledger up"),
        (("events", "tail"), "Start it with: seatledger up"),
        (("events", "show", "17"), "Start it with: seatledger up"),
        (("events", "export"), "Start it with: seatledger up"),
        (("up", "--broker", "127.0.0.1:1"), "No broker answers at 127.0.0.1:1"),
    ],
)
def test_a_failure_is_code_1_with_one_sentence(tmp_path: Path, command: tuple[str, ...], sentence: str) -> None:
    answer = seatledger(tmp_path, *command)
    assert answer.returncode == 1
    assert sentence in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ((*WHAT_IF, "--base", "nonsense"), "--base: give embedded or a DSN such as postgresql://host/name"),
        (("up", "--broker", "embedded", "--database", "postgresql://elsewhere/billing"), "loses its last records"),
        (("up", "--broker", "nonsense"), "embedded, kafka or host:port"),
        (("events", "export", "--topic", "dead-letters"), "its records are copies of others that were refused"),
        (("events", "tail", "--until", "2026-01-31T10:00:00Z"), "--until has passed, so nothing would be shown"),
        (("tokens", "create", "--role", "reseller"), "the role reseller needs the id of its reseller"),
        (("tokens", "create", "--role", "distributor", "--customer", "c"), "--customer with --role customer"),
        (("tokens", "create", "--role", "integration", "--name", "a\nb"), "--name takes at most"),
        (
            ("tokens", "create", "--role", "customer", "--customer", "c", "--scope", "orders:write"),
            "the role customer has no permission orders:write",
        ),
    ],
)
def test_what_cannot_be_meant_is_code_2_with_one_sentence(
    tmp_path: Path, command: tuple[str, ...], sentence: str
) -> None:
    answer = seatledger(tmp_path, *command)
    assert answer.returncode == 2
    assert sentence in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("command", [("subscriptions", "show"), ("emit",), ("tokens", "revoke")], ids=str)
def test_an_argument_that_is_not_utf_8_is_wrong_usage(tmp_path: Path, command: tuple[str, ...]) -> None:
    answer = seatledger(tmp_path, *command, os.fsdecode(b"caf\xe9"))
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr == "An argument is not UTF-8: 'caf\\xe9'; give ids, texts and names of files as UTF-8\n"


@pytest.mark.parametrize("command", [("down",), ("schemas", "events"), ("--help",)], ids=str)
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        (">/dev/full", "Standard output cannot be written (No space left on device)"),
        (">&-", "Standard output is closed, so nothing was done"),
    ],
)
def test_output_that_cannot_be_written_is_said(
    tmp_path: Path, command: tuple[str, ...], unbuffered: str, where: str, sentence: str
) -> None:
    answer = subprocess.run(
        ["sh", "-c", f'exec "$@" {where}', "sh", sys.executable, "-m", "services.cli", *command],
        env={**os.environ, "SEATLEDGER_HOME": str(tmp_path), "PYTHONUNBUFFERED": unbuffered},
        stderr=subprocess.PIPE, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert answer.returncode in {1, 2}
    assert answer.stderr.startswith(sentence)
    assert len(answer.stderr.splitlines()) == 1


def test_stopping_where_nothing_runs_says_so_and_is_no_failure(tmp_path: Path) -> None:
    answer = seatledger(tmp_path, "down")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "Nothing is running" in answer.stdout


@pytest.mark.parametrize(
    ("written", "more", "said"),
    [
        ("", (), "events.jsonl holds no events"),
        ("[]", ("--runs", "2026-02-01,2026-03-01"), "left out, after --until 2026-02-28: the runs of 2026-03-01"),
    ],
)
def test_what_comes_to_nothing_is_said(tmp_path: Path, written: str, more: tuple[str, ...], said: str) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text(written, encoding="utf-8")
    answer = seatledger(tmp_path, "simulate", str(file), "--until", "2026-02-28", "--json", *more)
    assert answer.returncode == 0
    assert said in answer.stderr
