"""What was decided, as the events that are stored: with the id, the sequence and the time that they will have."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from shared.commands.decision import Appending
from shared.commands.desk import Asked
from shared.events.envelope import CloudEvent
from shared.events.facts import facts_of
from shared.events.models.base import EventModel
from shared.events.reading import addressed, data_of
from shared.events.registry import EVENT_TYPES
from shared.store.event_table import numbered


def appending(
    source: str, stream_id: str, expected: int, models: Sequence[EventModel], asked: Asked[object], at: datetime
) -> Appending:
    """What a command appends to a stream, in order.

    `at` is the time of the events: that of asking, or later, as what was decided on comes before what was decided.
    """
    events = numbered(stream_id, expected, [enveloped(source, model, at, asked.correlation) for model in models])
    facts = [fact for event, model in zip(events, models, strict=True) for fact in facts_of(event, model)]
    return Appending(stream_id, expected, models, events, facts)


def enveloped(source: str, model: EventModel, at: datetime, correlation: str | None = None) -> CloudEvent:
    """What a model says as an event of ours, addressed; its id and sequence come from its place in a stream."""
    name = type(model).__name__
    event = CloudEvent(
        id="",
        source=source,
        type=name,
        time=at,
        data=data_of(model),
        version=EVENT_TYPES[name].version,
        correlationid=correlation,
    )
    return addressed(event, model)
