"""`make bench`: the figures of this version, measured in one go, printed and kept in tests/benchmarks/results.

A figure is the median of several rounds unless its measurement says otherwise. Machines differ and are noisy: compare
figures of one run with each other.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from shared.store.logging import configure_logging
from tests.benchmarks import (
    commands,
    console_lists,
    core,
    invoice_lines,
    live,
    paper,
    reconciling,
    replay,
    seed,
    switching,
)  # fmt: skip
from tests.infrastructure import brokers, databases
from tests.infrastructure.brokers import Broker
from tests.infrastructure.databases import Databases

RESULTS = Path(__file__).parent / "results"


def main(wanted: Sequence[str]) -> int:
    """Measure all parts, or those that are named, on Apache Kafka where `make kafka` brought it, else embedded."""
    parts: Mapping[str, Callable[[Broker, Databases], dict[str, float]]] = {
        "core": lambda broker, server: core.measure(),
        "seed": lambda broker, server: seed.measure(),
        "live": live.measure,
        "replay": replay.measure,
        "switch": switching.measure,
        "invoice_lines": invoice_lines.measure,
        "reconciling": reconciling.measure,
        "commands": commands.measure,
        "paper": lambda broker, server: paper.measure(),
        "console": console_lists.measure,
    }
    unknown = sorted(set(wanted) - parts.keys())
    if unknown:
        print(f"{unknown[0]!r} is no part: there are {', '.join(parts)}", file=sys.stderr)
        return 2
    if brokers.VARIABLE not in os.environ and Path(".kafka/jars").is_dir():
        os.environ[brokers.VARIABLE] = brokers.KAFKA
    configure_logging("bench", "warning")
    folder = Path(tempfile.mkdtemp(prefix="seatledger-bench-"))
    folder.chmod(0o711)
    try:
        print(f"broker: {brokers.description()}", flush=True)
        with brokers.running(folder) as broker, databases.running(folder) as server:
            for part in wanted or parts:
                _keep(part, parts[part](broker, server))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _keep(part: str, figures: dict[str, float]) -> None:
    """Print the figures of a part, and keep them beside those of the others, with the commit they are of."""
    for name, figure in figures.items():
        print(f"{name:28} {figure:12,.2f}", flush=True)
    file = RESULTS / f"{brokers.chosen()}.json"
    kept = json.loads(file.read_text()) if file.exists() else {}
    kept[part] = {"commit": _commit(), "machine": _machine(), "figures": figures}
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(kept, indent=2) + "\n")
    print(f"kept in {file}", flush=True)


def _commit() -> str:
    return subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
