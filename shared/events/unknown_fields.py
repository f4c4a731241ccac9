"""Fields of events in files that no event has: they are ignored, so whoever mistyped one is to hear of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any, get_args

import orjson

from shared.events.files import FileEvent
from shared.events.models.base import EventModel
from shared.events.registry import EVENT_TYPES


def unknown_fields(events: Iterable[FileEvent]) -> Iterator[str]:
    """line 3, data.items[0].billing_frequncy: OrderExecuted has no such field, it is ignored; … billing_frequency?

    Data of an older version is left alone: it had other fields.
    """
    for found in events:
        if found.event.version != EVENT_TYPES[found.event.type].version:
            continue
        for path, name, near in _unknown(type(found.model), orjson.loads(found.event.data), "data"):
            place = f"line {found.line}, {path}.{name}"
            meant = f"; did you mean {near[0]}?" if near else ""
            yield f"{place}: {found.event.type} has no such field there, it is ignored{meant}"


def _unknown(model: type[EventModel], value: object, path: str) -> Iterator[tuple[str, str, list[str]]]:
    """Where a field stands, its name, and names that are near it."""
    if isinstance(value, list):
        for place, one in enumerate(value):
            yield from _unknown(model, one, f"{path}[{place}]")
    if not isinstance(value, dict):
        return
    fields = {str(field.validation_alias or name): field for name, field in model.model_fields.items()}
    for name, inner in value.items():
        if name not in fields and name not in model.model_fields:
            yield path, name, get_close_matches(name, fields, 1)
        elif name in fields:
            for nested in _models_in(fields[name].annotation):
                yield from _unknown(nested, inner, f"{path}.{name}")


def _models_in(annotation: Any) -> Iterator[type[EventModel]]:
    """The model that an annotation leads to: itself, or what a tuple or an optional field holds."""
    if isinstance(annotation, type) and issubclass(annotation, EventModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
