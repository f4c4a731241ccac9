"""Documents and rows of both worlds, made comparable."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import orjson

from services.invoicing.simulation import simulate
from shared.billing.facts import Fact
from shared.events.envelope import event_of
from shared.events.facts import facts_of
from shared.events.reading import read
from shared.events.shapes import document_shape
from tests.infrastructure.billing_system import Event

# `simulate` has no numbers, and taxes only where they say more than the totals.
NOT_SIMULATED = ("number", "taxes")


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
    """Documents without number and taxes, in the order of `simulate`; related invoices by reference, as it has them."""
    documents = list(documents)
    references = {document["number"]: _reference(document) for document in documents if "number" in document}
    shown = [
        {k: _named(v, references) if k == "relates_to" else v for k, v in document.items() if k not in NOT_SIMULATED}
        for document in documents
    ]
    return sorted(shown, key=lambda d: (d["date"], d["recipient"], d["customer"] or "", d["currency"], d["kind"]))


def _reference(document: Mapping[str, Any]) -> str:
    parts = [document[part] for part in ("kind", "date", "recipient", "customer", "currency")]
    return "/".join(part for part in parts if part is not None)


def _named(relations: Iterable[Mapping[str, Any]], references: Mapping[str, str]) -> list[dict[str, Any]]:
    """Relations that name an invoice by its reference; one that has it already keeps it."""
    return [{**one, "document": references.get(one["document"], one["document"])} for one in relations]


def table(rows: Iterable[Sequence[Any] | Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """Rows as text, sorted: every cell as the contract writes it."""
    cells = (row.values() if isinstance(row, Mapping) else row for row in rows)
    return sorted(tuple("-" if cell is None else str(cell) for cell in row) for row in cells)
