"""The broker of the tests: SEATLEDGER_TEST_BROKER chooses it, a session starts it once, the report names it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local import apache_kafka, embedded_broker
from deploy.local.processes import Command, free_port, listens, start, stop, wait_until

VARIABLE = "SEATLEDGER_TEST_BROKER"
EMBEDDED, KAFKA, TESTCONTAINERS = "embedded", "kafka", "testcontainers"
IMAGE = "apache/kafka:4.4.0"


@dataclass(frozen=True)
class Broker:
    """A running broker. `address` is host:port; `kind` one of embedded, kafka, testcontainers."""

    kind: str
    address: str

    @property
    def keeps_acknowledged_records(self) -> bool:
        """Whether it may be killed: Apache Kafka keeps what it acknowledged, the embedded broker does not."""
        return self.kind != EMBEDDED


def chosen() -> str:
    kind = os.environ.get(VARIABLE, EMBEDDED)
    if kind not in (EMBEDDED, KAFKA, TESTCONTAINERS):
        raise ValueError(f"{VARIABLE} is {kind!r}; it takes embedded, kafka or testcontainers")
    return kind


def description() -> str:
    """What the report says the tests ran on."""
    match chosen():
        case "kafka":
            return f"{apache_kafka.description()} (jars of `make kafka`, this machine's Java)"
        case "testcontainers":
            return f"Apache Kafka in a container ({IMAGE})"
        case _:
            return f"{embedded_broker.description()}; `make test-kafka` runs the same on Apache Kafka"


@contextmanager
def running(folder: Path) -> Iterator[Broker]:
    """The chosen broker with its data in `folder`, for the time of the block."""
    kind = chosen()
    if kind == TESTCONTAINERS:
        yield from _container()
        return
    port = free_port()
    command = _command(kind, folder, port)
    process = start(command)
    try:
        wait_until(lambda: listens(port), process, command)
        yield Broker(kind, f"127.0.0.1:{port}")
    finally:
        stop(process, command.stop_signal, grace_seconds=20)


class OwnBroker:
    """A broker of one test, which may stop it and start it again; it keeps its log and its address."""

    def __init__(self, folder: Path) -> None:
        self._port = free_port()
        self._command = _command(KAFKA if chosen() == KAFKA else EMBEDDED, folder, self._port)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it and wait until it listens."""
        self._process = start(self._command)
        wait_until(lambda: listens(self._port), self._process, self._command)

    def stop(self) -> None:
        """Stop it in order; nothing is lost by that."""
        if self._process is not None:
            stop(self._process, self._command.stop_signal, grace_seconds=20)
            self._process = None


def _command(kind: str, folder: Path, port: int) -> Command:
    if kind == KAFKA:
        return apache_kafka.command(folder / "broker", port, free_port(), folder / "broker.log")
    return embedded_broker.command(folder / "broker", port, folder / "broker.log")


def _container() -> Iterator[Broker]:
    # Imported here: only who has Docker needs its client.
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy

    # The address that clients are told must be known before it starts, so the port is the same inside and outside.
    port, controller_port = free_port(), free_port()
    container = DockerContainer(IMAGE).with_bind_ports(port, port)
    for name, value in _properties(port, controller_port).items():
        container = container.with_env(f"KAFKA_{name.replace('.', '_').upper()}", value)
    with container.waiting_for(LogMessageWaitStrategy("Kafka Server started")):
        yield Broker(TESTCONTAINERS, f"127.0.0.1:{port}")


def _properties(port: int, controller_port: int) -> dict[str, str]:
    """The same settings as Apache Kafka has from `make kafka`, but reachable from outside its container."""
    text = apache_kafka.PROPERTIES.format(
        port=port, controller_port=controller_port, logs="/tmp/kafka-logs", largest=apache_kafka.LARGEST_RECORD
    )
    lines = (line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#"))
    settings = {name: value for name, _, value in lines}
    settings["listeners"] = f"PLAINTEXT://0.0.0.0:{port},CONTROLLER://127.0.0.1:{controller_port}"
    return settings
