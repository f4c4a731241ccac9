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
import tempfile
from pathlib import Path

from shared.store.logging import configure_logging
from tests.benchmarks import commands, core, invoice_lines, live, seed
from tests.infrastructure import brokers, databases

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Measure on Apache Kafka where `make kafka` brought it, else on the embedded broker."""
    if brokers.VARIABLE not in os.environ and Path(".kafka/jars").is_dir():
        os.environ[brokers.VARIABLE] = brokers.KAFKA
    configure_logging("bench", "warning")
    folder = Path(tempfile.mkdtemp(prefix="seatledger-bench-"))
    folder.chmod(0o711)
    figures: dict[str, float] = {}
    try:
        print(f"broker: {brokers.description()}", flush=True)
        figures |= _shown(core.measure())
        figures |= _shown(seed.measure())
        with brokers.running(folder) as broker, databases.running(folder) as server:
            figures |= _shown(live.measure(broker, server))
            figures |= _shown(invoice_lines.measure(broker, server))
            figures |= _shown(commands.measure(broker, server))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    RESULTS.mkdir(exist_ok=True)
    result = {"commit": _commit(), "machine": _machine(), "broker": brokers.chosen(), "figures": figures}
    file = RESULTS / f"{brokers.chosen()}.json"
    file.write_text(json.dumps(result, indent=2) + "\n")
    print(f"kept in {file}")


def _shown(figures: dict[str, float]) -> dict[str, float]:
    for name, figure in figures.items():
        print(f"{name:28} {figure:12,.2f}", flush=True)
    return figures


def _commit() -> str:
    return subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
