"""What is configured of WatchGuard, and how a wrong configuration is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from services.reconciliation.vendors.connector import Misconfigured
from services.reconciliation.vendors.watchguard.config import WatchGuardConfig, configured

PREFIX = "SEATLEDGER_WATCHGUARD_"
GOOD = {
    "ACCOUNT": "WGC-1-1",
    "ACCESS_ID": "an-access-id",
    "PASSWORD": "s3cret-word",
    "API_KEY": "s3cret-key",
    "REGION": "deu",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A good configuration; tests take away and add."""
    for name, value in GOOD.items():
        monkeypatch.setenv(PREFIX + name, value)


def refused() -> str:
    with pytest.raises(Misconfigured) as caught:
        configured()
    said = str(caught.value)
    assert "\n" not in said
    assert "s3cret" not in said + repr(caught.value.__cause__) + repr(caught.value.__context__)
    return said


@pytest.mark.parametrize("region", ["usa", "deu", "jpn"])
def test_a_region_is_an_address(monkeypatch: pytest.MonkeyPatch, region: str) -> None:
    monkeypatch.setenv(PREFIX + "REGION", region)
    assert configured().base == f"https://api.{region}.cloud.watchguard.com"


def test_an_address_alone_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PREFIX + "REGION")
    monkeypatch.setenv(PREFIX + "ADDRESS", "http://127.0.0.1:8931/")
    assert configured().base == "http://127.0.0.1:8931"


@pytest.mark.parametrize(
    "address", ["127.0.0.1:1", "ftp://host", "http://", "https://host/rest", "https://u:s3cret@host"]
)
def test_an_address_is_a_host_alone(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.delenv(PREFIX + "REGION")
    monkeypatch.setenv(PREFIX + "ADDRESS", address)
    assert f"{PREFIX}ADDRESS: " in refused()


def test_a_region_or_an_address_and_not_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PREFIX + "ADDRESS", "http://127.0.0.1:1")
    assert "one of the two" in refused()
    monkeypatch.delenv(PREFIX + "ADDRESS")
    monkeypatch.delenv(PREFIX + "REGION")
    assert "one of the two" in refused()


def test_an_error_of_the_configuration_itself_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """The beginning and the end of what was given would be shown: without a region the API key stands at the end."""
    monkeypatch.delenv(PREFIX + "REGION")
    with pytest.raises(ValidationError) as caught:
        WatchGuardConfig()
    assert "one of the two" in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("name", ["ACCOUNT", "ACCESS_ID", "PASSWORD", "API_KEY"])
def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(PREFIX + name)
    assert f"{PREFIX}{name}: is missing" in refused()


@pytest.mark.parametrize(
    ("name", "value"),
    [("REGION", "eu"), ("PAGE_SIZE", "0"), ("RETRIES", "many"), ("PASSWORD", ""), ("QUANTITY_SENT", "?")],
)
def test_what_is_wrong_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(PREFIX + name, value)
    assert f"{PREFIX}{name}: " in refused()


@pytest.mark.parametrize("name", ["ACCESS_ID", "PASSWORD", "API_KEY"])
def test_a_secret_can_lie_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    file = tmp_path / "secret"
    file.write_text("s3cret of a file\n")
    monkeypatch.delenv(PREFIX + name)
    monkeypatch.setenv(f"{PREFIX}{name}_FILE", str(file))
    assert getattr(configured(), name.lower()).get_secret_value() == "s3cret of a file"
    monkeypatch.setenv(PREFIX + name, "s3cret beside it")
    assert "are both given" in refused()


def test_a_file_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(PREFIX + "PASSWORD")
    monkeypatch.setenv(PREFIX + "PASSWORD_FILE", str(tmp_path / "nowhere"))
    assert f"{PREFIX}PASSWORD_FILE: {tmp_path}/nowhere cannot be read (No such file or directory)" in refused()


def test_offers_are_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        PREFIX + "OFFERS", '{"p": {"product_name": "EPDR", "family": "Ours"}, "q": {"product_name": "EPP"}}'
    )
    monkeypatch.setenv(PREFIX + "RESOURCE_TYPES", "endpoint, users")
    config = configured()
    assert (config.offers["p"].allocation_type, config.offers["p"].expiry_type) == ("Term", "Date")
    assert config.families() == {"epdr": "Ours"}
    assert config.resource_types == ("endpoint", "users")


@pytest.mark.parametrize(
    ("offers", "said"),
    [("{s3cret", "OFFERS is no JSON object"), ('{"p": {"licence": "s3cret"}}', "OFFERS, p, product_name: is missing"),
     ('{"p": {"product_name": "X", "licence": "s3cret"}}', "OFFERS, p, licence: Extra inputs are not permitted")],
)  # fmt: skip
def test_offers_that_are_none_are_named_without_what_they_hold(
    monkeypatch: pytest.MonkeyPatch, offers: str, said: str
) -> None:
    monkeypatch.setenv(PREFIX + "OFFERS", offers)
    assert said in refused()
