"""What all tests share: the broker, the database server, and the line in the report that says what they ran on.

Nothing is started until a test asks for it.
"""

import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.infrastructure import brokers, databases
from tests.infrastructure.brokers import Broker
from tests.infrastructure.databases import Databases
from tests.infrastructure.topics import delete_all_topics
from tests.strategies.pace import UNHURRIED

settings.register_profile("unhurried", UNHURRIED)
settings.load_profile("unhurried")

# Who runs the tests in the background has Ctrl-C ignored, and so would every command that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def session_folder() -> Iterator[Path]:
    """A folder with a short path (a Unix socket goes there) that other accounts may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="seatledger-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def broker(session_folder: Path) -> Iterator[Broker]:
    """The broker of this session. Topics and records of other tests are on it."""
    with brokers.running(session_folder) as running:
        yield running


@pytest.fixture
def empty_broker(broker: Broker) -> Broker:
    """The same broker without any topic."""
    delete_all_topics(broker.address)
    return broker


@pytest.fixture(scope="session")
def database_server(session_folder: Path) -> Iterator[Databases]:
    """The PostgreSQL of this session."""
    with databases.running(session_folder) as running:
        yield running


@pytest.fixture
def database(database_server: Databases) -> Iterator[str]:
    """The DSN of an empty database that is this test's alone."""
    dsn = database_server.create()
    yield dsn
    database_server.drop(dsn)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that only Apache Kafka can pass say so when they are left out.

    On Apache Kafka those that ask no broker are not run once more: `make test` runs them. Slow ones it leaves to this.
    """
    if brokers.chosen() == brokers.EMBEDDED:
        for item in items:
            if item.get_closest_marker("apache_kafka"):
                item.add_marker(pytest.mark.skip(reason="needs Apache Kafka: make kafka test-kafka"))
        return
    again = [item for item in items if not item.get_closest_marker("slow") and not _asks_a_broker(item)]
    config.hook.pytest_deselected(items=again)
    items[:] = [item for item in items if item not in again]


def _asks_a_broker(item: pytest.Item) -> bool:
    return "broker" in getattr(item, "fixturenames", ())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(f"broker: {brokers.description()}")
