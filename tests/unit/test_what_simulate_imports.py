"""`simulate` is to answer at once, so it must not import what only the running system needs.

No test asserts a time: what it takes is measured by `make bench` (simulate_seed_s).
"""

import subprocess
import sys

import pytest

RUN = """
import sys
from services.cli import main
sys.argv = ["seatledger", *{arguments!r}]
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
print(*sorted(sys.modules), file=sys.stderr)
"""
OF_THE_SYSTEM = {"aiokafka", "psycopg", "psycopg_pool", "faust", "fastapi", "starlette", "uvicorn", "asyncio", "httpx"}
NOT_IN_THE_FILE = {"shared.events.models.documents", "shared.events.models.reconciliation"}


@pytest.mark.parametrize("output", [(), ("--json",)], ids=["tables", "json"])
def test_simulate_imports_nothing_of_the_running_system(output: tuple[str, ...]) -> None:
    arguments = ["simulate", "examples/ex1.jsonl", "--until", "2020-02-01", *output]
    answer = subprocess.run(
        [sys.executable, "-c", RUN.format(arguments=arguments)], capture_output=True, text=True, check=True
    )
    imported = set(answer.stderr.split())
    assert "shared.billing.run" in imported
    assert imported & (OF_THE_SYSTEM | NOT_IN_THE_FILE) == set()
