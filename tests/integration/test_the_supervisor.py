"""The supervisor keeps the system up, lets no second one in and leaves nothing behind, however it ends."""

import os
import signal
import subprocess
from collections.abc import Iterator

import psutil
import psycopg
import pytest

from deploy.local import control, system
from deploy.local.processes import is_same
from tests.infrastructure import brokers
from tests.infrastructure.supervised import Supervised, assert_nothing_is_left, eventually, supervised

pytestmark = [pytest.mark.broker, pytest.mark.database]


@pytest.fixture
def started_system() -> Iterator[Supervised]:
    kind = brokers.chosen()
    with supervised(kind if kind != brokers.TESTCONTAINERS else brokers.EMBEDDED) as found:
        yield found


def test_when_it_is_up_every_process_is_ready_and_ctrl_c_leaves_nothing(started_system: Supervised) -> None:
    seen = started_system.start()
    assert [process.state for process in seen.processes] == ["ready"] * 4
    assert {process.name for process in seen.processes} >= {"orders-projector", "orders-worker", "PostgreSQL"}

    code, said = started_system.ask_to_stop(signal.SIGINT)

    assert code == 0
    assert "Stopping (Ctrl-C)" in said
    assert_nothing_is_left(seen)
    assert not (started_system.home / "system.json").exists()
    assert not system.is_locked(started_system.home)


def test_a_second_start_says_who_runs_since_when_and_how_to_stop_it(started_system: Supervised) -> None:
    seen = started_system.start()

    second = started_system.launch()
    _, complaint = second.communicate(timeout=30)

    assert second.returncode == 1
    assert f"already running in {started_system.home} (process {seen.pid}, since {seen.since})" in complaint
    assert "seatledger down" in complaint
    assert started_system.state() == "ready"


@pytest.mark.kill
def test_a_killed_service_process_is_started_again(started_system: Supervised) -> None:
    seen = started_system.start()
    before = started_system.process("orders-worker")

    os.kill(before.pid, signal.SIGKILL)

    def is_back() -> bool:
        now = started_system.process("orders-worker")
        return now.restarts == 1 and now.state == "ready" and now.pid != before.pid

    eventually(is_back, "started again")
    _, said = started_system.ask_to_stop()
    assert "orders-worker was ended by SIGKILL; starting it again in 0.5 s" in said
    assert_nothing_is_left(seen)


@pytest.mark.kill
def test_after_the_supervisor_was_killed_nothing_is_left_and_the_next_start_recovers(
    started_system: Supervised,
) -> None:
    seen = started_system.start()
    with psycopg.connect(seen.database) as connection:
        connection.execute("CREATE TABLE kept (id int)")

    started_system.supervisors[-1].kill()
    eventually(lambda: not any(is_same(p.pid, p.started) for p in seen.processes), "ended with their supervisor")
    assert_nothing_is_left(seen)

    again = started_system.start()
    assert again.pid != seen.pid
    with psycopg.connect(again.database) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    _, said = started_system.ask_to_stop()
    assert "The last run was ended without being stopped" in said
    assert_nothing_is_left(again)


@pytest.mark.kill
def test_processes_that_outlive_a_killed_supervisor_are_ended_by_down(started_system: Supervised) -> None:
    seen = started_system.start()
    started_system.supervisors[-1].kill()
    eventually(lambda: not any(is_same(p.pid, p.started) for p in seen.processes), "ended with their supervisor")
    # On a system without the parent-death signal they would live on; one that does is put into the record.
    orphan = subprocess.Popen(["sleep", "600"])
    left = system.System.read(started_system.home)
    assert left is not None
    worker = left.process("orders-worker")
    assert worker is not None
    worker.pid, worker.started = orphan.pid, psutil.Process(orphan.pid).create_time()
    left.write(started_system.home)

    lines: list[str] = []
    assert control.down(started_system.home, lines.append)

    orphan.wait(10)
    assert any("1 processes that it left were stopped" in line for line in lines)
    assert not control.down(started_system.home, lines.append)


@pytest.mark.kill
def test_when_the_embedded_broker_is_killed_the_system_stops_and_asks_for_a_fresh_start() -> None:
    with supervised("embedded") as started:
        seen = started.start()
        os.kill(started.process("embedded broker").pid, signal.SIGKILL)
        _, complaint = started.supervisors[-1].communicate(timeout=60)
        assert "may have lost records" in complaint
        assert_nothing_is_left(seen)

        refused = started.launch()
        _, complaint = refused.communicate(timeout=60)
        assert refused.returncode == 1
        assert "up --fresh" in complaint

        fresh = started.start("--fresh")
        assert fresh.state == "ready"


def test_when_the_preparation_fails_its_last_words_are_shown_and_nothing_is_left(started_system: Supervised) -> None:
    failed = started_system.launch("--prepare", "tests.infrastructure.processes.failing")
    _, complaint = failed.communicate(timeout=60)

    assert failed.returncode == 1
    assert "table invoice does not fit migration 3" in complaint
    assert not (started_system.home / "system.json").exists()
    assert not system.is_locked(started_system.home)


def test_a_service_that_never_becomes_ready_ends_the_start_with_its_last_words(started_system: Supervised) -> None:
    failed = started_system.launch("--service", "tests.infrastructure.processes.failing")
    said, complaint = failed.communicate(timeout=60)

    assert failed.returncode == 1
    assert "invoicing-worker exited with code 3; starting it again in 1 s" in said
    assert "invoicing-worker does not start" in complaint
    assert "table invoice does not fit migration 3" in complaint
    assert not system.is_locked(started_system.home)
