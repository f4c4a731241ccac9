"""Step curves over days: each value holds from its day to the next one. Bands lie behind them, marks across them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from services.console.charts.drawing import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    BandLook,
    Bar,
    Cell,
    Chart,
    Curve,
    Look,
    Point,
    Tick,
    Write,
    value_axis,
)
from services.console.charts.scales import Scale, Value, day_label, day_ticks

_A_DAY = timedelta(days=1)


class Steps(NamedTuple):
    """A series: from each day on its value, days rising; None: nothing, until the next one."""

    name: str
    values: Sequence[tuple[date, Value | None]]
    look: Look = Look.A


class Band(NamedTuple):
    """A stretch of days, both covered; what lies outside the chart is cut off."""

    name: str
    first: date
    last: date
    look: BandLook = BandLook.STILL


class Mark(NamedTuple):
    """Something that happened on a day; `href` leads to it."""

    on: date
    words: str
    href: str | None = None


def step_chart(
    title: str,
    series: Sequence[Steps],
    *,
    write: Write,
    axis: Write | None = None,
    until: date,
    since: date | None = None,
    bands: Sequence[Band] = (),
    marks: Sequence[Mark] = (),
    told: str = "",
    width: int = 640,
    height: int = HEIGHT,
) -> Chart:
    """Curves from `since` (the first value's day without one) to the end of `until`."""
    days = [day for one in series for day, _ in one.values]
    first = min(since or min(days, default=until), until)
    across = Scale(_number(first), _number(until + _A_DAY), LEFT, width - RIGHT)
    shown = {one.name: _shown(one, first, until) for one in series}
    scale, ticks = value_axis(
        [v for values in shown.values() for _, v in values if v is not None], axis or write, height
    )
    seen = sorted((mark for mark in marks if first <= mark.on <= until), key=lambda mark: mark.on)
    drawn_bands = [(band, bar) for band in bands if (bar := _band(band, first, until, across, height))]
    return Chart(
        title=title,
        told=told or _told(title, series, shown, first, until, write),
        width=width,
        height=height,
        y_ticks=ticks,
        x_ticks=_x_ticks(first, until, across),
        zero=scale.at(0),
        legend=[(one.look, one.name) for one in series] if len(series) > 1 else [],
        head=["From", *(one.name for one in series)],
        rows=_rows([shown[one.name] for one in series], write),
        curves=[
            Curve(path, one.look, one.name)
            for one in series
            if (path := _path(shown[one.name], until + _A_DAY, across, scale))
        ],
        bands=[bar for _, bar in drawn_bands],
        band_legend=list(dict.fromkeys((band.look, band.name) for band, _ in drawn_bands)),
        points=[Point(across.on(mark.on), number, mark.words) for number, mark in enumerate(seen, 1)],
        notes=[[Cell(str(number)), Cell(mark.on.isoformat()), Cell(mark.words, mark.href)]
               for number, mark in enumerate(seen, 1)],
    )  # fmt: skip


def _number(day: date) -> Decimal:
    return Decimal(day.toordinal())


def _shown(one: Steps, first: date, until: date) -> list[tuple[date, Value | None]]:
    """The values that hold on days of the chart; the one that holds at its beginning begins there."""
    inside = [(day, value) for day, value in one.values if first < day <= until]
    before = [value for day, value in one.values if day <= first]
    return [(first, before[-1]), *inside] if before else inside


def _path(values: Sequence[tuple[date, Value | None]], end: date, across: Scale, scale: Scale) -> str:
    parts: list[str] = []
    is_drawing = False
    for number, (day, value) in enumerate(values):
        if value is None:
            is_drawing = False
            continue
        parts.append(f"V{scale.at(value)}" if is_drawing else f"M{across.on(day)} {scale.at(value)}")
        parts.append(f"H{across.on(values[number + 1][0] if number + 1 < len(values) else end)}")
        is_drawing = True
    return "".join(parts)


def _band(band: Band, first: date, until: date, across: Scale, height: int) -> Bar | None:
    begin, end = max(band.first, first), min(band.last, until)
    if begin > end:
        return None
    x, right = across.on(begin), across.on(end + _A_DAY)
    words = f"{band.name}, {band.first.isoformat()} to {band.last.isoformat()}"
    return Bar(x, TOP, round(right - x, 1), height - BOTTOM - TOP, band.look, words)


def _x_ticks(first: date, until: date, across: Scale) -> list[Tick]:
    ticks: list[Tick] = []
    before: date | None = None
    for day in day_ticks(first, until):
        words, year = day_label(day, before)
        ticks.append(Tick(across.on(day), words, year))
        before = day
    return ticks


def _rows(series: Sequence[Sequence[tuple[date, Value | None]]], write: Write) -> list[list[Cell]]:
    """A row for each day on which anything becomes another, with what holds from then on."""
    days = sorted({day for values in series for day, _ in values})
    rows = []
    for day in days:
        held = [[value for on, value in values if on <= day] for values in series]
        cells = [Cell("\N{EN DASH}" if not h or h[-1] is None else write(h[-1])) for h in held]
        rows.append([Cell(day.isoformat()), *cells])
    return rows


def _told(
    title: str, series: Sequence[Steps], shown: dict[str, list[tuple[date, Value | None]]], first: date, until: date,
    write: Write,
) -> str:  # fmt: skip
    parts = []
    for one in series:
        known = [value for _, value in shown[one.name] if value is not None]
        if known:
            span = f"between {write(min(known))} and {write(max(known))}"
            parts.append(f"{one.name}: {write(known[0])} at first, {write(known[-1])} at last, {span}")
    words = "; ".join(parts) or "Nothing yet"
    return (
        f"Step chart: {title}, {first.isoformat()} to {until.isoformat()}. {words}. The table below has every figure."
    )
