"""A list as a file: CSV or XLSX, with what its page shows and everything on all of its pages."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, NamedTuple

import xlsxwriter
from fastapi.responses import Response, StreamingResponse

from shared.spreadsheets import never_calculated

MOST_ROWS: Final = 1_000_000
_AT_ONCE = 1_000
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What a spreadsheet's numbers, which are floats, hold without a doubt.
_EXACT_DIGITS = 15


class Format(StrEnum):
    """What a list can be had as; a page is not one of these."""

    CSV = "csv"
    XLSX = "xlsx"


class Field(NamedTuple):
    """One column of a file: its header, and what of a row stands in it."""

    name: str
    of: Callable[[Any], object]


def exported(form: Format, name: str, fields: Sequence[Field], rows: Sequence[object]) -> Response:
    """The file, to be saved as `name` and its suffix. Amounts have all their digits, days are ISO 8601 in CSV."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    if form is Format.CSV:
        return StreamingResponse(_csv(fields, rows), media_type="text/csv; charset=utf-8", headers=headers)
    return Response(_xlsx(fields, rows), media_type=_XLSX, headers=headers)


def _csv(fields: Sequence[Field], rows: Sequence[object]) -> Iterator[str]:
    written = io.StringIO()
    writer = csv.writer(written)
    # Excel takes a file without this mark for one in the alphabet of the machine.
    written.write("\ufeff")
    writer.writerow([field.name for field in fields])
    for place, row in enumerate(rows, 1):
        writer.writerow([_plain(field.of(row)) for field in fields])
        if place % _AT_ONCE == 0:
            yield written.getvalue()
            written.seek(0)
            written.truncate()
    yield written.getvalue()


def _plain(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return never_calculated(value) if isinstance(value, str) else str(value)


def _xlsx(fields: Sequence[Field], rows: Sequence[object]) -> bytes:
    written = io.BytesIO()
    with xlsxwriter.Workbook(
        written, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        sheet = book.add_worksheet()
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.freeze_panes(1, 0)
        for column, field in enumerate(fields):
            sheet.write_string(0, column, field.name, bold)
        for place, row in enumerate(rows, 1):
            for column, field in enumerate(fields):
                value = field.of(row)
                if isinstance(value, (int, Decimal)) and not isinstance(value, bool) and _is_exact(value):
                    sheet.write_number(place, column, value)
                elif isinstance(value, date) and not isinstance(value, datetime):
                    sheet.write_datetime(place, column, value, day)
                elif value is not None:
                    sheet.write_string(place, column, value.isoformat() if isinstance(value, datetime) else str(value))
    return written.getvalue()


def _is_exact(value: int | Decimal) -> bool:
    return len(Decimal(value).as_tuple().digits) <= _EXACT_DIGITS
