"""Documents and rows of both worlds, made comparable."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import orjson

from services.invoicing.shapes import document_shape
from services.invoicing.simulation import simulate
from shared.billing.facts import Fact
from shared.events.envelope import event_of
from shared.events.facts import facts_of
from shared.events.reading import read
from tests.infrastructure.billing_system import Event


def facts_in(events: Sequence[Event]) -> list[Fact]:
    """The facts of public events that have id and source."""
    facts: list[Fact] = []
    for event in events:
        attributes = {name: value for name, value in event.items() if name != "data"} | {"specversion": "1.0"}
        found, model, _ = read(event_of(attributes, orjson.dumps(event["data"])))
        facts += facts_of(found, model)
    return facts


def simulated(events: Sequence[Event], runs: Sequence[date]) -> list[dict[str, Any]]:
    """The documents that `simulate` issues in runs on these days."""
    return in_order(document_shape(document) for document in simulate(facts_in(events), max(runs), runs).documents)


def in_order(documents: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Documents without number and taxes, which `simulate` does not show, in its order."""
    shown = [{k: v for k, v in document.items() if k not in ("number", "taxes")} for document in documents]
    return sorted(shown, key=lambda d: (d["date"], d["recipient"], d["customer"] or "", d["currency"], d["kind"]))


def table(rows: Iterable[Sequence[Any] | Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """Rows as text, sorted: every cell as the contract writes it."""
    cells = (row.values() if isinstance(row, Mapping) else row for row in rows)
    return sorted(tuple("-" if cell is None else str(cell) for cell in row) for row in cells)
