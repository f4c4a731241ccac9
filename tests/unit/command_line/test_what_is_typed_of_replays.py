"""What is wrong with what was typed of replays: said at once, in one sentence, and where no system runs as well."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from services import rebuild_progress
from services.cli import app
from shared.errors import BAD_REQUEST, UserError
from shared.log.records import Partition
from shared.projections.rebuild.bulk import Progress


@pytest.fixture(autouse=True)
def no_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("SEATLEDGER_DATABASE", "SEATLEDGER_BROKER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SEATLEDGER_HOME", str(tmp_path))
    # A command sets up the logs of its process, which is the one of all other tests here.
    monkeypatch.setattr("services.replay_commands.configure_logging", lambda *_: None)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("replay all --until nonsense", '--until: got "nonsense"'),
        ("replay all --until=", '--until: got ""'),
        ("replay all --until 2024-02-30", '--until: got "2024-02-30"'),
        ("replay all --until 2024-01-01T10:00:00", '--until: got "2024-01-01T10:00:00"'),
        ("replay all --until 2199-01-01", "--until: 2199-01-01 is still to come; give a time that is past"),
        ("replay all --until 2024-01-01 --dry-run", "--until builds what was, and is compared with nothing"),
        ("replay all --until 2024-01-01 --expect-diff", "--until builds what was, and is compared with nothing"),
        ("replay all --keep soon", "--keep: 'soon' is no duration; give one like 24h, 90m or 7d"),
        ("replay all --keep 0h", "--keep: '0h' is no duration"),
        ("replay all --keep -1d", "--keep: '-1d' is no duration"),
        ("rollback orders --keep 24", "--keep: '24' is no duration"),
        ("as-of yesterday subscriptions", 'TIME: got "yesterday"'),
        ("as-of 2199-01-01T00:00:00Z plans", "TIME: 2199-01-01T00:00:00Z is still to come"),
    ],
)
def test_a_time_or_a_duration_that_is_none_is_named(typed: str, said: str) -> None:
    error = CliRunner().invoke(app, typed.split()).exception
    assert isinstance(error, UserError), error
    assert error.kind == BAD_REQUEST
    assert str(error).startswith(said)
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("replay", "Missing argument"),
        ("replay contracts", "'contracts' is not one of"),
        ("replay all --to old", "'old' is not"),
        ("replay all --workers 0", "0 is not in the range"),
        ("verify contracts", "'contracts' is not one of"),
        ("rollback", "Missing argument"),
        ("recompute", "give either --customer ID or --product ID"),
        ("recompute --customer=", "give either --customer ID or --product ID"),
        ("recompute --customer a --product b", "give either --customer ID or --product ID"),
        ("as-of 2024-01-01 orders", "'orders' is not one of"),
        ("generations drop", "Missing argument"),
    ],
)
def test_wrong_usage_ends_with_exit_code_two(typed: str, said: str) -> None:
    result = CliRunner().invoke(app, typed.split())
    assert result.exit_code == 2
    assert said in " ".join(result.output.split())


@pytest.mark.parametrize(
    "typed", ["verify", "replay all", "rollback all", "as-of 2024-01-01 plans", "generations list"]
)
def test_where_no_system_runs_it_is_said_how_to_start_one(typed: str) -> None:
    error = CliRunner().invoke(app, typed.split()).exception
    assert isinstance(error, UserError), error
    assert "seatledger up" in str(error)


def test_a_terminal_is_told_how_far_reading_is_and_where_most_is_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a terminal, and a minute of which half is over
    monkeypatch.setattr(rebuild_progress, "on_terminal", lambda: True)
    clock = iter([0.0, 0.0, 30.0])
    monkeypatch.setattr("services.rebuild_progress.time.monotonic", lambda: next(clock))
    shown = rebuild_progress.Shown(quiet=False)
    shown(Progress("read", 0, 3_000))
    # When half of the log is read
    left = {Partition("orders.events", 0): 300, Partition("subscriptions.events", 2): 1_200}
    shown(Progress("read", 1_500, 3_000, left))
    # Then it says how fast, how long still, and where
    assert capsys.readouterr().out.endswith(
        "Reading the log: 1,500 of 3,000 events, 50/s, 30 s left, most in subscriptions.events/2: 1,200"
    )


def told(*steps: tuple[float, Progress]) -> None:
    """Tell each of these, so many seconds after the begin."""
    with pytest.MonkeyPatch.context() as patched:
        clock = iter([0.0, *(at for at, _ in steps)])
        patched.setattr("services.rebuild_progress.time.monotonic", lambda: next(clock))
        shown = rebuild_progress.Shown(quiet=False)
        for _, progress in steps:
            shown(progress)


def test_elsewhere_than_on_a_terminal_it_is_a_line_every_few_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    told(*((second / 10, Progress("fold", second, 1_000)) for second in range(200)))
    assert capsys.readouterr().out.splitlines() == [
        "Folding: 50 of 1,000 events, 10/s, 95 s left",
        "Folding: 100 of 1,000 events, 10/s, 90 s left",
        "Folding: 150 of 1,000 events, 10/s, 85 s left",
    ]


def test_what_was_folded_before_counts_and_is_no_part_of_the_rate(capsys: pytest.CaptureFixture[str]) -> None:
    told((0, Progress("fold", 800, 1_000)), (10, Progress("fold", 900, 1_000)), (20, Progress("fold", 1_000, 1_000)))
    assert capsys.readouterr().out.splitlines() == [
        "Folding: 900 of 1,000 events, 10/s, 10 s left", "Folding: 1,000 of 1,000 events, 10/s",
    ]  # fmt: skip


def test_catching_up_names_each_projection_and_how_far_it_is_behind(capsys: pytest.CaptureFixture[str]) -> None:
    told(
        (0, Progress("catch-up", 0, 40, projection="orders")),
        (10, Progress("catch-up", 10, 40, projection="orders")),
        (40, Progress("catch-up", 40, 40, projection="orders")),
        # Nothing to catch up with is nothing to tell.
        (50, Progress("catch-up", 0, 0, projection="subscriptions")),
    )
    assert capsys.readouterr().out.splitlines() == [
        "Catching up orders: 10 of 40 events, 1/s, 30 s left, 30 behind",
        "Catching up orders: 40 of 40 events, 1/s",
    ]
