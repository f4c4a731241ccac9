"""The emulator holds what it is given, is changed while it runs, and says in one sentence what it cannot read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from deploy.emulators.microsoft.app import build
from deploy.emulators.microsoft.state import State
from deploy.local.processes import free_port
from tests.contracts.vendors.microsoft.emulated import new_commerce, seed


@pytest.fixture
def client() -> TestClient:
    state = State()
    state.plant(seed(c1=[new_commerce("S1")]))
    return TestClient(build(state))


def test_what_is_planted_is_there_until_something_else_is(client: TestClient) -> None:
    assert client.get("/_emulator/state").json()["customers"][0]["subscriptions"][0]["quantity"] == 10
    planted = {"customers": [{"id": "C2", "companyName": "Fabrikam"}]}
    assert client.put("/_emulator/state", json=planted).json() == {"customers": 1}
    assert [one["id"] for one in client.get("/_emulator/state").json()["customers"]] == ["C2"]


def test_somebody_changes_a_subscription_in_partner_center_s_pages(client: TestClient) -> None:
    path = "/_emulator/customers/C1/subscriptions/s1"
    assert client.put(path, json={"quantity": 99}).json()["offerId"] == new_commerce("S1")["offerId"]
    records = client.get("/_emulator/state").json()["auditRecords"]
    assert json.loads(records[0]["resourceNewValue"])["Quantity"] == 99
    assert client.put("/_emulator/customers/nobody/subscriptions/s1", json={}).status_code == 404


def test_a_customer_leaves(client: TestClient) -> None:
    assert client.delete("/_emulator/customers/C1").json() == {"ended": True}
    assert client.delete("/_emulator/customers/C1").json() == {"ended": False}


def test_traps_are_set_one_by_one_and_all_taken_away(client: TestClient) -> None:
    client.patch("/_emulator/traps", json={"throttle": 3})
    assert client.patch("/_emulator/traps", json={"bom": False}).json()["throttle"] == 3
    assert client.delete("/_emulator/traps").json()["throttle"] == 0


@pytest.mark.parametrize("wrong", [{"throtle": 3}, {"throttle": -1}, {"next_link": "lost"}])
def test_a_trap_that_is_not_one_is_named(client: TestClient, wrong: dict[str, object]) -> None:
    answer = client.patch("/_emulator/traps", json=wrong)
    assert answer.status_code == 422
    assert f"trap {next(iter(wrong))}" in answer.json()["detail"]


def test_a_change_without_auto_renew_switches_it_off(client: TestClient) -> None:
    """As Microsoft warns: the reason why the connector sends everything back."""
    form = {"grant_type": "client_credentials", "scope": "https://api.partnercenter.microsoft.com/.default"}
    token = client.post("/partner.example/oauth2/v2.0/token", data=form).json()["access_token"]
    answer = client.patch(
        "/v1/customers/C1/subscriptions/S1", json={"quantity": 11}, headers={"Authorization": f"Bearer {token}"}
    )
    assert json.loads(answer.content)["autoRenewEnabled"] is False


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.emulators.microsoft", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is wrong at the whole file: "),
        ('{"customers": [{"id": "C1"}]}', "is wrong at customers.0.companyName: Field required"),
        ('{"customer": []}', "is wrong at customer: Extra inputs are not permitted"),
    ],
)
def test_a_seed_that_is_wrong_is_said_in_one_sentence(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "seed.json"
    path.write_text(content)
    ended = run("--port", str(free_port()), "--seed", str(path))
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"the seed {path} {said}")
    assert ended.stderr.count("\n") == 1
