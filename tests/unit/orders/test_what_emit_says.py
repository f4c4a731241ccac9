"""What `emit` says: nothing is published while anything is wrong, and the last line counts."""

import json
from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from services.orders.cli import emit, portions, summary
from shared.errors import UserError
from shared.events.envelope import CloudEvent

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
    with pytest.raises(
        UserError, match=r"The broker at 127.0.0.1:1 does not take the events \(no connection to 127.0.0.1:1\)\. Some"
    ):
        emit(str(file), broker=lambda: NOWHERE)


EVENTS = [CloudEvent(str(number), "urn:test", "OrderDeleted", date(2026, 1, 1), b"{}") for number in range(12_000)]


class Clock:
    """Moves when somebody waits, and by what each publication takes."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def published(rate: float, events: int, takes_s: float = 0.0) -> list[tuple[float, int]]:
    """When each portion was published, in seconds from the first one, and how many events it had."""
    clock = Clock()
    found = []
    for wait_s, portion in portions(EVENTS[:events], rate, clock):
        clock.seconds += wait_s
        found.append((round(clock.seconds - 100.0, 6), len(portion)))
        clock.seconds += takes_s
    return found


def test_a_rate_spreads_the_events_over_time() -> None:
    assert published(0.5, 3) == [(0.0, 1), (2.0, 1), (4.0, 1)]
    assert published(10, 3) == [(0.0, 1), (0.1, 1), (0.2, 1)]
    assert published(1_000, 250) == [(0.0, 100), (0.1, 100), (0.2, 50)]


@pytest.mark.parametrize("rate", [0.3, 7.0, 999.0, 200_000.0])
@pytest.mark.parametrize("takes_s", [0.0, 0.05, 3.0])
def test_a_rate_is_never_exceeded_not_even_to_make_up_for_a_slow_broker(rate: float, takes_s: float) -> None:
    found = published(rate, 12_000, takes_s)
    assert sum(count for _, count in found) == 12_000
    for (before, count), (after, _) in pairwise(found):
        assert after - before >= count / rate - 1e-5
        assert after - before <= max(takes_s, count / rate) + 1e-5


def test_without_a_rate_nothing_waits() -> None:
    assert [(wait_s, len(portion)) for wait_s, portion in portions(EVENTS, None, Clock())] == [
        (0.0, 5_000), (0.0, 5_000), (0.0, 2_000),
    ]  # fmt: skip


def test_ctrl_c_while_the_file_is_checked_says_that_nothing_is_published(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("services.orders.cli.read_events", interrupted)
    with pytest.raises(KeyboardInterrupt):
        emit("events.jsonl", broker=lambda: NOWHERE)
    assert capsys.readouterr() == ("", "stopped before anything was published\n")
