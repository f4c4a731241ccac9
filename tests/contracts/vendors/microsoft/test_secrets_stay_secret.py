"""Nothing that proves who we are is in any log line, message, representation or traceback, at whatever level."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.contracts.vendors.microsoft.emulated import new_commerce, process
from tests.contracts.vendors.microsoft.talkative import CLIENT_SECRET, FIRST_REFRESH_TOKEN

SEED = {
    "customers": [
        {"id": "C1", "companyName": "Contoso", "subscriptions": [new_commerce("S1")]},
        {"id": "C2", "companyName": "Fabrikam"},
    ],
    "client": {
        "tenant": "partner.example", "client_id": "app", "secret": CLIENT_SECRET, "refresh_token": FIRST_REFRESH_TOKEN,
    },
}  # fmt: skip


TALK = (
    "send_request_headers", "HTTP Request", "answered", "stamina.retry_scheduled", "Traceback", "errand = Errand(",
    "[redacted]", "AADSTS7000215", "NoSuchAccount",
)  # fmt: skip


def test_a_talkative_process_tells_no_secret(tmp_path: Path) -> None:
    (tmp_path / "seed.json").write_text(json.dumps(SEED))
    with process(tmp_path, "--seed", str(tmp_path / "seed.json")) as address:
        module = "tests.contracts.vendors.microsoft.talkative"
        ended = subprocess.run(
            [sys.executable, "-m", module, address, str(tmp_path)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False,
        )  # fmt: skip
    said = ended.stdout + (tmp_path / "emulator.log").read_text()
    assert ended.returncode == 0, said[-3000:]
    for heard in TALK:
        assert heard in said, f"the process was to be talkative, and nothing is said of {heard}"
    for secret in (CLIENT_SECRET, FIRST_REFRESH_TOKEN, "emulated-access-", "emulated-refresh-"):
        assert secret not in said, near(said, secret)
    assert "emulated-refresh-" in (tmp_path / "refresh").read_text(), "tokens were given and kept"


def near(text: str, secret: str) -> str:
    at = text.index(secret)
    return text[max(0, at - 800) : at + 200]
