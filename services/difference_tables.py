"""What a comparison found, as tables to read and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.presentation import say, table
from shared.projections.rebuild.behind import Behind
from shared.projections.rebuild.compare import Difference
from shared.projections.rebuild.replaying import Report
from shared.projections.spec import Key

_SHOWN = 20
_EVENTS_SHOWN = 3


def show(report: Report) -> None:
    """Differing rows, the first ones, each with the events behind it; totals that differ; the verdict."""
    found = report.comparison
    if report.queued:
        say(f"{report.queued} streams of the live generations waited to be folded again: their rows may be old")
    if found.same:
        say(f"{found.rows:,} rows are the same")
        return
    rows = [
        (one.projection, one.table, _key(one), column, _value(one.row.live, column), _value(one.row.rebuilt, column))
        for one in found.differences[:_SHOWN]
        for column in one.columns
    ]
    table("Differences", ("projection", "table", "row", "column", "live", "rebuilt"), rows)
    if found.differing > _SHOWN:
        say(f"and {found.differing - _SHOWN:,} more rows; --json has {len(found.differences):,} of them\n")
    events = [
        (one.projection, str(one.stream), str(event.about), event.type, event.time, event.id, _place(event))
        for one in found.differences[:_SHOWN]
        if one.stream is not None
        for event in _shown(one.stream, report.behind.get((one.projection, one.stream), []))
    ]
    if events:
        told = ("projection", "behind", "about", "type", "time", "event", "where")
        table("Events behind them, the newest", told, list(dict.fromkeys(events)))
    if found.totals:
        totals = [
            (one.projection, f"{one.table}.{one.column}", one.payer, one.currency, one.live, one.rebuilt)
            for one in found.totals[:_SHOWN]
        ]
        columns = ("projection", "total of", "payer", "currency", "live", "rebuilt")
        table("Totals by payer", columns, totals, right=("live", "rebuilt"))
    say(f"{found.differing:,} of {found.rows:,} rows differ")


def shape(report: Report) -> Mapping[str, object]:
    """The same as JSON: at most a thousand differences of each table."""
    found = report.comparison
    return {
        "same": found.same,
        "rows": found.rows,
        "differing": found.differing,
        "queued": report.queued,
        "generations": dict(report.generations),
        "switched": report.switched is not None,
        "switch_ms": None if report.switched is None else round(report.switched.milliseconds, 3),
        "differences": [_difference(report, one) for one in found.differences],
        "totals": [one._asdict() for one in found.totals],
    }


def _difference(report: Report, one: Difference) -> Mapping[str, object]:
    events = [] if one.stream is None else report.behind.get((one.projection, one.stream), [])
    return {
        "projection": one.projection,
        "table": one.table,
        "key": one.key,
        "columns": one.columns,
        "live": one.row.live,
        "rebuilt": one.row.rebuilt,
        "events": [{**event._asdict(), "about": str(event.about)} for event in events],
    }


def _key(one: Difference) -> str:
    return " ".join(str(value) for value in one.key.values())


def _value(row: Mapping[str, str | None] | None, column: str) -> str:
    if row is None:
        return "(no row)"
    value = row[column]
    return "(none)" if value is None else value


def _shown(stream: Key, events: Sequence[Behind]) -> Sequence[Behind]:
    """The newest ones about the stream itself, then those about what it looks at."""
    own = [event for event in events if event.about == stream]
    others = [event for event in events if event.about != stream]
    return own[:_EVENTS_SHOWN] + others[:_EVENTS_SHOWN]


def _place(event: Behind) -> str:
    return "" if event.topic is None else f"{event.topic}/{event.partition}/{event.offset}"
