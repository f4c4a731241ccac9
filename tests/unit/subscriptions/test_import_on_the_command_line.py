"""`subscriptions import`: what is looked at before the first row, and what is said while it waits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from services.subscriptions import cli_import
from services.subscriptions.bulk_import import Portion, Tally
from shared.errors import UserError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    rows = tmp_path / "rows.jsonl"
    rows.write_text("{}\n")
    return rows


def no_database() -> str:
    raise AssertionError("the database was asked for")


def test_a_report_that_cannot_be_written_is_refused_before_anything_is_imported(file: Path, tmp_path: Path) -> None:
    report = str(tmp_path / "nowhere" / "refused.csv")
    with pytest.raises(UserError, match=r"cannot be written .*nothing was imported") as refused:
        cli_import.import_file(no_database, str(file), report=report, only_check=False, as_json=False)
    assert refused.value.kind == "bad-request"


def test_a_limit_that_is_no_number_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATLEDGER_OUTBOX_LIMIT", "many")
    with pytest.raises(UserError, match=r"SEATLEDGER_OUTBOX_LIMIT: .*; give a whole number of events"):
        cli_import.import_file(no_database, str(file), report=None, only_check=False, as_json=False)


def test_an_import_that_waits_for_the_broker_says_so_once(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given: dict[str, Any] = {}

    async def waiting(*_: object, **options: object) -> AsyncIterator[Portion]:
        given.update(options)
        yield Portion(Tally(), [], waits=True)
        yield Portion(Tally(), [], waits=True)
        yield Portion(Tally(rows=1, imported=1), [])

    @asynccontextmanager
    async def opened() -> AsyncIterator[None]:
        yield

    async def connected(*_: object, **__: object) -> object:
        return opened()

    monkeypatch.setattr(cli_import, "import_all", waiting)
    monkeypatch.setattr(cli_import, "connect", connected)
    monkeypatch.setenv("SEATLEDGER_OUTBOX_LIMIT", "1500")
    cli_import.import_file(lambda: "", str(file), report=None, only_check=False, as_json=False)
    shown = capsys.readouterr()
    assert given["outbox"] == 1500
    assert shown.err == (
        "1,500 events wait for the broker: the import goes on when it has taken some (seatledger status)\n"
    )
    assert shown.out.startswith("1 rows: 1 imported")
