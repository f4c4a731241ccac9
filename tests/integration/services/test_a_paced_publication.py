"""`seatledger emit --rate`: stopped by Ctrl-C it says how many are published, and the same file goes on."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shared.log.topics import ORDERS, ensure_topics
from shared.log.view import LogView
from tests.infrastructure.brokers import Broker

pytestmark = pytest.mark.broker

EVENTS = 400


def in_the_log(broker: Broker) -> int:
    async def count() -> int:
        async with LogView(broker.address, [ORDERS.name]) as view:
            return sum((await view.ends()).values())

    return asyncio.run(count())


def emitting(broker: Broker, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "services.cli", "emit", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "SEATLEDGER_BROKER": broker.address},
    )  # fmt: skip


def test_ctrl_c_says_how_many_are_published_and_the_same_file_goes_on(empty_broker: Broker, tmp_path: Path) -> None:
    # given: a file that takes some minutes at this rate
    asyncio.run(ensure_topics(empty_broker.address, [ORDERS], partitions=1))
    file = tmp_path / "events.jsonl"
    file.write_text("".join(
        json.dumps({"type": "OrderDeleted", "time": "2026-01-01", "data": {"order_id": f"o-{n}", "customer_id": "c"}})
        + "\n"
        for n in range(EVENTS)
    ))  # fmt: skip
    # when: it is stopped when some of it is published
    paced = emitting(empty_broker, str(file), "--rate", "5")
    deadline = time.monotonic() + 60
    while in_the_log(empty_broker) < 12:
        assert time.monotonic() < deadline
        assert paced.poll() is None
        time.sleep(0.1)
    paced.send_signal(signal.SIGINT)
    shown, said = paced.communicate(timeout=60)
    # then
    published = in_the_log(empty_broker)
    told = re.search(r"stopped: (\d+) of 400 events are published", said)
    assert told is not None, said
    assert (paced.returncode, shown) == (130, "")
    assert published - 1 <= int(told[1]) <= published < EVENTS
    assert re.search(r"Publishing: [\d,]+ of 400, [\d.]+ a second, .* left", said)
    assert "Traceback" not in said
    # when: the same file again
    again = emitting(empty_broker, str(file))
    shown, said = again.communicate(timeout=60)
    # then
    assert (again.returncode, said) == (0, "")
    assert shown == "sent 400 events (orders.events 400); what was sent before counts once\n"
    assert in_the_log(empty_broker) == published + EVENTS
