"""What `emit` says: nothing is published while anything is wrong, and the last line counts."""

import json
from collections import Counter
from pathlib import Path

import pytest

from services.orders.cli import emit, summary
from shared.errors import UserError

NOWHERE = "127.0.0.1:1"


def test_the_last_line_counts_by_topic() -> None:
    topics = Counter({"subscriptions.events": 1222, "orders.events": 12})
    assert summary(topics) == (
        "sent 1,234 events (orders.events 12, subscriptions.events 1,222); what was sent before counts once"
    )
    assert summary(Counter()) == "sent 0 events"


def test_every_wrong_line_is_named_before_a_broker_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text('{"type": "OrderDeleted", "time": "2026-01-01", "data": {"order_id": "o"}}\nnot json\n')
    with pytest.raises(UserError) as refused:
        emit(str(file), broker=lambda: NOWHERE)
    first, second = str(refused.value).splitlines()
    assert first.startswith("line 1, data.customer_id: is missing")
    assert second.startswith("line 2: is not JSON")


def test_a_record_larger_than_its_topic_takes_is_refused_before_a_broker_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    large = "x" * (1024 * 1024)
    data = {"order_id": "o", "customer_id": "c", "note": large}
    file.write_text(json.dumps({"type": "OrderDeleted", "time": "2026-01-01", "data": data}))
    with pytest.raises(UserError, match=r"line 1, data: the record has 1,04.* orders.events takes 1,048,576"):
        emit(str(file), broker=lambda: NOWHERE)


def test_a_broker_that_is_away_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text('{"type": "OrderDeleted", "time": "2026-01-01", "data": {"order_id": "o", "customer_id": "c"}}\n')
    with pytest.raises(UserError, match=r"The broker at 127.0.0.1:1 does not take the events"):
        emit(str(file), broker=lambda: NOWHERE)
