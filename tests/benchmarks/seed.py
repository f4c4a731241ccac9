"""`simulate` of the release notes' example, as a whole command from the shell."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

_ROUNDS = 5
_EXAMPLE = Path("examples/ex1.jsonl")


def measure() -> dict[str, float]:
    """`simulate_seed_s`: seconds from start to exit, median of five after one that warms the file cache."""
    command = [sys.executable, "-m", "services.cli", "simulate", str(_EXAMPLE), "--until", "2020-02-01", "--json"]
    times = []
    for _ in range(_ROUNDS + 1):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - began)
    return {"simulate_seed_s": round(statistics.median(times[1:]), 3)}
