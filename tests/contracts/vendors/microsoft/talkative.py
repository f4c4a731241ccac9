"""A process that logs all it can, shows all it holds, and meets every failure: for what must not be in its output.

Run as `python -m tests.contracts.vendors.microsoft.talkative ADDRESS FOLDER`.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import stamina
from pydantic import SecretStr

from services.reconciliation.vendors.connector import VendorError
from services.reconciliation.vendors.microsoft.connector import MicrosoftConnector
from services.reconciliation.vendors.microsoft.tokens import MsalTokens
from tests.contracts.vendors.microsoft.emulated import accounts, emulated_config

CLIENT_SECRET, FIRST_REFRESH_TOKEN = "the-client-secret", "the-first-refresh-token"
TRAPS: list[dict[str, Any]] = [
    {"echo": True, "refused_tokens": 9}, {"throttle": 9, "retry_after": 0}, {"server_errors": 9}, {"cut_bodies": 9},
    {"slow": 4, "slow_seconds": 1}, {"next_link": "elsewhere"}, {"login_errors": 9}, {"failing": {"c1": 404}},
]  # fmt: skip


async def met(step: Awaitable[object]) -> None:
    """Show a failure as a developer would see it: with the variables of all functions."""
    try:
        print("gave", repr(await step))
    except VendorError as error:
        logging.getLogger("talkative").exception("met")
        print(repr(error), vars(error))
        print("".join(traceback.TracebackException.from_exception(error, capture_locals=True).format()))


def shown(value: object, depth: int = 4) -> str:
    """The representation of an object and of what it is made of."""
    parts = vars(value).values() if depth and hasattr(value, "__dict__") else ()
    return " ".join([repr(value), *(shown(part, depth - 1) for part in parts if not callable(part))])


async def talk(address: str, folder: Path) -> None:
    settings = {"timeout_seconds": 0.3, "client_secret": SecretStr(CLIENT_SECRET), "page_size": 1}
    refresh = {"refresh_token": SecretStr(FIRST_REFRESH_TOKEN), "refresh_token_file": folder / "refresh"}
    steps: list[Callable[[MicrosoftConnector], Awaitable[object]]] = [
        accounts,
        lambda connector: connector.list_entitlements("c1"),
        lambda connector: connector.change_quantity("c1", "s1", 12, "r1"),
    ]
    async with httpx.AsyncClient(base_url=f"{address}/_emulator") as control:
        for more in ({}, refresh):
            for trap in [{}, *TRAPS]:
                await control.delete("/traps")
                config = emulated_config(address, **settings, **more)
                tokens = MsalTokens(config)
                connector = MicrosoftConnector(config, tokens=tokens)
                if "login_errors" not in trap:
                    await tokens.token()
                await control.patch("/traps", json=trap)
                for step in steps:
                    await met(step(connector))
                print(repr(config), config.model_dump(), repr(connector), shown(tokens, 1))
                await connector.aclose()
        await control.delete("/traps")
        wrong = emulated_config(address, audience="https://graph.microsoft.com", **settings)
        await met(accounts(MicrosoftConnector(wrong)))
        secret = emulated_config(address, **{**settings, "client_secret": SecretStr(CLIENT_SECRET + "-old")})
        await met(accounts(MicrosoftConnector(secret)))


if __name__ == "__main__":
    logging.basicConfig(level=logging.DEBUG, stream=sys.stdout)
    logging.captureWarnings(True)
    # It tries as often and says so, without the waits.
    stamina.set_testing(True, attempts=2)
    asyncio.run(talk(sys.argv[1], Path(sys.argv[2])))
