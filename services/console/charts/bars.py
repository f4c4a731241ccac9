"""Bars: a group for each place on the axis, in it a bar for each series, beside each other or upon each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from services.console.charts.drawing import HEIGHT, LEFT, Bar, Cell, Chart, Look, Tick, Write, right_room, value_axis
from services.console.charts.scales import Scale, Value

# Of the room of a group what its bars fill, and how broad one is at most.
_FILLED = 0.72
_BROADEST = 36.0
# Words of a tick have this much room at least.
_WORDS = 40.0


class Place(NamedTuple):
    """A group: its words on the axis (`more` in a second line), its name in the table and where that leads."""

    words: str
    name: str
    more: str = ""
    href: str | None = None


class Bars(NamedTuple):
    """A series: a value for each place, None where there is none."""

    name: str
    values: Sequence[Value | None]
    look: Look = Look.A
    # Where the figure of each place leads in the table.
    hrefs: Sequence[str] = ()


def bar_chart(
    title: str,
    places: Sequence[Place],
    series: Sequence[Bars],
    *,
    write: Write,
    axis: Write | None = None,
    told: str = "",
    of: str = "Month",
    stacked: bool = False,
    width: int = 640,
    height: int = HEIGHT,
) -> Chart:
    """Bars of each series beside each other; `stacked`: each upon those before it, where their sum says something.

    `of` is the table's first header, `told` replaces the text made of the figures.
    """
    feet = [_feet(one, series[:number] if stacked else ()) for number, one in enumerate(series)]
    ends = [
        foot + value
        for one, below in zip(series, feet, strict=True)
        for value, foot in zip(one.values, below, strict=True)
        if value is not None
    ]
    scale, ticks = value_axis(ends, axis or write, height)
    group = (width - LEFT - right_room(width)) / max(1, len(places))
    columns = 1 if stacked else len(series)
    return Chart(
        title=title,
        told=told or _told(title, places, series, write),
        width=width,
        height=height,
        y_ticks=ticks,
        x_ticks=_x_ticks(places, group),
        zero=scale.at(0),
        legend=[(one.look, one.name) for one in series] if len(series) > 1 else [],
        head=[of, *(one.name for one in series)],
        rows=[
            [Cell(place.name, place.href), *(_cell(one, number, write) for one in series)]
            for number, place in enumerate(places)
        ],
        bars=[
            bar
            for number, one in enumerate(series)
            for bar in _bars(one, feet[number], 0 if stacked else number, columns, places, group, scale, write)
        ],
    )


def _feet(one: Bars, below: Sequence[Bars]) -> list[Value]:
    """On what each bar of a series stands: on what stands below it. What hangs below zero hangs from there."""
    return [
        0 if value is None or value < 0 else sum(max(other.values[place] or 0, 0) for other in below)
        for place, value in enumerate(one.values)
    ]


def _bars(
    one: Bars, feet: Sequence[Value], number: int, of: int, places: Sequence[Place], group: float, scale: Scale,
    write: Write,
) -> list[Bar]:  # fmt: skip
    broad = min(_BROADEST, group * _FILLED / of)
    drawn = []
    for place, value in enumerate(one.values):
        if value is None or value == 0:
            continue
        x = LEFT + (place + 0.5) * group + (number - of / 2) * broad
        ends = sorted((scale.at(feet[place]), scale.at(feet[place] + value)))
        # What is there is seen, however little it is.
        tall = max(ends[1] - ends[0], 1.0)
        y = ends[0] if value < 0 else ends[1] - tall
        words = f"{places[place].name}, {one.name}: {write(value)}"
        drawn.append(Bar(round(x, 1), round(y, 1), round(broad - 1, 1), round(tall, 1), one.look, words))
    return drawn


def _x_ticks(places: Sequence[Place], group: float) -> list[Tick]:
    every = max(1, -(-int(_WORDS) // max(1, int(group))))
    # Where there is no room for all words, those above a second line are among the shown.
    first = next((number for number, place in enumerate(places) if place.more), 0) % every
    return [
        Tick(round(LEFT + (number + 0.5) * group, 1), place.words, place.more)
        for number, place in enumerate(places)
        if number % every == first
    ]


def _cell(one: Bars, place: int, write: Write) -> Cell:
    value = one.values[place]
    return Cell("\N{EN DASH}") if value is None else Cell(write(value), one.hrefs[place] if one.hrefs else None)


def _told(title: str, places: Sequence[Place], series: Sequence[Bars], write: Write) -> str:
    parts = []
    for one in series:
        known = [(value, place.name) for value, place in zip(one.values, places, strict=True) if value is not None]
        if known:
            most, least = max(known), min(known)
            parts.append(f"{one.name} from {write(least[0])} ({least[1]}) to {write(most[0])} ({most[1]})")
    span = f", {places[0].name} to {places[-1].name}" if places else ""
    return f"Bar chart: {title}{span}. {'; '.join(parts) or 'Nothing yet'}. The table below has every figure."
