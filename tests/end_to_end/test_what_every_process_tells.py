"""Under `seatledger up` every process of a service tells of itself: what docs/monitoring.md says, and nothing else."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import Metric

from deploy.local.services import SERVICES
from deploy.local.system import System
from tests.end_to_end.pages import run
from tests.infrastructure.monitored import get, reasons, scrape
from tests.infrastructure.monitoring_page import figures
from tests.infrastructure.supervised import eventually

pytestmark = [pytest.mark.slow]

_USED = """
seatledger up --detach --fresh
seatledger emit examples/ex1.jsonl
seatledger invoice-run --date 2019-02-01
"""
_EXPOSED_AS = {"counter": "_total"}
# The console tells of itself what every API does.
_ASKED = {"api": "API", "pages": "API"}


@pytest.fixture
def system(home: Path) -> System:
    """A system that has been used."""
    answer = run(_USED, home)
    assert answer.returncode == 0, answer.stdout
    found = System.read(home)
    assert found is not None
    return found


@pytest.fixture
def ports(system: System) -> dict[str, int]:
    """The ports of the service processes by name."""
    return {one.name: one.port for one in system.processes if one.service and one.port}


def test_every_process_lives_is_ready_and_tells_what_the_page_says(ports: dict[str, int]) -> None:
    assert ports.keys() == {service.name for service in SERVICES}
    for port in ports.values():
        assert get(port, "/healthz").status == 200
        eventually(_is_ready(port), "ready")
    # So that an API has something to tell with labels.
    for service in SERVICES:
        if service.listens:
            get(ports[service.name], "/v1/nothing")

    told = {name: {_name(family): family for family in scrape(port)} for name, port in ports.items()}

    for name, families in told.items():
        assert families.keys() == {figure.name for figure in figures() if _tells(name, figure.told_by)}, name
    labels = {figure.name: figure.labels for figure in figures()}
    for families in told.values():
        for name, family in families.items():
            for sample in family.samples:
                assert sample.labels.keys() - {"le"} == labels[name], name


@pytest.mark.kill
def test_when_postgresql_is_killed_every_process_says_so_and_lives(system: System, ports: dict[str, int]) -> None:
    postgres = system.process("PostgreSQL")
    assert postgres is not None
    for port in ports.values():
        eventually(_is_ready(port), "ready")
    # Held for a while: it would start PostgreSQL again before everybody was asked.
    os.kill(system.pid, signal.SIGSTOP)
    try:
        os.kill(postgres.pid, signal.SIGKILL)
        for port in ports.values():
            eventually(_says_of_the_database(port), "said that the database does not answer")
        lives = {get(port, "/healthz").status for port in ports.values()}
    finally:
        os.kill(system.pid, signal.SIGCONT)

    assert lives == {200}
    for port in ports.values():
        eventually(_is_ready(port), "ready again", seconds=60)


def _says_of_the_database(port: int) -> Callable[[], bool]:
    return lambda: reasons(port).get("database") == "the database does not answer"


def _is_ready(port: int) -> Callable[[], bool]:
    return lambda: not reasons(port)


def _name(family: Metric) -> str:
    return family.name + _EXPOSED_AS.get(family.type, "")


def _tells(process: str, told_by: frozenset[str]) -> bool:
    service, _, role = process.rpartition("-")
    return bool(told_by & {"all", _ASKED.get(role, role), f"{role} of {service}"})
