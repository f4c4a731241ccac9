"""What was decided, as the events that are stored: with the id, the sequence and the time that they will have."""

from __future__ import annotations

from datetime import datetime

from shared.billing.facts import Fact
from shared.commands.decision import Appending
from shared.commands.desk import Asked
from shared.events.envelope import CloudEvent
from shared.events.facts import facts_of
from shared.events.models.base import EventModel
from shared.events.reading import addressed, data_of
from shared.events.registry import EVENT_TYPES
from shared.store.event_table import numbered


def enveloped(source: str, appending: Appending, asked: Asked[object]) -> list[CloudEvent]:
    """The events of one decision, in order."""
    events = [_event(source, model, asked, appending.at or asked.at) for model in appending.events]
    return numbered(appending.stream_id, appending.expected, events)


def candidate_facts(source: str, appending: Appending, asked: Asked[object]) -> list[Fact]:
    """The facts of billing as they will be once this is appended: what rules are asked about beforehand."""
    events = enveloped(source, appending, asked)
    return [fact for event, model in zip(events, appending.events, strict=True) for fact in facts_of(event, model)]


def _event(source: str, model: EventModel, asked: Asked[object], at: datetime) -> CloudEvent:
    name = type(model).__name__
    event = CloudEvent(
        id="",
        source=source,
        type=name,
        time=at,
        data=data_of(model),
        version=EVENT_TYPES[name].version,
        correlationid=asked.correlation,
    )
    return addressed(event, model)
