"""`seatledger subscriptions import`: many subscriptions from a file, with progress and a report of refused rows."""

from __future__ import annotations

import asyncio
import csv
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TextIO

from pydantic import ValidationError

from services.presentation import document, late_progress, note, say, table
from services.subscriptions.bulk_import import Tally, import_all
from services.subscriptions.import_rows import Format, NotRows, Refusal, Row, rows_of
from shared.commands.operating import database_failures
from shared.commands.principal import OPERATOR
from shared.errors import BAD_REQUEST, UNAVAILABLE, UserError
from shared.store.config import OutboxConfig
from shared.store.pool import connect

_STANDARD_INPUT = "-"
_SHOWN = 20


@dataclass(slots=True)
class _SoFar:
    """How far an import is: what is said when it is broken off as well."""

    tally: Tally = field(default_factory=Tally)
    refused: list[Refusal] = field(default_factory=list)


def import_file(database: Callable[[], str], file: str, *, report: str | None, only_check: bool, as_json: bool) -> None:
    """Take over the rows of a file. UserError when rows were refused, or when it cannot be read at all.

    Broken off (Ctrl-C, the database away) it says how far it came, and writes the report of what was refused by then.
    """
    so_far = _SoFar()
    try:
        with _opened(file) as lines:
            form: Format = "csv" if file.lower().endswith(".csv") else "jsonl"
            total = max(0, _count(file) - (form == "csv"))
            rows = rows_of(lines, form)
            if report is not None:
                _check(report)
            outbox = _outbox_limit()
            with database_failures():
                asyncio.run(_import(database(), rows, total, so_far, only_check=only_check, outbox=outbox))
    except NotRows as error:
        raise UserError(f"{file}: {error}", BAD_REQUEST) from None
    except UserError as error:
        if error.kind == UNAVAILABLE and so_far.tally.rows:
            _broken_off(so_far, report)
        raise
    except KeyboardInterrupt:
        _broken_off(so_far, report)
        raise
    tally = so_far.tally
    if report is not None:
        _write(report, so_far.refused)
    _show(tally, so_far.refused, report, only_check=only_check, as_json=as_json)
    if so_far.refused:
        raise UserError(f"{tally.refused:,} of {tally.rows:,} rows were refused: mend them and run the file again")


def _broken_off(so_far: _SoFar, report: str | None) -> None:
    tally = so_far.tally
    if report is not None:
        _write(report, so_far.refused)
    note([
        f"broken off after {tally.rows:,} rows: {tally.imported:,} imported, {tally.unchanged:,} were imported before, "
        f"{tally.refused:,} refused; run the same import again, what is done counts once"
    ])  # fmt: skip


async def _import(
    dsn: str, rows: Iterator[Row | Refusal], total: int, so_far: _SoFar, *, only_check: bool, outbox: int
) -> None:
    waited = False
    with late_progress("Checking" if only_check else "Importing", total) as advance:
        async with await connect(dsn, application="seatledger import") as connection:
            async for portion in import_all(connection, rows, OPERATOR, only_check=only_check, outbox=outbox):
                if portion.waits and not waited:
                    waited = True
                    note([
                        f"{outbox:,} events wait for the broker: the import goes on when it has taken some "
                        "(seatledger status)"
                    ])  # fmt: skip
                advance(portion.tally.rows - so_far.tally.rows)
                so_far.tally = Tally(**asdict(portion.tally))
                so_far.refused += portion.refused


def _count(file: str) -> int:
    """About how many rows a file has, to show how far it is; 0 for what cannot be read twice.

    UserError names the first line that is not UTF-8: nothing was taken over then.
    """
    if file == _STANDARD_INPUT:
        return 0
    number = 0
    with Path(file).open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                raise UserError(f"{file}, line {number}: is not UTF-8; save the file as UTF-8", BAD_REQUEST) from None
    if not number:
        raise UserError(f"{file}: is empty; give a file of subscriptions, as CSV or JSON Lines", BAD_REQUEST)
    return number


@contextmanager
def _opened(file: str) -> Iterator[TextIO]:
    if file == _STANDARD_INPUT:
        yield sys.stdin
        return
    try:
        with ExitStack() as opened:
            yield opened.enter_context(Path(file).open(encoding="utf-8-sig", errors="replace", newline=""))
    except OSError as error:
        raise UserError(
            f"{file}: cannot be read ({error.strerror}); give a file of subscriptions", BAD_REQUEST
        ) from None


def _outbox_limit() -> int:
    """How many events may wait for the broker. UserError where SEATLEDGER_OUTBOX_LIMIT is no such number."""
    try:
        return OutboxConfig().outbox_limit
    except ValidationError as error:
        why = error.errors()[0]["msg"]
        raise UserError(f"SEATLEDGER_OUTBOX_LIMIT: {why}; give a whole number of events", BAD_REQUEST) from None


def _check(report: str) -> None:
    """UserError where a report cannot be written, before anything is imported; one that is there stays as it is."""
    try:
        Path(report).open("a", encoding="utf-8").close()
    except OSError as error:
        raise UserError(
            f"--report: {report} cannot be written ({error.strerror}), so nothing was imported; give another file",
            BAD_REQUEST,
        ) from None


def _write(report: str, refused: Sequence[Refusal]) -> None:
    try:
        with Path(report).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(Refusal._fields)
            writer.writerows(refused)
    except OSError as error:
        note([f"{report}: cannot be written ({error.strerror})"])


def _show(tally: Tally, refused: Sequence[Refusal], report: str | None, *, only_check: bool, as_json: bool) -> None:
    if as_json:
        document({**asdict(tally), "refused_rows": [one._asdict() for one in refused]})
        return
    done = "could be imported" if only_check else "imported"
    say(f"{tally.rows:,} rows: {tally.imported:,} {done}, {tally.unchanged:,} were imported before, "
        f"{tally.refused:,} refused" + (f" ({report} says why)" if report and refused else ""))  # fmt: skip
    if refused and report is None:
        table("Refused", Refusal._fields, refused[:_SHOWN], right=("line",))
