"""How results are shown: tables and progress to read, JSON for programs."""

import json
import sys
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, is_dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from textwrap import indent
from typing import Generic, TypeVar
from unicodedata import east_asian_width
from uuid import UUID

from shared.errors import UserError

_PROBLEMS_SHOWN = 20
_SILENT_SECONDS = 2.0
_RENEWED_SECONDS = 0.2
_LINE_SECONDS = 10.0
T = TypeVar("T")


def on_terminal() -> bool:
    return sys.stdout.isatty()


def say(line: str) -> None:
    """One plain line, seen at once also through a pipe."""
    print(line, flush=True)


def document(value: object) -> None:
    """JSON on standard output: dataclasses as objects, dates as ISO 8601, decimals as strings."""
    print(json.dumps(value, indent=2, ensure_ascii=False, default=_plain), flush=True)


async def flowing_document(
    before: Mapping[str, object], name: str, rows: AsyncIterator[object], after: Mapping[str, object]
) -> None:
    """As `document` of {**before, name: [*rows], **after}, each row printed as it comes."""
    opening = json.dumps(before, indent=2, ensure_ascii=False, default=_plain).removesuffix("\n}")
    print(f"{opening},\n  {json.dumps(name)}: [", end="")
    following = "\n"
    async for row in rows:
        print(following + indent(json.dumps(row, indent=2, ensure_ascii=False, default=_plain), "    "), end="")
        following = ",\n"
    closing = json.dumps(after, indent=2, ensure_ascii=False, default=_plain).removeprefix("{\n")
    print(f"\n  ],\n{closing}", flush=True)


def failure(error: UserError, *, as_json: bool) -> None:
    """A failure on standard error: its sentence, or {"error": {"kind": ..., "detail": ...}} for programs."""
    told = {"error": {"kind": error.kind, "detail": str(error)}}
    print(json.dumps(told, ensure_ascii=False) if as_json else error, file=sys.stderr, flush=True)


class Page(Generic[T]):
    """Rows of a list, and after which of them the next ones come (`next`; None: there are no more).

    `found` has one row more than `limit` where more follow; `key` gives what --after takes.
    """

    def __init__(self, found: Sequence[T], limit: int, key: Callable[[T], str]) -> None:
        self.items = list(found[:limit])
        self.next = key(self.items[-1]) if len(found) > limit else None

    def say_more(self) -> None:
        """For people: how to go on, on standard error; nothing on the last page."""
        if self.next is not None:
            note([f"There are more; go on with --after {self.next}"])


def list_document(rows: Sequence[object], following: str | None = None) -> None:
    """A list as JSON: {"items": [...], "next": ...}; `next` is given as --after for what follows, null: no more."""
    document({"items": rows, "next": following})


def problems_text(problems: Sequence[object]) -> str:
    """What is wrong with a file, a line each; the first ones."""
    shown = [str(problem) for problem in problems[:_PROBLEMS_SHOWN]]
    more = len(problems) - len(shown)
    return "\n".join([*shown, f"and {more} more"] if more else shown)


def note(problems: Iterable[object]) -> None:
    """What need not stop anything, on standard error; the first ones."""
    found = list(problems)
    if found:
        print(problems_text(found), file=sys.stderr, flush=True)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], right: Collection[str] = ()) -> None:
    """A table: None is an empty cell, a truth value yes or no. `right` names the columns of figures.

    A terminal that is too narrow wraps its lines: no date, amount or id is ever cut short.
    """
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(map(_width, texts)) for texts in zip(columns, *cells, strict=True)]
    print(title)
    for row in (columns, *cells):
        padded = (
            text.rjust(width - _width(text) + len(text))
            if column in right
            else text.ljust(width - _width(text) + len(text))
            for column, text, width in zip(columns, row, widths, strict=True)
        )
        print("  " + "  ".join(padded).rstrip())
    print(flush=True)


@contextmanager
def progress(description: str, total: int) -> Iterator[Callable[[int], None]]:
    """Gives a function that is told how many more are done. A bar on a terminal; elsewhere one line at the end."""
    if not on_terminal():
        done = 0

        def count(more: int) -> None:
            nonlocal done
            done += more

        yield count
        say(f"{description}: {done} of {total}")
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns) as bar:
        task = bar.add_task(description, total=total)
        yield lambda more: bar.advance(task, more)


@contextmanager
def late_progress(description: str, total: int) -> Iterator[Callable[[int], None]]:
    """As `progress`, which begins only when it takes longer than two seconds."""
    began, done = time.monotonic(), 0
    advance: Callable[[int], None] | None = None
    with ExitStack() as shown:

        def count(more: int) -> None:
            nonlocal advance, done
            done += more
            if advance is not None:
                advance(more)
            elif done < total and time.monotonic() - began > _SILENT_SECONDS:
                advance = shown.enter_context(progress(description, total))
                advance(done)

        yield count


@contextmanager
def counting(description: str, *, quiet: bool = False) -> Iterator[Callable[[int], None]]:
    """As `flow_progress`, of what nobody knows the number of before: how many there were so far. `quiet`: nothing."""
    renewed = sys.stderr.isatty()
    before, after, every = ("\r\x1b[2K", "", _RENEWED_SECONDS) if renewed else ("", "\n", _LINE_SECONDS)
    done, shown = 0, False
    due = time.monotonic() + _SILENT_SECONDS

    def count(more: int) -> None:
        nonlocal done, shown, due
        done += more
        if not quiet and time.monotonic() >= due:
            shown, due = True, time.monotonic() + every
            print(f"{before}{description}: {done:,} so far", end=after, file=sys.stderr, flush=True)

    try:
        yield count
    finally:
        if shown and renewed:
            print(file=sys.stderr, flush=True)


@contextmanager
def flow_progress(description: str, total: int, *, in_lines: bool = False) -> Iterator[Callable[[int], None]]:
    """As `late_progress`, for what flows: how fast and how long still, too. On standard error: the rest is the result.

    A line that renews itself on a terminal; elsewhere, or `in_lines` where results are printed meanwhile, one every ten
    seconds, and one at the end.
    """
    renewed = sys.stderr.isatty() and not in_lines
    before, after, every = ("\r\x1b[2K", "", _RENEWED_SECONDS) if renewed else ("", "\n", _LINE_SECONDS)
    began, done, shown = time.monotonic(), 0, False
    due = began + _SILENT_SECONDS

    def tell(now: float) -> None:
        print(before + _flow(description, done, total, now - began), end=after, file=sys.stderr, flush=True)

    def count(more: int) -> None:
        nonlocal done, shown, due
        done += more
        now = time.monotonic()
        if now >= due and (shown or done < total):
            shown, due = True, now + every
            tell(now)

    try:
        yield count
    finally:
        if shown:
            tell(time.monotonic())
            print(end="\n" if renewed else "", file=sys.stderr, flush=True)


def _flow(description: str, done: int, total: int, seconds: float) -> str:
    """Publishing: 1,200 of 5,000, 100 a second, 38 s left"""
    rate = done / seconds if seconds else 0.0
    left = f", {_rough((total - done) / rate)} left" if rate and done < total else ""
    return f"{description}: {done:,} of {total:,}, {rate:,.{0 if rate >= 10 else 1}f} a second{left}"


def _rough(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _width(text: str) -> int:
    """The columns that a text takes on a terminal: letters of East Asia take two."""
    return len(text) if text.isascii() else sum(1 + (east_asian_width(letter) in "WF") for letter in text)


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (Decimal, Path, UUID)):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
