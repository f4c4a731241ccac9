"""The first rows and totals that differ, as plain values: what is kept of a comparison to be looked at later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from shared.projections.rebuild.behind import Behind
from shared.projections.rebuild.compare import Comparison
from shared.projections.spec import Key

_ROWS: Final = 100
_EVENTS: Final = 5


def rows_shown(found: Comparison, behind: Mapping[tuple[str, Key], Sequence[Behind]]) -> list[dict[str, Any]]:
    """The first rows that differ, each with the newest events behind it."""
    return [
        {
            "projection": one.projection, "table": one.table, "key": dict(one.key), "columns": one.columns,
            "live": None if one.row.live is None else dict(one.row.live),
            "rebuilt": None if one.row.rebuilt is None else dict(one.row.rebuilt),
            "events": [] if one.stream is None else _events(behind.get((one.projection, one.stream), ())),
        }
        for one in found.differences[:_ROWS]
    ]  # fmt: skip


def totals_shown(found: Comparison) -> list[dict[str, Any]]:
    """The first totals that differ; amounts as text, with all their digits."""
    return [
        {
            **one._asdict(),
            "live": None if one.live is None else str(one.live),
            "rebuilt": None if one.rebuilt is None else str(one.rebuilt),
        }
        for one in found.totals[:_ROWS]
    ]


def _events(behind: Sequence[Behind]) -> list[dict[str, Any]]:
    return [{**event._asdict(), "about": str(event.about)} for event in behind[:_EVENTS]]
