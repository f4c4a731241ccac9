"""Commands on the database directly: what is said when it is away before, or while, one is carried out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest

from shared.commands import operating
from shared.errors import UserError


class Failing:
    """A database that takes connections, or not, and breaks them in the middle of a command."""

    def __init__(self, *, connects: bool) -> None:
        self.connects = connects

    async def connect(self, *_: object, **__: object) -> Any:
        if not self.connects:
            raise psycopg.OperationalError("nobody listens")
        return self._opened()

    async def handle(self, *_: object) -> Any:
        await asyncio.sleep(0)
        raise psycopg.OperationalError("server closed the connection")

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[None]:
        yield


@pytest.mark.parametrize(
    ("connects", "preview", "sentence"),
    [
        (False, False, "The database does not answer (nobody listens): nothing was changed"),
        (True, True, "The database does not answer (server closed the connection): nothing was changed"),
        (
            True, False,
            "The database does not answer (server closed the connection): whether it was carried out is not known, "
            "so look before asking again",
        ),
    ],
)  # fmt: skip
def test_only_what_did_not_begin_is_said_to_have_changed_nothing(
    monkeypatch: pytest.MonkeyPatch, connects: bool, preview: bool, sentence: str
) -> None:
    database = Failing(connects=connects)
    desk: Any = None
    monkeypatch.setattr(operating, "connect", database.connect)
    monkeypatch.setattr(operating, "handle", database.handle)
    with pytest.raises(UserError) as failed:
        operating.operate(lambda: "", desk, None, preview=preview)
    assert (str(failed.value), failed.value.kind) == (sentence, "unavailable")
