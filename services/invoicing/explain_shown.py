"""How an explanation is shown to people: the sentence, the document, the lines of the layer, the events."""

from __future__ import annotations

from services import presentation
from shared.events.explanation import Explained, Shape, sentence

_LAYER = ("line", "kind", "document", "date", "from", "to", "quantity", "net", "cause")
_FIGURES = ("quantity", "net", "partition", "offset")


def show(explained: Explained, *, as_json: bool) -> None:
    """Print it, as JSON for programs."""
    if as_json:
        presentation.document(explained.shape())
        return
    presentation.say(
        f"{explained.line['line']}\n{sentence(explained.line, explained.events)}\n{_stands_on(explained.document)}\n"
    )
    presentation.table("Lines of this layer", _LAYER, [_row(line) for line in explained.layer], _FIGURES)
    shape = explained.shape()["events"]
    assert isinstance(shape, list)
    places = [name for name in ("file", "line", "topic", "partition", "offset") if any(name in one for one in shape)]
    columns = ("role", "type", "time", "source", "id", *places)
    presentation.table("Events", columns, [[one.get(column) for column in columns] for one in shape], _FIGURES)


def _stands_on(document: Shape) -> str:
    if "date" not in document:
        return f"It stands on {document['number']}, which is not in the read views yet."
    name = document.get("number", "an invoice" if document["kind"] == "invoice" else "a credit note")
    separate = f" for {document['customer']}" if document["customer"] is not None else ""
    return f"It stands on {name} of {document['date']} to {document['recipient']}{separate}."


def _row(line: Shape) -> list[object]:
    document, why = line["document"], line.get("why") or {}
    shown = {**line, "document": document.get("number", document.get("kind")), "date": document.get("date")}
    return [{**shown, "cause": why.get("cause")}.get(column) for column in _LAYER]
