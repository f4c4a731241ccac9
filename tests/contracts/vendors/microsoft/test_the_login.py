"""msal itself against the emulator as it is run: an address and nothing else makes the difference to Microsoft."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from pydantic import SecretStr

from services.reconciliation.vendors.connector import Misconfigured, NotReached
from services.reconciliation.vendors.microsoft.config import MicrosoftConfig
from services.reconciliation.vendors.microsoft.connector import MicrosoftConnector
from services.reconciliation.vendors.microsoft.tokens import MsalTokens
from tests.contracts.vendors.microsoft.emulated import accounts, emulated_config, new_commerce, process

T = TypeVar("T")
SEED = {
    "customers": [{"id": "C1", "companyName": "Contoso", "subscriptions": [new_commerce("S1")]}],
    "client": {"tenant": "partner.example", "client_id": "app", "secret": "s3cr3t", "refresh_token": "first"},
}


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("emulator")
    (folder / "seed.json").write_text(json.dumps(SEED))
    with process(folder, "--seed", str(folder / "seed.json")) as address:
        yield address


@pytest.fixture
def address(emulator: str) -> str:
    """Planted anew, without traps."""
    httpx.delete(f"{emulator}/_emulator/traps").raise_for_status()
    httpx.put(f"{emulator}/_emulator/state", json=SEED).raise_for_status()
    return emulator


def trap(address: str, **fields: Any) -> None:
    httpx.patch(f"{address}/_emulator/traps", json=fields).raise_for_status()


def with_connector(config: MicrosoftConfig, step: Callable[[MicrosoftConnector], Awaitable[T]]) -> T:
    async def scenario() -> T:
        connector = MicrosoftConnector(config)
        try:
            return await step(connector)
        finally:
            await connector.aclose()

    return asyncio.run(scenario())


def test_an_application_alone_reads_and_changes(address: str) -> None:
    async def step(connector: MicrosoftConnector) -> list[object]:
        said: list[object] = [await accounts(connector)]
        said.append(await connector.change_quantity("c1", "s1", 12, "r1"))
        said.append((await connector.list_entitlements("c1"))[0].quantity)
        return said

    assert with_connector(emulated_config(address), step) == [["c1"], "done", 12]


def test_application_and_user_keep_the_newest_refresh_token(address: str, tmp_path: Path) -> None:
    trap(address, one_use_refresh_tokens=True)
    path = tmp_path / "refresh"
    config = emulated_config(address, refresh_token=SecretStr("first"), refresh_token_file=path)
    seen = set()
    for _ in range(3):  # as many starts of the process; the first token is good once
        assert with_connector(config, accounts) == ["c1"]
        seen.add(path.read_text())
    assert len(seen) == 3


def test_a_token_that_ends_is_replaced_before_it_does(address: str) -> None:
    trap(address, token_seconds=1)

    async def step(connector: MicrosoftConnector) -> list[list[str]]:
        return [await accounts(connector) for _ in range(3)]

    assert with_connector(emulated_config(address), step) == [["c1"]] * 3


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"client_secret": SecretStr("wrong")}, "invalid_client, AADSTS7000215"),
        ({"client_id": "other"}, "gives no token to client other"),
        ({"tenant": "nobody.example"}, "does not know the tenant nobody.example"),
        ({"audience": "https://graph.microsoft.com"}, "the token is for another audience"),
    ],
)
def test_what_is_configured_wrongly_is_named(address: str, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(Misconfigured) as error:
        with_connector(emulated_config(address, **wrong), accounts)
    assert said in str(error.value)
    assert "wrong" not in str(error.value)


def test_a_refresh_token_that_is_not_taken(address: str, tmp_path: Path) -> None:
    path = tmp_path / "refresh"
    path.write_text("from another life")
    with pytest.raises(Misconfigured, match=r"is not taken any more \(AADSTS700082\): consent again"):
        with_connector(emulated_config(address, refresh_token_file=path), accounts)


def test_nobody_listens() -> None:
    config = emulated_config("http://127.0.0.1:9")  # discard: no process listens there
    with pytest.raises(NotReached, match="gave no token"):
        asyncio.run(only_the_token(config))


async def only_the_token(config: MicrosoftConfig) -> None:
    tokens = MsalTokens(config)
    try:
        await tokens.token()
    finally:
        await tokens.aclose()


def test_an_answer_that_is_late_is_asked_for_again(address: str) -> None:
    trap(address, slow=1, slow_seconds=2)
    assert with_connector(emulated_config(address, timeout_seconds=0.3), accounts) == ["c1"]
    first, second = httpx.get(f"{address}/_emulator/requests").json()
    assert first["request_id"] == second["request_id"]
