"""What is configured of Microsoft, and what is said where it is wrong; never with a secret in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from services.reconciliation.vendors.connector import Misconfigured
from services.reconciliation.vendors.microsoft.config import MicrosoftConfig, from_environment
from tests.unit.reconciliation.microsoft.surroundings import config, with_secret_file

SECRET = "hunter2-hunter2"
GOOD = {"TENANT": "partner.example", "CLIENT_ID": "app", "CLIENT_SECRET": SECRET}


@pytest.fixture(autouse=True)
def _nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in MicrosoftConfig.model_fields:
        monkeypatch.delenv(f"SEATLEDGER_MICROSOFT_{name.upper()}", raising=False)


def environment(monkeypatch: pytest.MonkeyPatch, **variables: str) -> MicrosoftConfig:
    for name, value in {**GOOD, **variables}.items():
        if value:
            monkeypatch.setenv(f"SEATLEDGER_MICROSOFT_{name}", value)
    return from_environment()


def test_three_variables_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    found = environment(monkeypatch)
    assert found.secret().get_secret_value() == SECRET
    assert found.scope == "https://api.partnercenter.microsoft.com/.default"
    assert (found.login_address, found.requests_per_minute) == ("https://login.microsoftonline.com", 500)


def test_an_emulator_is_reached_by_addresses_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "http://127.0.0.1:8123/v1/"
    found = environment(monkeypatch, LOGIN_ADDRESS="http://127.0.0.1:8123", API_ADDRESS=address)
    assert (found.login_address, found.api_address) == ("http://127.0.0.1:8123", "http://127.0.0.1:8123")
    assert found.scope == "https://api.partnercenter.microsoft.com/.default", "tokens are for the same as ever"


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"TENANT": ""}, "SEATLEDGER_MICROSOFT_TENANT is not set"),
        ({"CLIENT_SECRET": ""}, "set one of SEATLEDGER_MICROSOFT_CLIENT_SECRET and SEATLEDGER_"),
        ({"CLIENT_SECRET_FILE": "/run/secret"}, "set one of SEATLEDGER_MICROSOFT_CLIENT_SECRET and"),
        ({"REFRESH_TOKEN": SECRET}, "SEATLEDGER_MICROSOFT_REFRESH_TOKEN needs SEATLEDGER_MICROSOFT_REFRESH_TOKEN_FILE"),
        ({"AUDIENCE": "https://graph.windows.net"}, "SEATLEDGER_MICROSOFT_AUDIENCE is one that Partner Center"),
        ({"API_ADDRESS": "http://api.example"}, "SEATLEDGER_MICROSOFT_API_ADDRESS is to begin with https://"),
        ({"API_ADDRESS": "https://api.example/beta"}, "SEATLEDGER_MICROSOFT_API_ADDRESS is to be the host alone"),
        ({"LOGIN_ADDRESS": "login"}, "SEATLEDGER_MICROSOFT_LOGIN_ADDRESS is to be https://host"),
        ({"LOGIN_ADDRESS": f"https://a:{SECRET}@login"}, "SEATLEDGER_MICROSOFT_LOGIN_ADDRESS is to be https://host"),
        ({"REQUESTS_PER_MINUTE": "501"}, "SEATLEDGER_MICROSOFT_REQUESTS_PER_MINUTE Input should be less than or equal"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], said: str) -> None:
    with pytest.raises(Misconfigured) as error:
        environment(monkeypatch, **variables)
    assert said in str(error.value)
    assert SECRET not in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1", "http://emulator:1"])
def test_plain_http_only_in_the_neighbourhood(address: str) -> None:
    assert config(api_address=address).api_address == address


def test_a_secret_in_a_file_is_read_when_it_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    found = with_secret_file(path)
    with pytest.raises(Misconfigured, match=r"cannot be read from .*secret \(FileNotFoundError\)"):
        found.secret()
    path.write_text(" \n")
    with pytest.raises(Misconfigured, match="is empty"):
        found.secret()
    path.write_text(f"{SECRET}\n")
    assert found.secret().get_secret_value() == SECRET


def test_no_representation_shows_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    found = environment(monkeypatch, REFRESH_TOKEN=SECRET, REFRESH_TOKEN_FILE="/run/refresh")
    assert SECRET not in f"{found!r} {found} {found.model_dump()} {found.model_dump_json()}"


def test_hosts_of_certificates_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    found = environment(monkeypatch, WEBHOOK_CERTIFICATE_HOSTS="One.example, two.example,")
    assert found.webhook_certificate_hosts == {"one.example", "two.example"}


def test_the_page_names_every_variable_and_no_other() -> None:
    page = (Path(__file__).parents[4] / "docs" / "vendors" / "microsoft.md").read_text()
    table = page.partition("## Configuration")[2].partition("### Permissions")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    assert named == {name.upper() for name in MicrosoftConfig.model_fields}
