"""The listener of a process without an API: what it answers, and that a stuck loop does not keep it from answering."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from prometheus_client import CollectorRegistry

from shared.errors import UserError
from shared.monitoring.checks import Checks
from shared.monitoring.heartbeat import Heartbeat
from shared.monitoring.listener import Monitor, listening
from shared.monitoring.registry import process_registry
from tests.infrastructure.monitored import Answer, get


class Clock:
    """A monotonic clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


class Dependency:
    """A check whose answer is set by hand; counts how often it was asked."""

    def __init__(self) -> None:
        self.reason: str | None = None
        self.asked = 0

    async def __call__(self) -> str | None:
        self.asked += 1
        return self.reason


class Watched(NamedTuple):
    """A listening process of the test."""

    port: int
    clock: Clock
    heartbeat: Heartbeat
    database: Dependency


@pytest.fixture
def watched() -> Iterator[Watched]:
    clock, database = Clock(), Dependency()
    heartbeat = Heartbeat(stuck_after_s=30, now=clock)
    registry = process_registry("orders", "projector", {"orders": 4})
    with listening("127.0.0.1", 0, Monitor(heartbeat, Checks({"database": database}), registry, clock)) as port:
        yield Watched(port, clock, heartbeat, database)


def test_a_loop_that_turned_lately_lives(watched: Watched) -> None:
    watched.clock.at += 29

    assert get(watched.port, "/healthz") == (200, '{"status": "ok"}')


def test_a_stuck_loop_is_told_and_one_that_turns_again_lives(watched: Watched) -> None:
    watched.clock.at += 31
    stuck = get(watched.port, "/healthz")
    watched.heartbeat.beat()

    assert stuck.status == 503
    assert stuck.document == {"status": "stuck", "reason": "the event loop has not turned for 31 s"}
    assert get(watched.port, "/healthz").status == 200


def test_a_process_whose_loop_is_blocked_answers_all_the_same() -> None:
    heartbeat = Heartbeat(stuck_after_s=0)
    monitor = Monitor(heartbeat, Checks({}), CollectorRegistry())

    async def blocked() -> Answer:
        with listening("127.0.0.1", 0, monitor) as port:
            return get(port, "/healthz")

    assert asyncio.run(blocked()).status == 503


def test_readiness_follows_what_the_process_needs(watched: Watched) -> None:
    watched.database.reason = "the database does not answer"
    away = get(watched.port, "/readyz")
    watched.database.reason = None
    watched.clock.at += 1
    back = get(watched.port, "/readyz")

    assert (away.status, away.document["checks"]) == (
        503, {"database": {"ok": False, "reason": "the database does not answer"}},
    )  # fmt: skip
    assert (back.status, back.document["status"]) == (200, "ready")
    assert get(watched.port, "/healthz").status == 200


def test_who_asks_all_the_time_does_not_reach_the_database_each_time(watched: Watched) -> None:
    for _ in range(5):
        get(watched.port, "/readyz")

    assert watched.database.asked == 1


def test_metrics_have_the_release_and_the_versions_of_projections(watched: Watched) -> None:
    text = get(watched.port, "/metrics").text

    assert 'seatledger_build_info{process="projector",service="orders",version="' in text
    assert 'seatledger_projection_version{projection="orders"} 4.0' in text
    assert "process_resident_memory_bytes " in text
    assert "_created" not in text


@pytest.mark.parametrize(("path", "method", "status"), [("/", "GET", 404), ("/healthz", "POST", 405)])
def test_nothing_else_is_answered(watched: Watched, path: str, method: str, status: int) -> None:
    assert get(watched.port, path, method).status == status


def test_a_port_that_is_taken_is_said_in_a_sentence() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        monitor = Monitor(Heartbeat(), Checks({}), CollectorRegistry())

        with (
            pytest.raises(UserError, match=f"nothing can listen on 127.0.0.1 port {port} .*SEATLEDGER_METRICS_PORT"),
            listening("127.0.0.1", port, monitor),
        ):
            pass
