"""What a rebuild is to make, by which release, and where."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shared.projections.rebuild.records import Purpose
from shared.projections.spec import ProjectionSpec


def _told_nobody(sentence: str) -> None:
    """Nobody is told what becomes of interrupted rebuilds."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be made. `release` as `release_of` has it. `until`: only what the log had by then.

    `home` is where buckets may lie; `note` is told what becomes of rebuilds that were interrupted, a sentence each.
    """

    dsn: str
    broker: str
    specs: Sequence[ProjectionSpec]
    release: str
    purpose: Purpose
    home: Path
    workers: int
    until: datetime | None = None
    note: Callable[[str], None] = _told_nobody

    @property
    def projections(self) -> list[str]:
        """The names of what is to be made, in order."""
        return [spec.name for spec in self.specs]
