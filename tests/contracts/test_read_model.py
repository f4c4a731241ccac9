"""What the database says of its views: everything, on the page, and whatever generation they show."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from services import read_model
from services.cli import app
from services.prepare import specs
from services.read_model import Column
from shared.projections import generations
from shared.store.pool import connect
from tests.contracts.renew_read_model import PAGE, page_of
from tests.infrastructure import prepared
from tests.infrastructure.databases import Databases

pytestmark = pytest.mark.database

_ABOUT = r"A row is .+\.\nWho sees which rows: .+\."
_REBUILD = """
INSERT INTO store.rebuild (purpose, projections, buckets, folder, release) VALUES ('replay', '{}', 1, '', '')
RETURNING number
"""
_DROP_ALL = """
DO $$ DECLARE view text; BEGIN
    FOR view IN SELECT DISTINCT v.oid::regclass FROM pg_depend AS d JOIN pg_rewrite AS r ON r.oid = d.objid
        JOIN pg_class AS v ON v.oid = r.ev_class JOIN pg_class AS t ON t.oid = d.refobjid
        WHERE v.relnamespace = 'read'::regnamespace AND t.relnamespace::regnamespace::text ~ '_g[0-9]+$'
    LOOP EXECUTE 'DROP VIEW ' || view; END LOOP;
END $$
"""


@pytest.fixture
def dsn(database_server: Databases) -> str:
    """A prepared database."""
    dsn = database_server.create()
    asyncio.run(prepared.prepare(dsn))
    return dsn


def columns(dsn: str) -> list[Column]:
    async def found() -> list[Column]:
        async with await connect(dsn) as connection:
            return await read_model.columns(connection)

    return asyncio.run(found())


def test_the_page_is_what_the_database_says(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another one? `python -m tests.contracts.renew_read_model` writes it."""
    monkeypatch.setenv("SEATLEDGER_DATABASE", dsn)

    printed = CliRunner().invoke(app, ["schemas", "read-model"])

    assert printed.stdout == PAGE.read_text(encoding="utf-8")


def test_every_view_and_every_column_says_what_it_is(dsn: str) -> None:
    found = columns(dsn)

    assert len({one.view for one in found}) >= 20
    assert [f"{one.view}.{one.name}" for one in found if not re.fullmatch(r"[^\n]{8,}\.", one.meaning or "")] == []
    about = {one.view: one.about or "" for one in found}
    assert [view for view, said in about.items() if not re.fullmatch(_ABOUT, said)] == []


def test_it_says_so_of_whatever_generation_is_shown(dsn: str) -> None:
    before = asyncio.run(page_of(dsn))

    async def switched() -> None:
        async with await connect(dsn) as connection:
            row = await (await connection.execute(_REBUILD)).fetchone()
            assert row is not None
            for spec in specs():
                made = await generations.building(connection, spec, row[0], datetime.now(UTC))
                async with connection.transaction():
                    await generations.point_views(connection, spec, made)

    asyncio.run(switched())
    assert asyncio.run(page_of(dsn)) == before
    asyncio.run(_made_anew(dsn))
    assert asyncio.run(page_of(dsn)) == before


async def _made_anew(dsn: str) -> None:
    """As a switch does where the columns of a release are others: views are dropped, made and described."""
    async with await connect(dsn) as connection, connection.transaction():
        await connection.execute(_DROP_ALL)
        for spec in specs():
            (live, *_) = await generations.generations(connection, spec.name)
            await generations.point_views(connection, spec, live)
            await generations.describe_views(connection, spec)
