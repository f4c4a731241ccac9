"""`seatledger recover` as people and programs see it where there is little to see."""

from __future__ import annotations

import asyncio
import json

import pytest

from shared.errors import UNAVAILABLE, UserError
from tests.infrastructure.brokers import Broker
from tests.infrastructure.topics import delete_all_topics
from tests.integration.recovery.disaster import Office
from tests.integration.recovery.test_what_is_compared import forgotten, in_the_log, prepared

pytestmark = [pytest.mark.broker, pytest.mark.database]


def test_what_was_recovered_is_told_to_people_and_to_programs(
    empty_broker: Broker, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        await prepared(database, empty_broker)
        await in_the_log(database, empty_broker, "a", "b")
        await forgotten(database, "a", "b")

    asyncio.run(scenario())
    office = Office(database, empty_broker.address)
    assert office.now("recover --dry-run").splitlines()[:3] == [
        "2 events of 2 streams would be recovered",
        "Events",
        "  type                events",
    ]
    assert json.loads(office.now("recover --json --by grace")) == {
        "dry_run": False,
        "streams": 2,
        "events": [{"type": "CustomerRegistered", "events": 2}],
        "documents": [],
        "numbers_not_there": [],
    }
    assert json.loads(office.now("recover --json"))["events"] == []
    (act,) = json.loads(office.now("operations --target store.event --json"))["items"]
    assert (act["who"], act["what"], act["detail"]["events"]) == ("grace", "recover", {"CustomerRegistered": 2})
    assert "CustomerRegistered" not in capsys.readouterr().err


def test_without_a_broker_it_says_that_nothing_was_recovered(database: str, empty_broker: Broker) -> None:
    asyncio.run(prepared(database, empty_broker))
    with pytest.raises(UserError, match=r"The broker does not answer .*: nothing was recovered") as refused:
        Office(database, "127.0.0.1:1").now("recover")
    assert refused.value.kind == UNAVAILABLE


def test_a_broker_without_our_topics_is_not_a_log_with_nothing_in_it(database: str, empty_broker: Broker) -> None:
    asyncio.run(prepared(database, empty_broker))
    delete_all_topics(empty_broker.address)
    with pytest.raises(UserError, match="has no topic of ours"):
        Office(database, empty_broker.address).now("recover")
