"""What upstream can get wrong: a dead letter or a rejection with its reason in words, and what follows is processed."""

import asyncio
from typing import Any

import orjson
import pytest

from services.subscriptions.queries import rejected_events
from shared.log.writer import Outgoing, Refused
from shared.store.pool import connect
from tests.infrastructure.billing_system import BillingSystem, Event, billing_system, record_of
from tests.infrastructure.brokers import Broker

TOPIC = "subscriptions.events"


def order(subscription: str, **item: Any) -> Event:
    return {
        "id": f"order-{subscription}", "source": "urn:test", "type": "OrderExecuted", "time": "2025-03-10T08:00:00Z",
        "data": {"order_id": f"ord-{subscription}", "currency": "EUR", "customer": {"id": "cus-1"},
                 "items": [{"subscription_id": subscription, "product": {"id": "p"}, "quantity": 5,
                            "unit_price": "10.00", **item}]},
    }  # fmt: skip


def seats(quantity: object, event_id: str = "seats", subscription: str = "sub-1", **data: Any) -> Event:
    return {
        "id": event_id, "source": "urn:test", "type": "LicensesChanged", "time": "2025-03-20T08:00:00Z",
        "data": {"subscription_id": subscription, "customer_id": "cus-1", "quantity": quantity, **data},
    }  # fmt: skip


def written_as_it_is(event: Event, topic: str = TOPIC) -> Outgoing:
    """A record that no check of ours has seen."""
    headers = [(f"ce_{name}", str(value).encode()) for name, value in event.items() if name != "data"]
    headers += [("ce_specversion", b"1.0"), ("content-type", b"application/json")]
    return Outgoing(topic, b"cus-1", orjson.dumps(event["data"]), headers)


def price(value: object) -> Event:
    return {
        "id": "price", "source": "urn:test", "type": "PriceChanged", "time": "2025-03-20T08:00:00Z",
        "data": {"product_id": "p", "currency": "EUR", "unit_price": value, "effective_from": "2025-06-01"},
    }  # fmt: skip


def unreadable_json() -> Outgoing:
    return Outgoing(TOPIC, b"cus-1", b'{"quantity": 8', written_as_it_is(seats(8)).headers)


def unknown_type() -> Outgoing:
    return written_as_it_is({**seats(8), "type": "LicencesVanished"})


def missing_field() -> Outgoing:
    event = seats(8)
    del event["data"]["quantity"]
    return written_as_it_is(event)


BAD = [
    pytest.param(unreadable_json(), "JSON", id="unreadable JSON"),
    pytest.param(unknown_type(), "LicencesVanished", id="unknown type"),
    pytest.param(missing_field(), "quantity", id="missing field"),
    pytest.param(written_as_it_is(seats(-1)), "-1", id="negative quantity"),
    pytest.param(written_as_it_is(price(11.5), "catalog.events"), "unit_price", id="a price as float"),
    pytest.param(written_as_it_is(seats(8, effective_at="2025-02-30")), "effective_at", id="a date that is none"),
]


async def _good_one_is_taken(system: BillingSystem) -> None:
    assert await system.query("SELECT subscription, quantity FROM read.subscriptions") == [("sub-1", 8)]


@pytest.mark.parametrize(("record", "said"), BAD)
def test_a_record_that_cannot_be_read_is_a_dead_letter_and_what_follows_is_processed(
    empty_broker: Broker, database: str, record: Outgoing, said: str
) -> None:
    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit([order("sub-1")])
            await system.write([record])
            await system.emit([seats(8, "good")])
            await system.settled()

            dead = await system.query("SELECT topic, reason, value FROM store.dead_letter")
            assert len(dead) == 1
            topic, reason, value = dead[0]
            assert topic == record.topic
            assert said in reason
            assert bytes(value) == record.value
            await _good_one_is_taken(system)

    asyncio.run(scenario())


def test_an_id_used_again_with_other_content_is_a_dead_letter(empty_broker: Broker, database: str) -> None:
    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit([order("sub-1"), seats(8)])
            await system.settled()
            await system.emit([seats(9)])
            await system.settled()

            ((reason,),) = await system.query("SELECT reason FROM store.dead_letter")
            assert reason.startswith("id reused")
            await _good_one_is_taken(system)

    asyncio.run(scenario())


def test_a_record_of_40_mb_is_refused_by_the_writer_and_what_follows_is_processed(
    empty_broker: Broker, database: str
) -> None:
    """No topic takes it. One that lies in the log all the same is a dead letter: tests/integration/projections."""
    huge = written_as_it_is(seats(8, reason="x" * 40_000_000))

    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit([order("sub-1")])
            with pytest.raises(Refused):
                await system.write([huge])
            await system.emit([seats(8, "good")])
            await system.settled()
            await _good_one_is_taken(system)

    asyncio.run(scenario())


def test_facts_of_a_subscription_that_never_comes_stay_pending_with_their_age(
    empty_broker: Broker, database: str
) -> None:
    from shared.projections.status import status_report

    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit([order("sub-1"), seats(8, "good"), seats(3, "lost", "sub-never")])
            await system.settled()

            report = await status_report(system.dsn, system.broker)

            waiting = {(one.projection, one.subscription, one.facts) for one in report.pending}
            assert waiting == {("subscriptions", "sub-never", 1), ("invoicing", "sub-never", 1)}
            assert all(one.age_seconds >= 0 for one in report.pending)
            await _good_one_is_taken(system)

    asyncio.run(scenario())


def test_what_the_rules_refuse_is_kept_with_its_reason(empty_broker: Broker, database: str) -> None:
    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit([order("sub-1"), seats(8, "good"), seats(0, "none")])
            await system.settled()

            rejected = await system.query("SELECT subscription, id, type, reason FROM read.rejected_events")
            assert [row[:3] for row in rejected] == [("sub-1", "none", "LicensesChanged")]
            assert "cancel subscription sub-1 instead" in rejected[0][3]
            await _good_one_is_taken(system)

    asyncio.run(scenario())


def test_a_setting_that_cannot_hold_is_rejected_with_its_reason(empty_broker: Broker, database: str) -> None:
    setting: Event = {
        "id": "set", "source": "urn:test", "type": "SettingChanged", "time": "2025-03-15T08:00:00Z",
        "data": {"scope": "organisation", "key": "roundng", "value": "line", "effective_from": "2025-01-01"},
    }  # fmt: skip

    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit([order("sub-1"), setting, seats(8, "good")])
            await system.settled()

            rejected = await system.query("SELECT subscription, id, type, reason FROM read.rejected_events")
            assert [row[:3] for row in rejected] == [(None, "set", "SettingChanged")]
            assert "rounding" in rejected[0][3]
            await _good_one_is_taken(system)

    asyncio.run(scenario())


def test_the_record_of_a_good_event_is_what_upstream_would_write() -> None:
    assert record_of(seats(8)).value == written_as_it_is(seats(8)).value


def test_a_rejected_setting_and_a_rejected_event_stand_on_the_pages_of_the_api(
    empty_broker: Broker, database: str
) -> None:
    """The setting concerns no subscription and comes first; a page of one goes on with the next."""
    setting: Event = {
        "id": "set", "source": "urn:test", "type": "SettingChanged", "time": "2025-03-15T08:00:00Z",
        "data": {"scope": "organisation", "key": "roundng", "value": "line", "effective_from": "2025-01-01"},
    }  # fmt: skip

    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit([order("sub-1"), setting, seats(0, "none")])
            await system.settled()
            async with await connect(database) as connection:
                first = await rejected_events(connection, ["", "", ""], 1, None)
                rest = await rejected_events(connection, ["", first[0].source, first[0].id], 10, None)

            assert [(one.subscription, one.id) for one in first + rest] == [(None, "set"), ("sub-1", "none")]

    asyncio.run(scenario())
