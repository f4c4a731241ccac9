"""Step curves over days: each value holds from its day to the next one. Bands lie behind them, marks across them.

Where a chart knows what day it is, what is after that day is drawn as what it is: not there yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from services.console.charts.drawing import (
    BOTTOM,
    HEIGHT,
    LEFT,
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
    right_room,
    value_axis,
)
from services.console.charts.scales import Scale, Value, day_label, day_ticks

_A_DAY = timedelta(days=1)
# Heads of marks have this much room each; where days are closer together, heads are in lanes one below the other.
_HEAD: Final = 24
_LANES: Final = 3
_STRIP: Final = 5
# A word at the right end stands left of its place.
_WORD: Final = 24


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
    today: date | None = None,
    bands: Sequence[Band] = (),
    strips: Sequence[Band] = (),
    marks: Sequence[Mark] = (),
    marks_are: str = "",
    told: str = "",
    width: int = 640,
    height: int = HEIGHT,
) -> Chart:
    """Curves from `since` (the first value's day without one) to the end of `until`; after `today` they are DUE.

    `strips` are stretches of days between the axis and its words, `marks_are` says what a mark is.
    """
    days = [day for one in series for day, _ in one.values]
    first = min(since or min(days, default=until), until)
    across = Scale(_number(first), _number(until + _A_DAY), LEFT, width - right_room(width))
    shown = {one.name: _shown(one, first, until) for one in series}
    seen = sorted((mark for mark in marks if first <= mark.on <= until), key=lambda mark: mark.on)
    lanes = _lanes([across.on(mark.on) for mark in seen])
    top = TOP + _HEAD * (max(lanes, default=-1) + 1)
    height += top - TOP
    values = [v for held in shown.values() for _, v in held if v is not None]
    scale, ticks = value_axis(values, axis or write, height, top)
    low = height - BOTTOM
    behind = [(band, bar) for band in bands if (bar := _band(band, first, until, across, (top, low)))]
    below = [bar for one in strips if (bar := _band(one, first, until, across, (low + 2, low + 2 + _STRIP)))]
    curves = [curve for one in series for curve in _curves(one, first, until, today, across, scale)]
    return Chart(
        title=title,
        told=told or _told(title, series, shown, first, until, today, write),
        width=width,
        height=height,
        top=top,
        y_ticks=ticks,
        x_ticks=_x_ticks(first, until, across),
        zero=scale.at(0),
        legend=_legend(series, curves),
        head=["From", *(one.name for one in series)],
        rows=_rows([shown[one.name] for one in series], write, today),
        curves=curves,
        bands=[bar for _, bar in behind],
        band_legend=list(dict.fromkeys((band.look, band.name) for band, _ in behind)),
        strips=below,
        strip_legend=strips[0].name if below else "",
        points=[_point(mark, lane, number, across)
                for number, (mark, lane) in enumerate(zip(seen, lanes, strict=True), 1)],
        point_legend=marks_are if seen else "",
        notes=[[Cell(str(number)), Cell(mark.on.isoformat()), Cell(mark.words, mark.href)]
               for number, mark in enumerate(seen, 1)],
        today=_today(today, first, until, across, width),
    )  # fmt: skip


def _lanes(places: Sequence[float]) -> list[int]:
    """For each head, places rising, the first lane in which the one before leaves it room."""
    ends = [0.0] * _LANES
    found = []
    for place in places:
        lane = next((lane for lane, end in enumerate(ends) if place >= end), _LANES - 1)
        ends[lane] = place + _HEAD
        found.append(lane)
    return found


def _point(mark: Mark, lane: int, number: int, across: Scale) -> Point:
    y = TOP + _HEAD * lane + _HEAD // 2
    return Point(across.on(mark.on), y, number, f"{mark.on.isoformat()}: {mark.words}", mark.href)


def _today(today: date | None, first: date, until: date, across: Scale, width: int) -> Tick | None:
    if today is None or not first <= today <= until:
        return None
    at = across.on(today + _A_DAY)
    return Tick(at, "Today", "end" if at > width - right_room(width) - _WORD else "")


def _curves(one: Steps, first: date, until: date, today: date | None, across: Scale, scale: Scale) -> list[Curve]:
    """The curve to the end of today, and what is to come after it; where all is to come, that alone."""
    then = until + _A_DAY if today is None else min(today, until) + _A_DAY
    parts = []
    if then > first:
        parts.append((_path(_shown(one, first, then - _A_DAY), then, across, scale), one.look, one.name))
    if then <= until:
        coming = _shown(one, max(then, first), until)
        parts.append((_path(coming, until + _A_DAY, across, scale), Look.DUE, f"{one.name}, to come"))
    return [Curve(*part) for part in parts if part[0]]


def _legend(series: Sequence[Steps], curves: Sequence[Curve]) -> list[tuple[Look, str]]:
    """What tells curves apart: their names where there are several, and what is not there yet."""
    names = [(one.look, one.name) for one in series] if len(series) > 1 else []
    if not any(curve.look == Look.DUE for curve in curves):
        return names
    if all(curve.look == Look.DUE for curve in curves):
        names = []
    elif not names:
        names = [(one.look, "So far") for one in series]
    return [*names, (Look.DUE, "To come, if nothing is changed")]


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


def _band(band: Band, first: date, until: date, across: Scale, between: tuple[int, int]) -> Bar | None:
    begin, end = max(band.first, first), min(band.last, until)
    if begin > end:
        return None
    x, right = across.on(begin), across.on(end + _A_DAY)
    words = f"{band.name}, {band.first.isoformat()} to {band.last.isoformat()}"
    return Bar(x, between[0], round(right - x, 1), between[1] - between[0], band.look, words)


def _x_ticks(first: date, until: date, across: Scale) -> list[Tick]:
    ticks: list[Tick] = []
    before: date | None = None
    for day in day_ticks(first, until):
        words, year = day_label(day, before)
        ticks.append(Tick(across.on(day), words, year))
        before = day
    return ticks


def _rows(
    series: Sequence[Sequence[tuple[date, Value | None]]], write: Write, today: date | None
) -> list[list[Cell]]:  # fmt: skip
    """A row for each day on which anything becomes another, with what holds from then on."""
    days = sorted({day for values in series for day, _ in values})
    rows = []
    for day in days:
        held = [[value for on, value in values if on <= day] for values in series]
        cells = [Cell("\N{EN DASH}" if not h or h[-1] is None else write(h[-1])) for h in held]
        coming = " (to come)" if today is not None and day > today else ""
        rows.append([Cell(day.isoformat() + coming), *cells])
    return rows


def _told(
    title: str, series: Sequence[Steps], shown: dict[str, list[tuple[date, Value | None]]], first: date, until: date,
    today: date | None, write: Write,
) -> str:  # fmt: skip
    parts = []
    for one in series:
        known = [value for _, value in shown[one.name] if value is not None]
        if known:
            span = f"between {write(min(known))} and {write(max(known))}"
            parts.append(f"{one.name}: {write(known[0])} at first, {write(known[-1])} at last, {span}")
    words = "; ".join(parts) or "Nothing yet"
    if today is not None and first <= today < until:
        words += f". What is after {today.isoformat()} is to come"
    if today is not None and today < first:
        words += f". All of it is to come: today is {today.isoformat()}"
    return (
        f"Step chart: {title}, {first.isoformat()} to {until.isoformat()}. {words}. The table below has every figure."
    )
