"""How results are shown: tables and progress on a terminal, plain lines into a pipe or file, JSON for programs."""

import json
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, is_dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

_PROBLEMS_SHOWN = 20
_SILENT_SECONDS = 2.0


def on_terminal() -> bool:
    return sys.stdout.isatty()


def say(line: str) -> None:
    """One plain line, seen at once also through a pipe."""
    print(line, flush=True)


def document(value: object) -> None:
    """JSON on standard output: dataclasses as objects, dates as ISO 8601, decimals as strings."""
    print(json.dumps(value, indent=2, ensure_ascii=False, default=_plain), flush=True)


def problems_text(problems: Sequence[object]) -> str:
    """What is wrong with a file, a line each; the first ones."""
    shown = [str(problem) for problem in problems[:_PROBLEMS_SHOWN]]
    more = len(problems) - len(shown)
    return "\n".join([*shown, f"and {more} more"] if more else shown)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], right: Collection[str] = ()) -> None:
    """A table; None is an empty cell. `right` names the columns of figures, which are aligned at their end."""
    cells = [["" if value is None else str(value) for value in row] for row in rows]
    if on_terminal():
        _rich_table(title, columns, cells, right)
    else:
        _plain_table(title, columns, cells, right)


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


def _rich_table(title: str, columns: Sequence[str], cells: Sequence[Sequence[str]], right: Collection[str]) -> None:
    # rich takes 50 ms to import, so only who shows a table on a terminal pays for it.
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    shown = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for column in columns:
        shown.add_column(column, justify="right" if column in right else "left")
    for row in cells:
        shown.add_row(*(escape(cell) for cell in row))
    Console().print(shown)


def _plain_table(title: str, columns: Sequence[str], cells: Sequence[Sequence[str]], right: Collection[str]) -> None:
    widths = [max(len(text) for text in texts) for texts in zip(columns, *cells, strict=True)]
    print(title)
    for row in (columns, *cells):
        padded = (
            text.rjust(width) if column in right else text.ljust(width)
            for column, text, width in zip(columns, row, widths, strict=True)
        )
        print("  " + "  ".join(padded).rstrip())
    print(flush=True)


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (Decimal, Path)):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
