"""Tokens, each fetched once and kept until five minutes before it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from pydantic import SecretStr

REFRESH_EARLY_S: Final = 300.0


class TokenKey(NamedTuple):
    """Whose token, where, and for whom: no audience is our own account."""

    access_id: str
    base: str
    audience: str | None

    def __repr__(self) -> str:
        return f"TokenKey(base={self.base!r})"


class Token(NamedTuple):
    """A bearer token. `lifetime` is in seconds from when it was fetched."""

    value: SecretStr
    lifetime: float


class _Kept(NamedTuple):
    token: Token
    until: float


class Tokens:
    """One entry a key, whoever asks: those who ask at once wait for one fetch. `clock` gives seconds, any origin."""

    def __init__(self, fetch: Callable[[TokenKey], Awaitable[Token]], clock: Callable[[], float]) -> None:
        self._fetch, self._clock = fetch, clock
        self._kept: dict[TokenKey, _Kept] = {}
        self._locks: dict[TokenKey, asyncio.Lock] = {}

    async def bearer(self, key: TokenKey) -> SecretStr:
        """The token of a key, fetched when there is none or it ends soon. Raises what fetching raises."""
        if (kept := self._kept.get(key)) is not None and self._clock() < kept.until:
            return kept.token.value
        async with self._locks.setdefault(key, asyncio.Lock()):
            if (kept := self._kept.get(key)) is not None and self._clock() < kept.until:
                return kept.token.value
            asked = self._clock()
            token = await self._fetch(key)
            # One that lives shorter than that is used for half its life, or each call would fetch one.
            early = token.lifetime - REFRESH_EARLY_S
            self._kept[key] = _Kept(token, asked + max(early, token.lifetime / 2))
            return token.value

    def refuse(self, key: TokenKey, value: SecretStr) -> None:
        """This one was not accepted: the next who asks gets another one, unless one was fetched meanwhile."""
        if (kept := self._kept.get(key)) is not None and kept.token.value == value:
            del self._kept[key]

    def known(self) -> list[str]:
        """All that are kept, so that they can be kept out of what is shown."""
        return [kept.token.value.get_secret_value() for kept in self._kept.values()]
