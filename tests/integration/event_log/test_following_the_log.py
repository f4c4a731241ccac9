"""`seatledger events tail`: the last events, those since a time, and those that come, until it is told to stop."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

import pytest

from services.event_log.entries import EVERYTHING, Asked
from services.event_log.tail import tail
from shared.errors import UserError
from shared.log.topics import DEAD_LETTERS, TOPICS
from shared.log.view import LogView
from shared.log.writer import Outgoing
from tests.infrastructure.brokers import Broker
from tests.integration.event_log.log import prepared, price, seats, write, write_and_take_back

pytestmark = pytest.mark.broker

ALL = [topic.name for topic in TOPICS]
Tail = Callable[..., list[str]]


@pytest.fixture
def shown(empty_broker: Broker, capsys: pytest.CaptureFixture[str]) -> Tail:
    """What a tail that ends at once shows: a line each, without time and place."""

    def run(asked: Asked = EVERYTHING, back: int | None = None, *, topics: Sequence[str] = ALL) -> list[str]:
        over = Asked(asked.types, asked.subjects, asked.since, asked.until or time.time_ns() // 1_000_000 + 1)
        tail(lambda: empty_broker.address, topics, over, back, as_json=False)
        return [" ".join(line.split("  ")[2:]) for line in capsys.readouterr().out.splitlines()]

    return run


def line(subscription: str, quantity: int) -> str:
    """As a change of licences is shown."""
    return (
        f"LicensesChanged {subscription} {subscription}-{quantity} "
        f"subscription_id={subscription} customer_id=of {subscription} quantity={quantity}"
    )


def test_the_last_ones_of_all_partitions_come_in_the_order_of_the_log(empty_broker: Broker, shown: Tail) -> None:
    # given: changes that lie in several partitions, and records that were taken back after them
    prepared(empty_broker)
    for number in range(1, 8):
        write(empty_broker, seats(f"sub-{number}", number))
        time.sleep(0.002)
    write_and_take_back(empty_broker, *(seats(f"sub-{number}", 99) for number in range(1, 8)))
    # when / then
    assert shown(back=3) == [line("sub-5", 5), line("sub-6", 6), line("sub-7", 7)]
    assert shown(back=100) == [line(f"sub-{number}", number) for number in range(1, 8)]
    assert shown(back=1, topics=["orders.events"]) == []


def test_it_looks_back_as_far_as_it_takes(empty_broker: Broker, shown: Tail) -> None:
    # given: three that are asked for, far before the end
    prepared(empty_broker, partitions=2)
    write(empty_broker, price("1.00"))
    write(empty_broker, price("2.00"))
    write(empty_broker, seats("sub-x", 1))
    write(empty_broker, *(seats(f"sub-{number}", number) for number in range(1500)))
    # when / then
    assert [text.split()[2] for text in shown(Asked(types=frozenset({"PriceChanged"})), 1)] == ["price-2.00"]
    assert shown(Asked(subjects=frozenset({"sub-x"})), 5) == [line("sub-x", 1)]
    assert len(shown(back=1502)) == 1502


def test_what_came_since_a_time_and_before_another_is_shown(empty_broker: Broker, shown: Tail) -> None:
    # given
    prepared(empty_broker)
    write(empty_broker, seats("sub-1", 1))
    time.sleep(0.01)
    since = time.time_ns() // 1_000_000
    write(empty_broker, seats("sub-1", 2), seats("sub-2", 2))
    time.sleep(0.01)
    until = time.time_ns() // 1_000_000
    time.sleep(0.01)
    write(empty_broker, seats("sub-1", 3))
    # when / then
    assert sorted(shown(Asked(since=since, until=until))) == [line("sub-1", 2), line("sub-2", 2)]
    assert sorted(shown(Asked(since=since))) == [line("sub-1", 2), line("sub-1", 3), line("sub-2", 2)]
    assert shown(Asked(since=since, subjects=frozenset({"sub-1"})), 1) == [line("sub-1", 3)]
    assert shown(Asked(until=until), 1)[0].startswith("LicensesChanged")


def test_what_cannot_be_read_and_dead_letters_are_shown_too(empty_broker: Broker, shown: Tail) -> None:
    # given
    prepared(empty_broker)
    write(empty_broker, Outgoing("orders.events", b"cus-1", b"not json"))
    time.sleep(0.01)
    origin = {"topic": "orders.events", "partition": "0", "offset": "0", "reason": "is not JSON"}
    headers = [(f"dead-letter-{name}", text.encode()) for name, text in origin.items()]
    write(empty_broker, Outgoing(DEAD_LETTERS.name, b"cus-1", b"not json", headers))
    # when
    unreadable, dead = shown(Asked(types=frozenset({"LicensesChanged"})), 10)
    # then
    assert unreadable.startswith("unreadable: value: is not JSON")
    assert dead == "dead letter: of orders.events/0/0: is not JSON"


def test_a_broker_without_topics_and_one_that_is_away_are_sentences(empty_broker: Broker) -> None:
    with pytest.raises(UserError, match=r"has no topic catalog.events, .*: seatledger up makes them"):
        tail(lambda: empty_broker.address, ALL, EVERYTHING, 1, as_json=False)
    with pytest.raises(UserError, match=r"The broker at 127.0.0.1:1 does not answer"):
        tail(lambda: "127.0.0.1:1", ALL, EVERYTHING, 1, as_json=False)
    with pytest.raises(UserError, match=r"--until has passed, so nothing would be shown: give --since or -n too"):
        tail(lambda: empty_broker.address, ALL, Asked(until=1), None, as_json=False)


def following(broker: Broker, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "services.cli", "events", "tail", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "SEATLEDGER_BROKER": broker.address},
    )  # fmt: skip


def ends(broker: Broker) -> dict[object, int]:
    async def read() -> dict[object, int]:
        async with LogView(broker.address, ALL) as view:
            return dict(await view.ends())

    return asyncio.run(read())


@pytest.mark.parametrize("stopped_by", ["Ctrl-C", "--until"])
def test_what_comes_is_shown_until_it_is_stopped_and_nothing_is_left_behind(
    empty_broker: Broker, stopped_by: str
) -> None:
    # given: a log with something in it, and a tail that has shown that
    prepared(empty_broker)
    write(empty_broker, seats("sub-1", 1))
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 8))
    more = ["--until", until] if stopped_by == "--until" else []
    watching = following(empty_broker, "--json", "-n", "1", *more)
    assert watching.stdout is not None
    first = json.loads(watching.stdout.readline())
    # when
    write(empty_broker, seats("sub-1", 2), Outgoing("orders.events", None, b"not json"))
    coming = [json.loads(watching.stdout.readline()) for _ in range(2)]
    before = ends(empty_broker)
    if stopped_by == "Ctrl-C":
        watching.send_signal(signal.SIGINT)
    rest, said = watching.communicate(timeout=60)
    # then
    assert (watching.returncode, rest, said) == (0, "", "")
    assert (first["id"], first["data"]["quantity"]) == ("sub-1-1", 1)
    assert sorted(next(iter(one)) for one in coming) == ["specversion", "unreadable"]
    assert ends(empty_broker) == before
