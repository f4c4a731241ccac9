"""Explaining a line of a simulation: no broker, no database, the events of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, timedelta
from typing import cast

from services.invoicing.line_ids import nearest, parsed, unknown
from services.invoicing.simulation import simulate
from shared.billing.facts import Ref
from shared.billing.moments import civil_date
from shared.events.explanation import Explained, Happened, Shape
from shared.events.facts import facts_of
from shared.events.files import FileEvent
from shared.events.shapes import Json, document_shape
from shared.events.values import moment_text

# A line falls due by then, and what comes back of it in the year after stands beside it.
_BEYOND = timedelta(days=366)


def explain(
    line: str,
    events: Sequence[FileEvent],
    until: date | None,
    runs: Sequence[date] | None,
    settings: Mapping[str, str],
    file: str,
) -> Explained:
    """A line that the invoice runs over the events of a file, each given once, issue by a day; UserError without one.

    Without `until` a year more than the line and the events need.
    """
    facts = [fact for found in events for fact in facts_of(found.event, found.model)]
    result = simulate(facts, until or _far_enough(line, events), runs, settings)
    documents = [document_shape(document) for document in result.documents]
    by_line = {cast(str, one["line"]): (one, document) for document in documents for one in _lines(document)}
    if line not in by_line:
        raise unknown(line, nearest(line, by_line))
    found, document = by_line[line]
    key = parsed(line)
    layer = [_in_layer(one, of) for name, (one, of) in by_line.items() if parsed(name) == key]
    happened = {one.ref: one for one in (_happened(event, file) for event in events)}
    return Explained(found, _head(document), layer, happened)


def _far_enough(line: str, events: Sequence[FileEvent]) -> date:
    key = parsed(line)
    days = [civil_date(found.event.time, UTC) for found in events]
    days += [] if key is None else [key.cycle_start, key.layer_start]
    return max(days, default=date.min) + _BEYOND


def _in_layer(line: Shape, document: Json) -> Shape:
    return {**line, "document": {"kind": document["kind"], "date": document["date"]}}


def _head(document: Json) -> Json:
    return {name: document[name] for name in ("kind", "date", "recipient", "customer", "currency")}


def _happened(found: FileEvent, file: str) -> Happened:
    """An event of the file, with the line that it begins on."""
    event = found.event
    return Happened(
        Ref(event.source, event.id), event.type, moment_text(event.time), {"file": file, "line": found.line}
    )


def _lines(document: Json) -> list[Shape]:
    return cast(list[Shape], document["lines"])
