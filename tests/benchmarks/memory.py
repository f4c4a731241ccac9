"""How much memory a process and its children take at most while something runs."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_EVERY_S = 0.25
_KIB = 1024


class Peak:
    """The highest sum that was seen, in bytes. Pages that a child shares with its parent count once (PSS)."""

    def __init__(self) -> None:
        self.bytes = 0


@contextmanager
def watched() -> Iterator[Peak]:
    """Look at this process and all its descendants a few times a second, until the block ends."""
    peak, done = Peak(), threading.Event()

    def look() -> None:
        while not done.wait(_EVERY_S):
            peak.bytes = max(peak.bytes, sum(map(_proportional, _family(os.getpid()))))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()


def _family(root: int) -> list[int]:
    """A process and those that it forked; not the broker and the database, which it started."""
    children = Path(f"/proc/{root}/task/{root}/children")
    forked = [int(pid) for pid in children.read_text().split() if _same_program(root, int(pid))]
    return [root, *(descendant for pid in forked for descendant in _family(pid))]


def _same_program(parent: int, child: int) -> bool:
    try:
        return Path(f"/proc/{parent}/cmdline").read_bytes() == Path(f"/proc/{child}/cmdline").read_bytes()
    except OSError:  # gone meanwhile
        return False


def _proportional(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # gone meanwhile
        return 0
    return next(int(line.split()[1]) * _KIB for line in lines if line.startswith("Pss:"))
