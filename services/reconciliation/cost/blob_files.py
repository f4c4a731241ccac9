"""The rows in downloaded blobs: JSON Lines, compressed, in one piece or in several one after the other."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from services.reconciliation.vendors.connector import NotReached

_GZIP = b"\x1f\x8b"


def json_lines(files: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Each row as it came, with its place for people; blank lines are none. Raises NotReached for a broken file."""
    for number, file in enumerate(files, start=1):
        place = 0
        try:
            with _opened(file) as lines:
                for place, line in enumerate(lines, start=1):
                    row = line.strip().lstrip("\ufeff")
                    if row:
                        yield f"blob {number}, line {place}", row
        except (EOFError, gzip.BadGzipFile, zlib.error, UnicodeDecodeError):
            raise NotReached(
                f"blob {number} of Microsoft's export breaks off or is damaged after line {place}; export again"
            ) from None


def _opened(file: Path) -> IO[str]:
    """Compressed, or not any more: some way it came may have undone it."""
    with file.open("rb") as begin:
        compressed = begin.read(2) == _GZIP
    opener = gzip.open if compressed else open
    return opener(file, "rt", encoding="utf-8", newline="\n")
