"""Starting the system from another process: it passes on what is said, and a tied one ends with its starter."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import control, system
from shared.errors import UserError
from tests.infrastructure.supervised import MODULE, assert_nothing_is_left, eventually, supervised

pytestmark = [pytest.mark.broker, pytest.mark.database]

TIED = """
import os, sys
from pathlib import Path
from deploy.local import control
control.start_in_background(Path(sys.argv[1]), ["-m", sys.argv[2], sys.argv[1], "embedded"], print, tied=True)
os.kill(os.getpid(), 9)
"""


@pytest.fixture
def home() -> Iterator[Path]:
    with supervised("embedded") as found:
        yield found.home


def test_a_system_for_the_time_of_a_block_is_ready_inside_and_gone_after(home: Path) -> None:
    lines: list[str] = []
    with control.running_for_a_while(home, ["-m", MODULE, str(home), "embedded"], lines.append) as seen:
        assert system.require_running(home).pid == seen.pid
    assert_nothing_is_left(seen)
    assert system.running(home) is None
    assert any(line.startswith("Ready after") for line in lines)


def test_a_start_that_fails_gives_the_reason_once(home: Path) -> None:
    lines: list[str] = []
    failing = ["-m", MODULE, str(home), "embedded", "--prepare", "tests.infrastructure.processes.failing"]
    with pytest.raises(UserError, match="does not fit migration 3"):
        control.start_in_background(home, failing, lines.append)
    assert not any("migration 3" in line for line in lines)


@pytest.mark.kill
def test_when_its_starter_is_killed_a_tied_system_stops(home: Path) -> None:
    with tempfile.TemporaryFile() as said:
        starter = subprocess.Popen([sys.executable, "-c", TIED, str(home), MODULE], stdout=said, stderr=said)
        assert starter.wait(60) == -9
    eventually(lambda: not system.is_locked(home), "stopped with its starter")
    assert not (home / "system.json").exists()
