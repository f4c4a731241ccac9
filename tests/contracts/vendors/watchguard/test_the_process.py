"""The emulator as a process of its own: `python -m deploy.emulators.watchguard`."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from deploy.emulators.watchguard.__main__ import main
from tests.contracts.vendors.watchguard.emulated import Emulated


def test_it_says_where_it_listens_and_begins_with_its_seed(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps({"accounts": [{"accountId": "ACC-5", "name": "Five", "seats_used": 2}]}))
    process = subprocess.Popen(
        [sys.executable, "-m", "deploy.emulators.watchguard", "--port", "0", "--seed", str(seed)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        said, _, url = process.stdout.readline().strip().rpartition(" ")
        assert said == "WatchGuard Cloud, emulated:"
        with httpx.Client(base_url=url, transport=httpx.HTTPTransport(retries=5)) as client:
            (account,) = client.get("/_emulator/state").json()["accounts"]
            assert account["accountId"] == "ACC-5"
            assert client.get("/rest/platform/accounts/v1/accounts/ACC-5").status_code == 403
    finally:
        process.send_signal(signal.SIGINT)
        said_at_last, errors = process.communicate(timeout=20)
    assert (process.returncode, said_at_last, errors) == (0, "", "")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read (No such file or directory)"),
        ("{", "the file: Invalid JSON"),
        ('{"accounts": [{"name": "No id"}]}', "accounts.0.accountId: Field required"),
        ('{"colour": "red"}', "colour: Extra inputs are not permitted"),
    ],
)
def test_a_seed_that_is_none_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, said: str
) -> None:
    seed = tmp_path / "seed.json"
    if content is not None:
        seed.write_text(content)
    assert main(["--port", "0", "--seed", str(seed)]) == 1
    assert said in capsys.readouterr().err


def test_a_port_that_is_taken_is_one_sentence(emulator: Emulated, capsys: pytest.CaptureFixture[str]) -> None:
    port = emulator.url.rpartition(":")[2]
    assert main(["--port", port]) == 1
    assert f"cannot listen on 127.0.0.1:{port}" in capsys.readouterr().err


def test_it_is_steered_while_it_runs(emulator: Emulated) -> None:
    assert httpx.put(f"{emulator.url}/_emulator/traps", json={"busy": 2}).json()["busy"] == 2
    assert httpx.get(f"{emulator.url}/_emulator/traps").json()["busy"] == 2
    wrong = httpx.put(f"{emulator.url}/_emulator/traps", json={"no_such_trap": 1})
    assert (wrong.status_code, emulator.state.traps.busy) == (422, 2)
    seed = {"accounts": [{"accountId": "ACC-6", "name": "Six"}]}
    assert httpx.post(f"{emulator.url}/_emulator/seed", json=seed).json() == {"accounts": 1}
    assert httpx.get(f"{emulator.url}/_emulator/traps").json()["busy"] == 0
    assert httpx.post(f"{emulator.url}/_emulator/reset").json() == {"accounts": 1}
    assert httpx.post(f"{emulator.url}/_emulator/revoke").json() == {"revoked": 0}
    assert httpx.get(f"{emulator.url}/_emulator/calls").json() == []
