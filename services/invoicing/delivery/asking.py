"""Which events ask for a delivery: issued documents, whoever may want them. Pure.

The projector writes them down as reactions in its own transaction; the worker finds out who wants the document.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import orjson

from shared.events.envelope import CloudEvent
from shared.events.models.base import EventModel
from shared.events.models.documents import IssuedDocument
from shared.events.values import moment_text
from shared.store.reactions import Reaction

CONSUMER: Final = "delivery"


def reactions(event: CloudEvent, model: EventModel) -> Iterator[Reaction]:
    """What an event asks for: once, however often it comes. Not the document itself, which may have 20,000 lines."""
    if isinstance(model, IssuedDocument):
        said = {"time": moment_text(event.time), "number": model.number, "recipient": model.recipient}
        yield Reaction(CONSUMER, event.source, event.id, event.type, model.number, orjson.dumps(said).decode())
