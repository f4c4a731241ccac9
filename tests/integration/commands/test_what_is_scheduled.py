"""What is scheduled over HTTP is in the answer, in what is read afterwards, and gone once its day has come."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.subscriptions.projection import SPEC
from tests.infrastructure.billing_system import billing_system
from tests.infrastructure.brokers import Broker
from tests.infrastructure.tokens import bearer, token_of
from tests.infrastructure.topics import delete_all_topics
from tests.integration.commands.test_same_as_simulate import Apis, apis_over

pytestmark = [pytest.mark.broker, pytest.mark.database]

TODAY = datetime.now(UTC).date()
SOON = TODAY + timedelta(days=10)
SUB = "/v1/subscriptions/sub-1"
# Its term began twenty days ago, so that it renews after the seats have changed and not before a year is over.
ROW = {
    "subscription_id": "sub-1", "currency": "EUR", "customer": {"id": "cus-1"}, "product": {"id": "office"},
    "quantity": 8, "unit_price": "120.00", "term": "P1Y", "anchor": "order_day",
    "started_at": f"{TODAY - timedelta(days=20)}", "billed_by_us_from": f"{TODAY - timedelta(days=20)}",
}  # fmt: skip


async def schedule(apis: Apis) -> Any:
    """Takes a subscription over, schedules what can be, and gives what the last answer says of it."""
    imported = await apis.ask("POST", "/v1/subscriptions", ROW, 201)
    assert imported["subscription"]["scheduled"] is None
    await apis.ask("POST", f"{SUB}/quantity", {"quantity": 9, "effective_at": f"{SOON}"})
    await apis.ask("POST", f"{SUB}/pricing", {"unit_price": "114.00", "applies": "next_term"})
    answer = await apis.ask("PUT", f"{SUB}/next-term", {"quantity": 20})
    return answer["subscription"]["scheduled"]


def test_what_is_scheduled_is_read_until_its_day_has_come(broker: Broker, database: str) -> None:
    delete_all_topics(broker.address)

    async def scenario() -> tuple[Any, Any, Any, Any]:
        async with billing_system(database, broker.address, specs=(SPEC,), partitions=1) as system:
            headers = bearer(await asyncio.to_thread(token_of, database, "distributor"))
            async with apis_over(database, headers) as apis:
                answered = await schedule(apis)
                await system.settled()
                read = (await apis.ask("GET", SUB))["scheduled"]
                (listed,) = (await apis.ask("GET", "/v1/subscriptions"))["items"]
                await system.come_to(SOON)
                await system.settled()
                return answered, read, listed["scheduled"], (await apis.ask("GET", SUB))["scheduled"]

    answered, read, listed, later = asyncio.run(scenario())

    assert answered["quantities"] == [{"quantity": 9, "effective_from": f"{SOON}"}]
    assert (answered["next_term"]["quantity"], answered["price"]["unit_price"]) == (20, "114.00")
    assert read == listed == answered
    assert later == {**answered, "quantities": []}
