"""Results as plain lines and as JSON."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from services import presentation


@dataclass(frozen=True)
class Line:
    day: date
    net: Decimal


def test_a_table_is_plain_lines_with_figures_at_their_end(capsys: pytest.CaptureFixture[str]) -> None:
    presentation.table("Lines", ("product", "net"), [("o365", Decimal("80.00")), (None, "5.00")], right=("net",))
    assert capsys.readouterr().out == (
        "Lines\n" + "  product    net\n" + "  o365     80.00\n" + "            5.00\n" + "\n"
    )


def test_letters_that_are_two_columns_wide_line_up(capsys: pytest.CaptureFixture[str]) -> None:
    presentation.table("Lines", ("product", "net"), [("日本", "80.00"), ("o365", "5.00")], right=("net",))
    assert capsys.readouterr().out == (
        "Lines\n" + "  product    net\n" + "  日本     80.00\n" + "  o365      5.00\n" + "\n"
    )


def test_a_table_without_rows_still_has_its_columns(capsys: pytest.CaptureFixture[str]) -> None:
    presentation.table("Lines", ("product", "net"), [])
    assert capsys.readouterr().out == "Lines\n  product  net\n\n"


def test_json_keeps_money_as_strings_and_dates_as_iso(capsys: pytest.CaptureFixture[str]) -> None:
    presentation.document({"lines": [Line(date(2026, 2, 1), Decimal("80.00"))]})
    assert json.loads(capsys.readouterr().out) == {"lines": [{"day": "2026-02-01", "net": "80.00"}]}


def test_json_writes_an_id_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    presentation.list_document([{"task": UUID("0b0c2f0e-3d6a-5f43-9d0c-6f1f0f6f2f11")}])
    assert json.loads(capsys.readouterr().out)["items"] == [{"task": "0b0c2f0e-3d6a-5f43-9d0c-6f1f0f6f2f11"}]


def test_json_refuses_what_has_no_form(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(TypeError, match="object has no form in JSON"):
        presentation.document(object())


def test_progress_into_a_pipe_is_one_line_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    with presentation.progress("Events", 3) as advance:
        advance(2)
        advance(1)
    assert capsys.readouterr().out == "Events: 3 of 3\n"


def test_what_takes_two_seconds_tells_no_progress(capsys: pytest.CaptureFixture[str]) -> None:
    with presentation.late_progress("Events", 2) as advance:
        advance(1)
        advance(1)
    assert capsys.readouterr().out == ""


def test_what_takes_longer_tells_how_far_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 1.0, 2.5])
    monkeypatch.setattr("services.presentation.time.monotonic", lambda: next(clock))
    with presentation.late_progress("Events", 4) as advance:
        for _ in range(4):
            advance(1)
    assert capsys.readouterr().out == "Events: 4 of 4\n"


def test_what_flows_tells_how_fast_and_how_long_still_on_standard_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # given: a second for each portion, and one at begin and end
    clock = iter([0.0, 1.0, 2.0, 3.0, 12.0, 13.0])
    monkeypatch.setattr("services.presentation.time.monotonic", lambda: next(clock))
    # when
    with presentation.flow_progress("Events", 1500) as advance:
        for _ in range(4):
            advance(300)
    # then
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines() == [
        "Events: 600 of 1,500, 300 a second, 3 s left",
        "Events: 1,200 of 1,500, 100 a second, 3 s left",
        "Events: 1,200 of 1,500, 92 a second, 3 s left",
    ]


@pytest.mark.parametrize("seconds", [0.5, 9.0])
def test_what_flows_for_less_than_two_seconds_or_in_one_portion_says_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    clock = iter([0.0, seconds])
    monkeypatch.setattr("services.presentation.time.monotonic", lambda: next(clock))
    with presentation.flow_progress("Events", 1) as advance:
        advance(1)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("done", "left"), [(10, "90 s"), (1, "16 min"), (100, None)])
def test_how_long_still_is_told_roughly(done: int, left: str | None) -> None:
    told = presentation._flow("Events", done, 100, 10.0)
    assert told.partition("a second")[2] == ("" if left is None else f", {left} left")


@pytest.mark.parametrize(
    ("in_lines", "shown"),
    [
        (False, "\r\x1b[2KEvents: 5 of 9, 2.0 a second, 2 s left\r\x1b[2KEvents: 5 of 9, 1.7 a second, 2 s left\n"),
        (True, "Events: 5 of 9, 2.0 a second, 2 s left\nEvents: 5 of 9, 1.7 a second, 2 s left\n"),
    ],
)
def test_a_terminal_has_one_line_that_renews_itself_unless_results_are_printed_meanwhile(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, in_lines: bool, shown: str
) -> None:
    clock = iter([0.0, 2.5, 3.0])
    monkeypatch.setattr("services.presentation.time.monotonic", lambda: next(clock))
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with presentation.flow_progress("Events", 9, in_lines=in_lines) as advance:
        advance(5)
    assert capsys.readouterr().err == shown


@pytest.mark.parametrize("count", [0, 1, 3])
def test_json_that_flows_is_the_same_as_a_whole_document(count: int, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"net": Decimal(n), "lines": [{"day": date(2026, 2, 1)}], "name": "日本"} for n in range(count)]

    async def flowing() -> AsyncIterator[object]:
        for row in rows:
            yield row

    before, after = {"as_of": date(2026, 1, 1)}, {"parked": ["sub-1"], "left": {}}
    asyncio.run(presentation.flowing_document(before, "items", flowing(), after))
    flowed = capsys.readouterr().out
    presentation.document({**before, "items": rows, **after})
    assert json.loads(flowed) == json.loads(capsys.readouterr().out)
