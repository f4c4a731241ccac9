"""The topics carry every event of the contract, each on one of them."""

from __future__ import annotations

import pytest

from shared.events.registry import EVENT_TYPES
from shared.log.topics import DEAD_LETTERS, INVOICES, TOPICS, topic_named, topic_of_type


def test_every_event_type_has_one_topic_and_every_topic_knows_its_types() -> None:
    carried = [event_type for topic in TOPICS for event_type in topic.types]
    assert sorted(carried) == sorted(EVENT_TYPES)
    assert {topic_of_type(event_type).name for event_type in carried} == {t.name for t in TOPICS} - {DEAD_LETTERS.name}


def test_topics_keep_everything_for_ever_by_the_brokers_clock() -> None:
    for topic in TOPICS:
        assert topic.settings["retention.ms"] == "-1"
        assert topic.settings["cleanup.policy"] == "delete"
        assert topic.settings["message.timestamp.type"] == "LogAppendTime"


def test_invoices_take_records_of_32_mib() -> None:
    assert INVOICES.max_record_bytes == 32 * 1024 * 1024
    assert topic_named("invoices.events") is INVOICES


def test_a_type_that_no_topic_carries_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        topic_of_type("Nonsense")
