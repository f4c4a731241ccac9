"""Whether vendors let us in is said in a sentence each, and told by the exit code."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from services.cli import app
from services.reconciliation import cli_vendors
from services.reconciliation.vendors.connector import Misconfigured, VendorAccount
from shared.errors import UserError
from tests.infrastructure.vendors import VendorInMemory


class _Ours(VendorInMemory):
    async def check_credentials(self) -> VendorAccount | None:
        return VendorAccount("wgc-1", "Our own")

    async def aclose(self) -> None:
        """Nothing is held."""


class _Shut(_Ours):
    async def check_credentials(self) -> VendorAccount | None:
        raise Misconfigured("the vendor does not take the secret: set SEATLEDGER_MICROSOFT_CLIENT_SECRET")


@pytest.fixture(autouse=True)
def _both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATLEDGER_MICROSOFT_TENANT", "example")
    monkeypatch.setenv("SEATLEDGER_WATCHGUARD_ACCOUNT", "WGC-1")
    monkeypatch.setattr(
        "services.reconciliation.vendors.configured._made",
        lambda vendor: {"panda": _Ours(), "microsoft": _Shut()}[vendor],
    )


def test_each_vendor_has_a_sentence_and_one_that_fails_ends_with_1() -> None:
    done = CliRunner().invoke(app, ["reconcile", "check"])

    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "microsoft: the vendor does not take the secret: set SEATLEDGER_MICROSOFT_CLIENT_SECRET",
        "panda: lets us in as Our own (wgc-1)",
    ]


def test_one_that_lets_us_in_ends_with_0() -> None:
    done = CliRunner().invoke(app, ["reconcile", "check", "panda", "--json"])

    assert done.exit_code == 0
    (one,) = json.loads(done.stdout)["items"]
    assert one == {"vendor": "panda", "works": True, "said": "lets us in as Our own (wgc-1)"}


def test_without_a_vendor_there_is_nothing_to_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEATLEDGER_MICROSOFT_TENANT")
    monkeypatch.delenv("SEATLEDGER_WATCHGUARD_ACCOUNT")

    with pytest.raises(UserError, match="no vendor is configured"):
        cli_vendors.check(None, as_json=False)
