"""Charts: round axes, bars and curves where they belong, the same figures in the table, words in the picture."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.console.charts import Band, BandLook, Bars, Look, Mark, Place, Steps, bar_chart, step_chart
from services.console.charts.drawing import Chart
from services.console.charts.scales import day_label, day_ticks, round_ticks
from services.console.formats import number
from services.console.rendering import _environment

JANUARY, MARCH = date(2026, 1, 1), date(2026, 3, 31)


def drawn(chart: Chart) -> str:
    template = _environment().from_string('{% from "charts.html" import drawn %}{{ drawn(chart, "it") }}')
    return template.render(chart=chart)


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([], ["0", "1"]),
        ([0, 0], ["0", "1"]),
        ([9], ["0", "2", "4", "6", "8", "10"]),
        ([Decimal("1234.50")], ["0", "500", "1000", "1500"]),
        ([Decimal("-30"), Decimal("70")], ["-40", "-20", "0", "20", "40", "60", "80"]),
        ([Decimal("0.003")], ["0.000", "0.001", "0.002", "0.003"]),
    ],
)
def test_an_axis_is_marked_at_round_values(values: list[int | Decimal], ticks: list[str]) -> None:
    assert round_ticks(values) == [Decimal(tick) for tick in ticks]


def test_nothing_is_marked_between_two_whole_seats() -> None:
    assert round_ticks([3], whole=True) == [0, 1, 2, 3]


@given(st.lists(st.decimals(-(10**9), 10**9, places=4), min_size=1))
def test_marks_enclose_every_value_evenly_and_are_few(values: list[Decimal]) -> None:
    ticks = round_ticks(values)

    assert ticks[0] <= min([Decimal(0), *values])
    assert max([Decimal(0), *values]) <= ticks[-1]
    assert len({after - before for before, after in itertools.pairwise(ticks)}) == 1
    assert 2 <= len(ticks) <= 8
    assert 0 in ticks


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 20_000))
def test_days_are_marked_within_the_axis_and_not_too_many(first: date, days: int) -> None:
    last = date.fromordinal(first.toordinal() + days)

    ticks = day_ticks(first, last)

    assert len(ticks) <= 13
    assert all(first <= tick <= last for tick in ticks)
    assert ticks == sorted(set(ticks))


def test_a_year_is_marked_by_its_months_and_says_the_year_where_it_begins() -> None:
    ticks = day_ticks(date(2025, 11, 15), date(2026, 4, 2))

    assert [day.isoformat() for day in ticks[:3]] == ["2025-12-01", "2026-01-01", "2026-02-01"]
    assert [day_label(day, before) for before, day in zip([None, *ticks], ticks, strict=False)][:3] == [
        ("Dec", "2025"), ("Jan", "2026"), ("Feb", ""),
    ]  # fmt: skip


def test_bars_stand_on_zero_beside_each_other_and_hang_below_it() -> None:
    places = [Place("Jan", "2026-01", href="/documents?from=2026-01-01"), Place("Feb", "2026-02")]
    chart = bar_chart("Revenue", places, [Bars("Billed", [80, -40]), Bars("Due", [None, 100], Look.DUE)], write=number)

    billed, credited, due = chart.bars
    assert billed.y + billed.height == pytest.approx(chart.zero, abs=0.2)
    assert credited.y == pytest.approx(chart.zero, abs=0.2)
    assert due.x == pytest.approx(credited.x + credited.width + 1, abs=0.2)
    assert billed.height == pytest.approx(2 * credited.height, abs=0.3)
    assert [[cell.words for cell in row] for row in chart.rows] == [["2026-01", "80", "\N{EN DASH}"],
                                                                    ["2026-02", "-40", "100"]]  # fmt: skip
    assert "Billed from -40 (2026-02) to 80 (2026-01)" in chart.told


def test_stacked_bars_stand_on_those_below_and_the_axis_holds_their_sum() -> None:
    billed, due = Bars("Billed", [80, -40, None]), Bars("Due", [40, 10, 50], Look.DUE)
    places = [Place("Jan", "2026-01"), Place("Feb", "2026-02"), Place("Mar", "2026-03")]

    chart = bar_chart("Revenue", places, [billed, due], write=number, stacked=True)

    january, february, upon, beside, alone = chart.bars
    assert (upon.x, upon.width) == (january.x, january.width)
    assert upon.y + upon.height == pytest.approx(january.y, abs=0.2)
    assert february.y == pytest.approx(chart.zero, abs=0.2)
    assert [beside.y + beside.height, alone.y + alone.height] == pytest.approx([chart.zero] * 2, abs=0.2)
    assert [tick.words for tick in chart.y_ticks][-1] == "150"


def test_what_is_after_today_is_drawn_as_what_is_to_come() -> None:
    today, seats = date(2026, 1, 31), Steps("Seats", [(JANUARY, 5), (date(2026, 3, 1), 8)])
    chart = step_chart("Seats", [seats], write=number, until=MARCH, today=today)

    happened, coming = chart.curves
    assert chart.today is not None
    assert (happened.look, coming.look) == (Look.A, Look.DUE)
    assert happened.path.endswith(f"H{chart.today.at}")
    assert coming.path.startswith(f"M{chart.today.at} ")
    assert "V" in coming.path
    assert [words for _, words in chart.legend] == ["So far", "To come, if nothing is changed"]
    assert [row[0].words for row in chart.rows] == ["2026-01-01", "2026-03-01 (to come)"]
    assert "What is after 2026-01-31 is to come." in chart.told
    assert ">Today</text>" in drawn(chart)


def test_what_begins_after_today_is_all_to_come() -> None:
    today, begins = date(2025, 12, 15), date(2026, 2, 1)
    chart = step_chart(
        "Seats", [Steps("Seats", [(begins, 5)])], write=number, since=begins, until=MARCH, today=today
    )  # fmt: skip

    (coming,) = chart.curves
    assert coming.look == Look.DUE
    assert coming.path.startswith(f"M{float(chart.left)} ")
    assert coming.path.endswith(f"H{float(chart.right)}")
    assert chart.today is None
    assert chart.legend == [(Look.DUE, "To come, if nothing is changed")]
    assert "All of it is to come: today is 2025-12-15." in chart.told


def test_a_chart_that_ends_today_has_nothing_to_come() -> None:
    chart = step_chart("Seats", [Steps("Seats", [(JANUARY, 5)])], write=number, until=MARCH, today=MARCH)

    assert [curve.look for curve in chart.curves] == [Look.A]
    assert chart.legend == []


def test_terms_lie_below_the_axis_and_are_told_in_words() -> None:
    terms = [Band("Term", date(2025, 1, 1), date(2025, 12, 31)), Band("Term", JANUARY, date(2026, 12, 31))]
    chart = step_chart("Seats", [Steps("Seats", [(JANUARY, 5)])], write=number, until=MARCH, strips=terms)

    (running,) = chart.strips
    assert running.y > chart.bottom
    assert chart.strip_legend == "Term"
    assert "<li>Term, 2026-01-01 to 2026-12-31</li>" in drawn(chart)


def test_documents_of_one_day_have_heads_of_their_own_that_lead_to_them() -> None:
    marks = [Mark(date(2026, 2, 1), f"Invoice {number}", f"/documents/{number}") for number in (1, 2)]
    seats = Steps("Seats", [(JANUARY, 5)])
    chart = step_chart("Seats", [seats], write=number, until=MARCH, marks=marks, marks_are="A document", width=1200)

    first, second = chart.points
    html = drawn(chart)
    assert first.at == second.at
    assert second.y - first.y >= 24
    assert chart.top > second.y
    assert '<a class="mark" href="/documents/2" aria-label="2026-02-01: Invoice 2">' in html
    assert 'role="group"' in html
    assert 'role="img"' not in html
    assert "A document</li>" in html


def test_a_curve_holds_each_value_to_the_next_and_the_last_to_the_end() -> None:
    seats = Steps("Seats", [(date(2025, 6, 1), 5), (date(2026, 2, 15), 10)])
    chart = step_chart("Seats", [seats], write=number, since=JANUARY, until=MARCH)

    (curve,) = chart.curves
    middle = chart.left + (chart.right - chart.left) * 45 / 90
    five, ten = (next(t.at for t in chart.y_ticks if t.words == words) for words in ("10", "0"))
    assert curve.path == f"M{float(chart.left)} {(five + ten) / 2}H{middle}V{five}H{float(chart.right)}"
    assert [[cell.words for cell in row] for row in chart.rows] == [["2026-01-01", "5"], ["2026-02-15", "10"]]


def test_a_curve_ends_where_there_is_nothing_and_begins_again() -> None:
    seats = Steps("Seats", [(JANUARY, 5), (date(2026, 2, 1), None), (date(2026, 3, 1), 2)])

    (curve,) = step_chart("Seats", [seats], write=number, until=MARCH).curves

    assert curve.path.count("M") == 2
    assert "V" not in curve.path


def test_bands_are_cut_to_the_days_shown_and_marks_are_numbered_in_their_order() -> None:
    free = Band("Free", date(2025, 12, 1), date(2026, 1, 31), BandLook.FREE)
    over = Band("Over", date(2025, 1, 1), date(2025, 2, 1))
    second, first = Mark(date(2026, 3, 1), "Invoice 2", "/documents/2"), Mark(date(2026, 2, 1), "Invoice 1")
    seats, later = Steps("Seats", [(JANUARY, 5)]), Mark(date(2027, 1, 1), "Later")
    chart = step_chart("Seats", [seats], write=number, until=MARCH, bands=[free, over], marks=[second, first, later])

    (band,) = chart.bands
    assert band.x == chart.left
    assert chart.band_legend == [("free", "Free")]
    heads = [(point.number, point.words) for point in chart.points]
    assert heads == [(1, "2026-02-01: Invoice 1"), (2, "2026-03-01: Invoice 2")]
    assert '<a href="/documents/2">Invoice 2</a>' in drawn(chart)


def test_a_picture_has_words_a_table_and_no_style_of_its_own() -> None:
    chart = bar_chart("Revenue <b>", [Place("Jan", "2026-01")], [Bars("Billed", [Decimal("80.00")])], write=number)

    html = drawn(chart)

    assert 'role="img"' in html
    assert "<title id=" in html
    assert "<table>" in html
    assert "style=" not in html
    assert "<script" not in html
    assert "Revenue &lt;b&gt;" in html


def test_nothing_is_drawn_of_nothing() -> None:
    for chart in (bar_chart("Revenue", [], [], write=number), step_chart("Seats", [], write=number, until=MARCH)):
        assert chart.is_empty
        assert "Nothing to draw yet" in drawn(chart)
        assert "<table>" not in drawn(chart)
