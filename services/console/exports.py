"""A list as a file: CSV or XLSX, with what its page shows and everything on all of its pages."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from tempfile import SpooledTemporaryFile
from typing import Any, Final, NamedTuple, TypeVar

import xlsxwriter
from fastapi.responses import Response, StreamingResponse
from xlsxwriter.worksheet import Worksheet

from services.console.listing import AT_ONCE
from shared.spreadsheets import never_calculated
from shared.web.errors import BadRequest

# A sheet of a workbook has not many more.
MOST_ROWS: Final = 1_000_000
# What a list is asked for: the one more tells that there are more.
ROWS_ASKED: Final = MOST_ROWS + 1
_IN_MEMORY: Final = 1_000_000
_CHUNK: Final = 65_536
File = SpooledTemporaryFile[bytes]
T = TypeVar("T")
# What a spreadsheet's numbers, which are floats, hold without a doubt.
_EXACT_DIGITS = 15


class Format(StrEnum):
    """What a list can be had as; a page is not one of these."""

    CSV = "csv"
    XLSX = "xlsx"


_MEDIA_TYPES: Final = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Field(NamedTuple):
    """One column of a file: its header, and what of a row stands in it."""

    name: str
    of: Callable[[Any], object]


async def exported(form: Format, name: str, fields: Sequence[Field], rows: AsyncIterable[Sequence[object]]) -> Response:
    """The file, to be saved as `name` and its suffix. Amounts have all their digits, days are ISO 8601 in CSV.

    `rows` come some at a time and are written in a thread, to a disk where they are many: neither memory nor who looks
    at other pages has to bear a large file. Raises BadRequest where there are more than MOST_ROWS: a file that lacks
    some would not say so to who counts with it.
    """
    file: File = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  # closed when it was sent
    try:
        await (_csv if form is Format.CSV else _xlsx)(file, fields, _not_too_many(rows))
    except BadRequest:
        file.close()
        raise
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"', "Content-Length": str(file.tell())}
    file.seek(0)
    return StreamingResponse(_bytes(file), media_type=_MEDIA_TYPES[form], headers=headers)


async def in_parts(rows: Sequence[T]) -> AsyncIterator[Sequence[T]]:
    """Rows that are there already, as an export takes them."""
    for start in range(0, len(rows), AT_ONCE):
        yield rows[start : start + AT_ONCE]


async def _not_too_many(rows: AsyncIterable[Sequence[object]]) -> AsyncIterator[Sequence[object]]:
    count = 0
    async for some in rows:
        count += len(some)
        if count > MOST_ROWS:
            raise BadRequest(f"the list has more than {MOST_ROWS:,} rows, the most that a file takes: filter it first")
        yield some


def _bytes(file: File) -> Iterator[bytes]:
    with file:
        while some := file.read(_CHUNK):
            yield some


async def _csv(file: File, fields: Sequence[Field], rows: AsyncIterable[Sequence[object]]) -> None:
    # Excel takes a file without this mark for one in the alphabet of the machine.
    file.write("\ufeff".encode())
    file.write(_as_csv([[field.name for field in fields]]))
    async for some in rows:
        file.write(await asyncio.to_thread(_csv_of, fields, some))


def _csv_of(fields: Sequence[Field], rows: Sequence[object]) -> bytes:
    return _as_csv([_plain(field.of(row)) for field in fields] for row in rows)


def _as_csv(rows: Iterable[Sequence[str]]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue().encode()


def _plain(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return never_calculated(value) if isinstance(value, str) else str(value)


async def _xlsx(file: File, fields: Sequence[Field], rows: AsyncIterable[Sequence[object]]) -> None:
    book = xlsxwriter.Workbook(
        file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )  # fmt: skip
    sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.freeze_panes(1, 0)
    for column, field in enumerate(fields):
        sheet.write_string(0, column, field.name, book.add_format({"bold": True}))
    place = 1
    async for some in rows:
        await asyncio.to_thread(_write, sheet, place, fields, some, day)
        place += len(some)
    await asyncio.to_thread(book.close)


def _write(sheet: Worksheet, place: int, fields: Sequence[Field], rows: Sequence[object], day: object) -> None:
    for number, row in enumerate(rows, place):
        for column, field in enumerate(fields):
            value = field.of(row)
            if isinstance(value, (int, Decimal)) and not isinstance(value, bool) and _is_exact(value):
                sheet.write_number(number, column, value)
            elif isinstance(value, date) and not isinstance(value, datetime):
                sheet.write_datetime(number, column, value, day)
            elif value is not None:
                sheet.write_string(number, column, value.isoformat() if isinstance(value, datetime) else str(value))


def _is_exact(value: int | Decimal) -> bool:
    return len(Decimal(value).as_tuple().digits) <= _EXACT_DIGITS
