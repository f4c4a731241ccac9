"""Tokens for tests that ask an API."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import timedelta

from shared.store import tokens
from shared.store.pool import connect


async def made_token(
    dsn: str, role: str, *, reseller: str | None = None, customer: str | None = None, scopes: Collection[str] = ()
) -> str:
    """The text of a new token of a database that is prepared."""
    async with await connect(dsn) as connection:
        _, text = await tokens.create(
            connection, role, timedelta(days=1), reseller=reseller, customer=customer, scopes=scopes
        )
        return text


def token_of(
    dsn: str, role: str, *, reseller: str | None = None, customer: str | None = None, scopes: Collection[str] = ()
) -> str:
    """The same, where nothing else runs meanwhile."""
    return asyncio.run(made_token(dsn, role, reseller=reseller, customer=customer, scopes=scopes))


def bearer(token: str) -> dict[str, str]:
    """The header with which a request gives a token."""
    return {"Authorization": f"Bearer {token}"}
