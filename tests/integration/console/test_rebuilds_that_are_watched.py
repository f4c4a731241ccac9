"""A rebuild as the console shows it: while it goes on, when it has ended, and when it was killed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from services.prepare import specs
from shared.projections.rebuild import records
from shared.projections.rebuild.bulk import Progress
from shared.projections.rebuild.runs import Came, watched
from shared.projections.rebuild.wanted import Wanted
from shared.store.pool import connect
from tests.integration.console.conftest import NOWHERE, SignIn

pytestmark = pytest.mark.database


def _wanted(dsn: str) -> Wanted:
    some = [spec for spec in specs() if spec.name == "orders"]
    return Wanted(dsn, NOWHERE, some, "of today", "replay", Path("/nowhere"), 1)


def _told(progress: Progress) -> None:
    """Nobody else is told."""


def _until(look: Callable[[str], str], shown: str) -> str:
    """The page of generations once that stands in it."""
    deadline = time.monotonic() + 20
    while shown not in (text := look("/replay")):
        assert time.monotonic() < deadline, text
        time.sleep(0.1)
    return text


async def _shown_meanwhile(dsn: str, look: Callable[[str], str]) -> list[str]:
    """What pages say in the middle of a run, and after it."""
    async with await connect(dsn) as connection:
        await records.hold(connection)
        async with watched(_wanted(dsn), _told) as run:
            run.told(Progress("read", 0, 1000))
            run.told(Progress("read", 250, 1000))
            text = await asyncio.to_thread(_until, look, "250 of 1,000 events")
            difference = {
                "projection": "orders", "table": "order_item", "key": {"id": "ord-1"}, "columns": ["quantity"],
                "live": {"quantity": "99"}, "rebuilt": {"quantity": "5"}, "events": [],
            }  # fmt: skip
            run.came = Came("differs", compared=10, differing=1, differences=[difference])
    return [text, *[await asyncio.to_thread(look, page) for page in ("/replay", "/replay/runs/1")]]


def test_it_is_shown_while_it_goes_on_and_what_came_of_it_afterwards(operated: str, sign_in: SignIn) -> None:
    client = sign_in("distributor")
    meanwhile, after, one = asyncio.run(_shown_meanwhile(operated, lambda path: client.get(path).text))
    assert "Goes on" in meanwhile
    assert "1 of 10 rows differ" in after
    assert "order_item ord-1" in one
    assert "99" in one


def test_one_that_fails_says_why_and_the_error_passes(operated: str, sign_in: SignIn) -> None:
    async def failing() -> None:
        async with watched(_wanted(operated), _told) as run:
            run.told(Progress("fold", 1, 10))
            raise ValueError("the third record is odd")

    with pytest.raises(ValueError, match="odd"):
        asyncio.run(failing())
    assert "the third record is odd" in sign_in("distributor").get("/replay").text


def test_one_that_was_killed_is_called_interrupted(operated: str, sign_in: SignIn) -> None:
    with psycopg.connect(operated) as connection:
        connection.execute(
            "INSERT INTO store.rebuild_run (purpose, projections, who) VALUES ('replay', '{orders}', 'Ada')"
        )
    page = sign_in("distributor").get("/replay").text
    assert "Interrupted" in page
    assert "The same command goes on where it was" in page
