"""What is configured: where an API listens, and an issuer with its audience."""

import pytest
from pydantic import ValidationError

from shared.store.config import Config

ISSUER, AUDIENCE = "https://id.example", "seatledger"


def test_an_api_listens_on_this_machine_alone_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Config(database="d", broker="b").api_host == "127.0.0.1"
    monkeypatch.setenv("SEATLEDGER_API_HOST", "0.0.0.0")
    assert Config(database="d", broker="b").api_host == "0.0.0.0"


def test_an_issuer_goes_with_its_audience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATLEDGER_OIDC_ISSUER", ISSUER)
    with pytest.raises(ValidationError, match="SEATLEDGER_OIDC_AUDIENCE go together"):
        Config(database="d", broker="b")
    monkeypatch.setenv("SEATLEDGER_OIDC_AUDIENCE", AUDIENCE)
    found = Config(database="d", broker="b")
    assert (found.oidc_issuer, found.oidc_audience, found.oidc_jwks_url) == (ISSUER, AUDIENCE, None)


def test_a_process_tells_of_itself_on_this_machine_alone_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Config(database="d", broker="b")
    assert (found.metrics_host, found.metrics_port) == ("127.0.0.1", 0)
    monkeypatch.setenv("SEATLEDGER_METRICS_HOST", "::1")
    monkeypatch.setenv("SEATLEDGER_METRICS_PORT", "9464")
    found = Config(database="d", broker="b")
    assert (found.metrics_host, found.metrics_port) == ("::1", 9464)
