"""`seatledger subscriptions import`, stopped by Ctrl-C: it says how far it came, and goes on when it is run again."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from services.subscriptions.bulk_import import PORTION
from tests.integration.services.running import query

pytestmark = pytest.mark.database

ROWS = 20_000


def test_ctrl_c_says_what_is_done_and_again_goes_on(prepared: str, tmp_path: Path) -> None:
    file, report = tmp_path / "rows.jsonl", tmp_path / "refused.csv"
    file.write_text("not a row\n" + "".join(
        json.dumps({
            "subscription_id": f"sub-{number}", "currency": "EUR", "customer": {"id": "cus-1"},
            "product": {"id": "office"}, "quantity": 2, "unit_price": "10.00", "started_at": "2026-01-01",
            "billed_by_us_from": "2026-02-01",
        }) + "\n"
        for number in range(ROWS)
    ))  # fmt: skip
    command = [sys.executable, "-m", "services.cli", "subscriptions", "import", str(file), "--report", str(report)]
    importing = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "SEATLEDGER_DATABASE": prepared},
    )  # fmt: skip
    deadline = time.monotonic() + 60
    # With the second portion the first one has been told of, and what was refused in it.
    while not query(prepared, f"SELECT FROM store.event OFFSET {PORTION} LIMIT 1"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    importing.send_signal(signal.SIGINT)
    _, said = importing.communicate(timeout=60)

    ((done,),) = query(prepared, "SELECT count(*) FROM store.event")
    assert importing.returncode == 130
    assert 0 < done < ROWS
    told = re.search(r"([\d,]+) imported", said)
    assert told is not None, said
    # The portion that was just committed may not have been counted.
    assert done - PORTION <= int(told[1].replace(",", "")) <= done
    assert "Traceback" not in said
    assert report.read_text().splitlines()[1].startswith('1,,"is not JSON')
