"""What a rebuild says of itself when Ctrl-C ends it, by how far it was."""

from __future__ import annotations

import psycopg
import pytest

from services.rebuild_failures import refusals
from shared.errors import UserError

pytestmark = pytest.mark.database

_BEGUN = """
INSERT INTO store.rebuild (purpose, projections, release, buckets, folder)
VALUES ('replay', '{orders}', 'of today', 1, '/somewhere')
"""
_SWITCHED = """
UPDATE store.generation SET status = 'kept' WHERE name = 'orders';
INSERT INTO store.generation (name, number, version, status) VALUES ('orders', 7, 1, 'live')
"""


def stopped(dsn: str, *done: str) -> None:
    """Ctrl-C, after it has done this."""
    with refusals(lambda: dsn):
        with psycopg.connect(dsn) as connection:
            for statement in done:
                connection.execute(statement.encode())
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("done", "said"),
    [
        ((), "stopped: nothing was switched, readers see what they saw, and there is nothing to go on with"),
        (
            (_BEGUN,),
            "stopped: nothing was switched, and readers see what they saw; the same command goes on where this one was",
        ),
        ((_SWITCHED,), "stopped after the switch, and nothing is left to do: readers see orders_g7 now"),
    ],
    ids=["before it began", "in the middle", "after the switch"],
)
def test_how_things_stand_is_said(
    prepared: str, done: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(KeyboardInterrupt):
        stopped(prepared, *done)
    assert capsys.readouterr().err == f"{said}\n"


def test_where_the_database_has_gone_that_is_said(prepared: str, capsys: pytest.CaptureFixture[str]) -> None:
    known = iter([prepared])
    with pytest.raises(KeyboardInterrupt), refusals(lambda: next(known, "host=/nowhere dbname=x")):
        raise KeyboardInterrupt
    said = capsys.readouterr().err
    assert said.startswith("stopped, and what is left of it is not known: The database does not answer")


def test_a_database_that_never_answered_did_not_go_away() -> None:
    with pytest.raises(UserError, match=r"^The database does not answer"), refusals(lambda: "host=/nowhere dbname=x"):
        raise AssertionError("nothing is begun")
