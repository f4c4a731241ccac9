"""The console's port is fixed where an operator says so, for every process that takes its place; taken, it is said."""

import os
import signal
import socket
from collections.abc import Iterator

import pytest

from deploy.local.processes import free_port, listens
from tests.infrastructure import brokers
from tests.infrastructure.supervised import Supervised, eventually, supervised

pytestmark = [pytest.mark.broker, pytest.mark.database]


@pytest.fixture
def home() -> Iterator[Supervised]:
    kind = brokers.chosen()
    with supervised(kind if kind != brokers.TESTCONTAINERS else brokers.EMBEDDED) as found:
        yield found


def test_the_console_answers_where_it_was_told_to_and_there_again_after_it_ended(home: Supervised) -> None:
    port = free_port()

    seen = home.start("--console-port", str(port))

    assert seen.console == f"http://localhost:{port}"
    before = home.process("console-pages")
    os.kill(before.pid, signal.SIGKILL)

    def is_back() -> bool:
        now = home.process("console-pages")
        return now.state == "ready" and now.pid != before.pid

    eventually(is_back, "started again")
    assert listens(port)
    _, said = home.ask_to_stop()
    assert f"Console   http://localhost:{port}" in said


def test_a_port_that_is_taken_is_said_before_anything_is_started_or_deleted(home: Supervised) -> None:
    kept = home.home / "data" / home.broker / "kept"
    kept.parent.mkdir(parents=True)
    kept.touch()
    with socket.create_server(("127.0.0.1", 0)) as somebody_else:
        port = somebody_else.getsockname()[1]
        _, complaint = home.launch("--fresh", "--console-port", str(port)).communicate(timeout=30)

    assert f"cannot have port {port} of this machine (Address already in use)" in complaint
    assert "name another one with --console-port or in SEATLEDGER_CONSOLE_PORT" in complaint
    assert kept.exists()
    assert not (home.home / "system.json").exists()
