"""Commands are to answer at once, so they must not import what only the running system needs.

No test asserts a time: what it takes is measured by `make bench` (simulate_seed_s).
"""

import os
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
    assert ended.code in (None, 0, {code}), ended.code
print(*sorted(sys.modules), file=sys.stderr)
"""
OF_THE_SYSTEM = {"aiokafka", "psycopg", "psycopg_pool", "faust", "fastapi", "starlette", "uvicorn", "asyncio", "httpx"}
NOT_IN_THE_FILE = {"shared.events.models.documents", "shared.events.models.reconciliation"}


@pytest.mark.parametrize("output", [(), ("--json",)], ids=["tables", "json"])
def test_simulate_imports_nothing_of_the_running_system(output: tuple[str, ...]) -> None:
    arguments = ["simulate", "examples/ex1.jsonl", "--until", "2020-02-01", *output]
    answer = subprocess.run(
        [sys.executable, "-c", RUN.format(arguments=arguments, code=0)], capture_output=True, text=True, check=True
    )
    imported = set(answer.stderr.split())
    assert "shared.billing.run" in imported
    assert imported & (OF_THE_SYSTEM | NOT_IN_THE_FILE) == set()


def test_a_command_imports_neither_a_web_framework_nor_a_client_of_kafka() -> None:
    arguments = ["subscriptions", "quantity", "sub-1", "--add", "1"]
    answer = subprocess.run(
        [sys.executable, "-c", RUN.format(arguments=arguments, code=1)],
        env={**os.environ, "SEATLEDGER_DATABASE": "postgresql://127.0.0.1:1/none"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    imported = set(answer.stderr.split())
    assert "services.subscriptions.desk" in imported
    assert imported & {"aiokafka", "faust", "fastapi", "starlette", "structlog", "rich", "psutil"} == set()
