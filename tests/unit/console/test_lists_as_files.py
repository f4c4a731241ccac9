"""Lists as CSV and XLSX: what stands in them, and that a large one is not held in memory."""

from __future__ import annotations

import asyncio
import csv
import gc
import io
import weakref
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from operator import attrgetter

import pytest
from fastapi.responses import StreamingResponse
from openpyxl import load_workbook

from services.console.exports import Field, Format, exported, in_parts
from shared.web.errors import BadRequest


@dataclass
class Row:
    name: str | None
    amount: Decimal
    day: date
    at: datetime


_FIELDS = [Field(name, attrgetter(name)) for name in ("name", "amount", "day", "at")]
_AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def row(name: str | None, amount: str = "10.50") -> Row:
    return Row(name, Decimal(amount), date(2026, 3, 1), _AT)


def saved(form: Format, rows: AsyncIterator[Sequence[Row]]) -> bytes:
    async def made() -> bytes:
        answer = await exported(form, "rows", _FIELDS, rows)
        assert isinstance(answer, StreamingResponse)
        content = b"".join([bytes(some) async for some in answer.body_iterator])  # type: ignore[arg-type]  # of bytes
        assert answer.headers["Content-Length"] == str(len(content))
        assert answer.headers["Content-Disposition"] == f'attachment; filename="rows.{form}"'
        return content

    return asyncio.run(made())


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Contoso, Ltd.", "Contoso, Ltd."),
        ("=1+1", "'=1+1"),
        ("@sum", "'@sum"),
        ("-1", "'-1"),
        ("-", "-"),
        (None, ""),
    ],
)
def test_a_file_says_what_is_there_and_calculates_nothing(name: str | None, written: str) -> None:
    text = saved(Format.CSV, in_parts([row(name, "-3.10")])).decode("utf-8-sig")

    assert list(csv.reader(io.StringIO(text))) == [
        ["name", "amount", "day", "at"], [written, "-3.10", "2026-03-01", "2026-03-01T12:30:00+00:00"],
    ]  # fmt: skip


def test_amounts_of_a_workbook_are_numbers_where_those_are_exact() -> None:
    given = [row("=1+1"), row("b", "1234567890123456.78")]
    sheet = load_workbook(io.BytesIO(saved(Format.XLSX, in_parts(given)))).active

    assert sheet is not None
    names, first, second = sheet.iter_rows(values_only=True)
    assert names == ("name", "amount", "day", "at")
    assert first == ("=1+1", 10.5, datetime.combine(date(2026, 3, 1), time()), "2026-03-01T12:30:00+00:00")
    assert second[1] == "1234567890123456.78"


@pytest.mark.parametrize("form", list(Format))
def test_a_large_file_is_whole_and_its_rows_are_not_kept(form: Format) -> None:
    parts, each = 20, 50
    seen: list[weakref.ref[Row]] = []

    async def rows() -> AsyncIterator[list[Row]]:
        for part in range(parts):
            gc.collect()
            assert sum(one() is not None for one in seen) <= each
            made = [row(f"{part}-{number}") for number in range(each)]
            seen.extend(map(weakref.ref, made))
            yield made

    content = saved(form, rows())

    if form is Format.CSV:
        assert len(content.splitlines()) == 1 + parts * each
    else:
        sheet = load_workbook(io.BytesIO(content)).active
        assert sheet is not None
        assert sheet.max_row == 1 + parts * each
        assert sheet.cell(sheet.max_row, 1).value == f"{parts - 1}-{each - 1}"


@pytest.mark.parametrize("form", Format)
def test_a_list_of_more_rows_than_a_file_takes_is_refused_before_anything_is_sent(
    form: Format, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.console.exports.MOST_ROWS", 3)
    assert saved(form, in_parts([row("all of them")] * 3))

    with pytest.raises(BadRequest, match="more than 3 rows, the most that a file takes: filter it first"):
        saved(form, in_parts([row("one too many")] * 4))
