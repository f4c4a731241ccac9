"""The embedded broker: one binary that speaks Kafka's protocol (wheel `noida-db`), for demonstrations and quick tests.

It keeps its log in memory and writes it to disk every few seconds and when it is stopped: a clean restart keeps all, a
`kill -9` loses what was acknowledged last. docs/brokers.md has the measurements.
"""

from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from deploy.local.processes import Command

LOSES_RECORDS = (
    "the embedded broker loses its last records when it is killed, and a database that outlives them would remember "
    "positions that the log no longer has"
)


def command(data: Path, port: int, log: Path) -> Command:
    """The broker alone, on the loopback address. SIGTERM makes it write its log and stop."""
    data.mkdir(parents=True, exist_ok=True)
    binary = Path(str(files("noida_db").joinpath("noida-db")))
    # The wheel's launcher does the same: some installers drop the bit.
    if not binary.stat().st_mode & 0o100:
        binary.chmod(0o755)
    arguments = [str(binary), "start", "--data-dir", str(data), "--only", "kafka", "--kafka-port", str(port)]
    return Command("embedded broker", arguments, log)


def description() -> str:
    return f"embedded broker (noida-db {version('noida-db')})"
