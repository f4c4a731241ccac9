"""What a chart is made of when it is drawn: places, lines and words, ready for the macros that write them as SVG."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final

from services.console.charts.scales import Scale, Value, round_ticks

Write = Callable[[Value], str]
HEIGHT: Final = 260
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 16, 42
# As wide as a page: who looks at its right end reads the axis there as well.
BROAD: Final = 1000


class Look(StrEnum):
    """How a series looks: the first, the second, and what is not there yet. Classes of console.css."""

    A = "a"
    B = "b"
    DUE = "due"


class BandLook(StrEnum):
    """What a band is about; classes of console.css."""

    FREE = "free"
    PROTECTED = "protected"
    WINDOW = "window"
    STILL = "still"
    TERM = "term"


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: where, and its words in one line or two."""

    at: float
    words: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle. `words` tell it to who points at it."""

    x: float
    y: float
    width: float
    height: float
    look: str
    words: str


@dataclass(frozen=True, slots=True)
class Curve:
    """A line: `path` is what `d` of an SVG path takes."""

    path: str
    look: Look
    words: str


@dataclass(frozen=True, slots=True)
class Point:
    """A mark at a day: a line from its head to the bottom, and a number at its head, `y` from above."""

    at: float
    y: float
    number: int
    words: str
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell of the table, and where it leads."""

    words: str
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart, drawn. `told` says in a sentence or two what there is to see; `rows` are the figures of the table."""

    title: str
    told: str
    width: int
    height: int
    y_ticks: Sequence[Tick]
    x_ticks: Sequence[Tick]
    zero: float
    legend: Sequence[tuple[Look, str]]
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    bars: Sequence[Bar] = field(default=())
    curves: Sequence[Curve] = field(default=())
    bands: Sequence[Bar] = field(default=())
    band_legend: Sequence[tuple[BandLook, str]] = field(default=())
    # Bars between the axis and its words, and what they are.
    strips: Sequence[Bar] = field(default=())
    strip_legend: str = ""
    points: Sequence[Point] = field(default=())
    # What a point is; what the numbers of the points stand for: number, day and words.
    point_legend: str = ""
    notes: Sequence[Sequence[Cell]] = field(default=())
    # Where today is, and with it what has happened ends.
    today: Tick | None = None
    top: int = TOP

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to see."""
        return not self.bars and not self.curves

    @property
    def left(self) -> int:
        return LEFT

    @property
    def right(self) -> int:
        return self.width - right_room(self.width)

    @property
    def is_broad(self) -> bool:
        """Whether it is as wide as a page."""
        return self.width >= BROAD

    @property
    def is_linked(self) -> bool:
        """Whether something in the picture leads elsewhere: it is a group of links then, and no image."""
        return any(point.href for point in self.points)

    @property
    def bottom(self) -> int:
        return self.height - BOTTOM


def right_room(width: int) -> int:
    """The room right of the axis: in a broad chart the words of the values stand there too."""
    return LEFT if width >= BROAD else RIGHT


def value_axis(values: Sequence[Value], write: Write, height: int, top: int = TOP) -> tuple[Scale, list[Tick]]:
    """The scale from bottom to top for these values, and its marks. Counts have no mark between two of them."""
    ticks = round_ticks(values, whole=all(isinstance(value, int) for value in values))
    scale = Scale(ticks[0], ticks[-1], height - BOTTOM, top)
    return scale, [Tick(scale.at(tick), write(_plain(tick))) for tick in ticks]


def _plain(tick: Decimal) -> Decimal:
    """2E+2 as 200: what is written has its digits, not a power."""
    return tick.quantize(Decimal(1)) if tick == tick.to_integral_value() else tick
