"""`seatledger events show`: by place, by id as the database knows it, and by looking through the log."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from services.event_log.places import places_of
from services.event_log.show import show
from shared.errors import UserError
from shared.log.writer import Outgoing
from shared.store.pool import connect
from tests.infrastructure.billing_system import billing_system
from tests.infrastructure.brokers import Broker
from tests.infrastructure.topics import delete_all_topics
from tests.integration.event_log.log import no_database, prepared, seats, write, write_and_take_back

pytestmark = pytest.mark.broker

Show = Callable[..., dict[str, Any]]


@pytest.fixture
def shown(empty_broker: Broker, capsys: pytest.CaptureFixture[str]) -> Show:
    def run(what: str, source: str | None = None, database: Callable[[], str] = no_database) -> dict[str, Any]:
        capsys.readouterr()
        show(lambda: empty_broker.address, database, what, source, as_json=True)
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return run


def test_by_its_place_it_is_shown_whole(empty_broker: Broker, shown: Show, capsys: pytest.CaptureFixture[str]) -> None:
    # given
    prepared(empty_broker, partitions=1)
    write(empty_broker, seats("sub-1", 1), seats("sub-1", 2))
    # when
    found = shown("subscriptions.events/0/1")
    show(lambda: empty_broker.address, no_database, "subscriptions.events/0/1", None, as_json=False)
    # then
    assert (found["kind"], found["reason"], found["value"], found["key"]) == ("event", None, None, "of sub-1")
    assert (found["topic"], found["partition"], found["offset"]) == ("subscriptions.events", 0, 1)
    assert found["event"]["data"] == {"subscription_id": "sub-1", "customer_id": "of sub-1", "quantity": 2}
    assert {"name": "ce_id", "value": "sub-1-2"} in found["headers"]
    told = capsys.readouterr().out
    for text in ("  id               sub-1-2\n", "  subscriptions.events          0       1", '\n  "quantity": 2\n'):
        assert text in told


def test_what_cannot_be_read_is_shown_as_it_lies_there(
    empty_broker: Broker, shown: Show, capsys: pytest.CaptureFixture[str]
) -> None:
    prepared(empty_broker, partitions=1)
    write(empty_broker, Outgoing("orders.events", None, b"\xffnot json\x1b"))
    found = shown("orders.events/0/0")
    assert (found["kind"], found["event"], found["value"]) == ("unreadable", None, "\\xffnot json\x1b")
    assert found["reason"].startswith("value: is not JSON")
    show(lambda: empty_broker.address, no_database, "orders.events/0/0", None, as_json=False)
    told = capsys.readouterr().out
    assert told.startswith("Unreadable: value: is not JSON")
    assert told.endswith("Value\n\\xffnot json\\x1b\n")


def test_a_place_without_a_record_says_why(empty_broker: Broker, shown: Show) -> None:
    # given: a partition that ends with a transaction that was taken back
    prepared(empty_broker, partitions=1)
    write(empty_broker, seats("sub-1", 1))
    write_and_take_back(empty_broker, seats("sub-1", 2))
    # when / then
    for place, why in (
        ("subscriptions.events/0/1", "no record lies there, the offset is a transaction's marker or of a record that"),
        ("subscriptions.events/0/2", "no record lies there"),
        ("subscriptions.events/0/99", "nothing lies there yet, the partition ends before offset 3"),
        ("subscriptions.events/7/0", "subscriptions.events has no partition 7"),
    ):
        with pytest.raises(UserError, match=f"{place}: {why}") as refused:
            shown(place)
        assert refused.value.kind == "not-found"


def test_without_a_database_the_log_is_looked_through(
    empty_broker: Broker, shown: Show, capsys: pytest.CaptureFixture[str]
) -> None:
    # given: an id that two sources use, one of them twice
    prepared(empty_broker)
    write(empty_broker, seats("sub-1", 1, id="17"), seats("sub-1", 1, id="17"), seats("sub-1", 2))
    write(empty_broker, seats("sub-2", 2, id="17", source="urn:other"))
    # when / then
    with pytest.raises(UserError, match=r"'17' is the id of events from 2 sources, choose one with --source: urn:other "
                                        r"\(subscriptions.events/\d/\d\), urn:test \(subscriptions"):  # fmt: skip
        shown("17")
    assert shown("17", "urn:other")["event"]["subject"] is not None
    assert shown("17", "urn:test")["event"]["data"]["quantity"] == 1
    assert shown("sub-1-2")["event"]["data"]["quantity"] == 2
    show(lambda: empty_broker.address, no_database, "sub-1-2", None, as_json=False)
    assert capsys.readouterr().err == "No database is known; the log is looked through instead\n"
    with pytest.raises(UserError, match="no event of the log has the id '17' from 'urn:nobody'"):
        shown("17", "urn:nobody")
    with pytest.raises(UserError, match=r"no event of the log has the id 'orders.events/x/1'"):
        shown("orders.events/x/1")


# As a replay leaves facts: those of one thing in one row.
_PACK = """
INSERT INTO {schema}.packed_fact (scope, scope_id, facts)
SELECT scope, scope_id, convert_to(string_agg(
    json_build_array(source, id, type, time, sequence)::text || E'\\n' || body::text, E'\\n'), 'UTF8')
FROM {schema}.fact GROUP BY scope, scope_id
"""


@pytest.mark.database
@pytest.mark.parametrize("replayed", [False, True])
def test_the_database_knows_where_it_lies(
    empty_broker: Broker, database: str, shown: Show, capsys: pytest.CaptureFixture[str], replayed: bool
) -> None:
    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit([seats("sub-1", 1, id="17"), seats("sub-1", 2), seats("sub-2", 2, id="17", source="b")])
            await system.settled()
        if replayed:
            async with await connect(database) as connection:
                for schema in ("subscriptions_g1", "invoicing_g1"):
                    await connection.execute(_PACK.format(schema=schema).encode())
                    await connection.execute(f"DELETE FROM {schema}.fact".encode())

    # given
    asyncio.run(scenario())
    capsys.readouterr()
    # when / then
    assert sorted(asyncio.run(places_of(database, "17", None))) == ["b", "urn:test"]
    assert list(asyncio.run(places_of(database, "17", "b"))) == ["b"]
    found = shown("sub-1-2", database=lambda: database)
    assert found["event"]["data"]["quantity"] == 2
    with pytest.raises(UserError, match=r"'17' is the id of events from 2 sources"):
        shown("17", database=lambda: database)
    assert shown("17", "b", lambda: database)["event"]["source"] == "b"
    show(lambda: empty_broker.address, lambda: database, "sub-1-2", None, as_json=False)
    assert capsys.readouterr().err == ""
    # given: an event that no projection has taken in
    write(empty_broker, seats("sub-1", 9))
    # when / then
    assert shown("sub-1-9", database=lambda: database)["event"]["data"]["quantity"] == 9


@pytest.mark.database
def test_a_database_of_another_log_is_said_and_not_believed(
    empty_broker: Broker, database: str, shown: Show, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        async with billing_system(database, empty_broker.address, partitions=1) as system:
            await system.emit([seats("sub-1", 1)])
            await system.settled()

    # given: a database that has an event where this log has another
    asyncio.run(scenario())
    delete_all_topics(empty_broker.address)
    prepared(empty_broker, partitions=1)
    write(empty_broker, seats("sub-1", 2), seats("sub-1", 1))
    # when
    show(lambda: empty_broker.address, lambda: database, "sub-1-1", None, as_json=False)
    # then
    said = capsys.readouterr()
    assert "  subscriptions.events          0       1" in said.out
    assert "the database has the event there, and the log another record" in said.err
