"""`seatledger schemas events`, `asyncapi` and `openapi`: the contracts as JSON, from the code."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

import orjson
import typer

from shared.events import asyncapi as asyncapi_of
from shared.events import schemas
from shared.log.topics import TOPICS


def events_document() -> dict[str, Any]:
    """The envelope and every event: versions, topic and JSON Schema."""
    return schemas.events_document({event_type: topic.name for topic in TOPICS for event_type in topic.types})


def asyncapi_document() -> dict[str, Any]:
    """AsyncAPI 3: topics, keys and the events on them."""
    channels = [asyncapi_of.Channel(topic.name, topic.key, topic.types, topic.partitions) for topic in TOPICS]
    return asyncapi_of.document(channels, _release())


def openapi_document() -> dict[str, Any]:
    """OpenAPI 3.1: the APIs of all services."""
    from services import openapi as openapi_of

    return openapi_of.openapi_document(_release())


def events() -> None:
    """Print `events_document`."""
    _print(events_document())


def asyncapi() -> None:
    """Print `asyncapi_document`."""
    _print(asyncapi_document())


def openapi() -> None:
    """Print `openapi_document`."""
    _print(openapi_document())


def _print(document: dict[str, Any]) -> None:
    typer.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2))


def _release() -> str:
    try:
        return version("seatledger")
    except PackageNotFoundError:  # run from a source tree that nobody installed
        return "0"
