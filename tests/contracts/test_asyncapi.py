"""The AsyncAPI document: whole, and true to topics and models."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from services.cli import app
from services.cli_schemas import asyncapi_document, events_document
from shared.events.registry import EVENT_TYPES
from shared.log.topics import TOPICS, topic_of_type


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return asyncapi_document()


def references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def test_it_is_asyncapi_3(document: dict[str, Any]) -> None:
    assert document["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= set(document["info"])


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in references(document):
        part = document
        for step in reference.removeprefix("#/").split("/"):
            part = part[step]


def test_every_topic_is_a_channel_with_its_events(document: dict[str, Any]) -> None:
    channels = {channel["address"]: set(channel["messages"]) for channel in document["channels"].values()}

    assert channels == {topic.name: set(topic.types) for topic in TOPICS}


def test_every_event_type_stands_on_exactly_one_topic(document: dict[str, Any]) -> None:
    on_topics = [event_type for topic in TOPICS for event_type in topic.types]

    assert sorted(on_topics) == sorted(EVENT_TYPES)
    assert set(document["components"]["messages"]) == set(EVENT_TYPES)


def test_the_headers_of_binary_mode_are_described(document: dict[str, Any]) -> None:
    headers = document["components"]["messageTraits"]["cloudevent"]["headers"]

    assert headers["required"] == ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time"]
    assert "content-type" in headers["properties"]


def test_the_schemas_of_events_know_their_topics() -> None:
    for event_type, described in events_document()["events"].items():
        assert described["topic"] == topic_of_type(event_type).name


@pytest.mark.parametrize("kind", ["events", "asyncapi"])
def test_the_command_prints_json(kind: str) -> None:
    result = CliRunner().invoke(app, ["schemas", kind])

    assert result.exit_code == 0
    assert json.loads(result.stdout)
