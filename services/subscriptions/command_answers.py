"""How commands on subscriptions are answered, with an example of each for the description of the API."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel

from services.subscriptions.commands.session import SOURCE
from services.subscriptions.examples import SUBSCRIPTION
from services.subscriptions.queries import Subscription
from shared.web.commanding import EventDone

Responses = dict[int | str, dict[str, Any]]


class Done(BaseModel):
    """A subscription after a command, and the events that it came to: none when all was so already.

    `last_day` is the last one that is covered, where a cancellation or the end of its term ends it.
    """

    subscription: Subscription
    last_day: date | None
    events: list[EventDone]


def answering(event_type: str, *, created: bool = False, last_day: str | None = None, **changed: object) -> Responses:
    """What a route declares: its answer where a command came to an event of this type; `changed` fields of sub-1."""
    event = {"type": event_type, "id": "b51ae4b1-3d3c-5f13-a6a9-5f8b4a6f6e7c", "source": SOURCE, "sequence": 1}
    subscription: dict[str, object] = {**SUBSCRIPTION, **changed}
    answer = {"subscription": subscription, "last_day": last_day, "events": [event]}
    return example(answer, 201 if created else 200)


def example(value: object, status: int = 200) -> Responses:
    """What a route declares to show an answer."""
    return {status: {"content": {"application/json": {"examples": {"Done": {"value": value}}}}}}
