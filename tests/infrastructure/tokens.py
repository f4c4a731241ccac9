"""Tokens for tests that ask an API."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import timedelta

from shared.store import tokens
from shared.store.pool import connect


def token_of(
    dsn: str, role: str, *, reseller: str | None = None, customer: str | None = None, scopes: Collection[str] = ()
) -> str:
    """The text of a new token of a database that is prepared."""
    return asyncio.run(new_token(dsn, role, reseller=reseller, customer=customer, scopes=scopes))


async def new_token(
    dsn: str, role: str, *, reseller: str | None = None, customer: str | None = None, scopes: Collection[str] = ()
) -> str:
    """The same, for who awaits it."""
    async with await connect(dsn) as connection:
        _, text = await tokens.create(
            connection, role, timedelta(days=1), reseller=reseller, customer=customer, scopes=scopes
        )
        return text


def bearer(token: str) -> dict[str, str]:
    """The header with which a request gives a token."""
    return {"Authorization": f"Bearer {token}"}
