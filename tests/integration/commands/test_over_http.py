"""Commands over HTTP: headers, statuses and problems."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.subscriptions.api import DESK, router
from shared.store.pool import connect
from shared.web.application import create_app
from tests.infrastructure.tokens import bearer, token_of

ROW = {
    "subscription_id": "sub-1", "currency": "EUR", "customer": {"id": "cus-1"}, "reseller": {"id": "res-1"},
    "product": {"id": "office", "vendor": "microsoft"}, "quantity": 8, "unit_price": "10.00",
    "started_at": "2026-01-01", "billed_by_us_from": "2026-02-01",
}  # fmt: skip
QUANTITY = "/v1/subscriptions/sub-1/quantity"


@pytest.fixture
def client(prepared: str) -> Iterator[TestClient]:
    app = create_app("subscriptions", router, prepared, desk=DESK)
    with TestClient(app, headers=bearer(token_of(prepared, "distributor"))) as client:
        assert client.post("/v1/subscriptions", json=ROW).status_code == 201
        yield client


def own_events(dsn: str, what: str) -> list[Any]:
    async def read() -> list[Any]:
        async with await connect(dsn) as connection:
            cursor = await connection.execute(what.encode())
            return [row[0] for row in await cursor.fetchall()]

    return asyncio.run(read())


def test_an_answer_has_the_new_state_its_event_and_its_version(client: TestClient) -> None:
    answer = client.post(QUANTITY, json={"change": 3})

    assert answer.status_code == 200
    assert answer.json()["subscription"]["quantity"] == 11
    (event,) = answer.json()["events"]
    assert (event["type"], event["source"], event["sequence"]) == ("LicensesChanged", "urn:seatledger:subscriptions", 2)
    assert answer.headers["ETag"].startswith('"')


def test_the_same_row_again_is_answered_and_creates_nothing(client: TestClient) -> None:
    again = client.post("/v1/subscriptions", json=ROW)
    other = client.post("/v1/subscriptions", json={**ROW, "quantity": 9})

    assert (again.status_code, again.json()["events"]) == (200, [])
    assert (other.status_code, other.json()["type"]) == (409, "urn:seatledger:problem:exists")


def test_an_edit_of_what_has_changed_since_is_not_done(client: TestClient) -> None:
    read = client.post(QUANTITY, json={"change": 1}).headers["ETag"]

    assert client.post(QUANTITY, json={"change": 1}, headers={"If-Match": read}).status_code == 200
    outdated = client.post(QUANTITY, json={"change": 1}, headers={"If-Match": read})
    assert (outdated.status_code, outdated.json()["type"]) == (412, "urn:seatledger:problem:outdated")
    assert client.post(QUANTITY, json={"change": 1}, headers={"If-Match": "*"}).status_code == 200
    unquoted = client.post(QUANTITY, json={"change": 1}, headers={"If-Match": "abc"})
    assert (unquoted.status_code, unquoted.json()["type"]) == (400, "urn:seatledger:problem:bad-request")


def test_a_key_makes_a_request_count_once(client: TestClient) -> None:
    once = {"Idempotency-Key": "k-1"}

    first, again = (client.post(QUANTITY, json={"change": 3}, headers=once) for _ in range(2))
    other = client.post(QUANTITY, json={"change": 4}, headers=once)

    assert first.json() == again.json()
    assert first.headers["ETag"] == again.headers["ETag"]
    assert (other.status_code, other.json()["type"]) == (422, "urn:seatledger:problem:idempotency-key-reused")


def test_the_id_of_the_request_goes_into_the_event(client: TestClient, prepared: str) -> None:
    client.post(QUANTITY, json={"change": 3}, headers={"X-Request-Id": "order-4711"})

    headers = own_events(prepared, "SELECT headers FROM store.outbox ORDER BY id")[-1]
    assert ["ce_correlationid", b"order-4711".hex()] in headers


def test_a_preview_changes_nothing(client: TestClient) -> None:
    shown = client.post(QUANTITY, params={"preview": True}, json={"change": 3})

    assert shown.status_code == 200
    assert shown.json()["subscriptions"][0]["after"]["quantity"] == 11
    assert client.post(QUANTITY, json={"change": 1}).json()["subscription"]["quantity"] == 9


@pytest.mark.parametrize(
    ("path", "body", "status", "kind", "detail"),
    [
        (QUANTITY, {"change": -9}, 422, "refused", "subscription sub-1 holds 8 licences"),
        (QUANTITY, {}, 400, "bad-request", "give either quantity"),
        (QUANTITY, {"quantity": 8, "change": 1}, 400, "bad-request", "give either quantity"),
        (QUANTITY, {"change": 1, "colour": "red"}, 400, "bad-request", "colour"),
        (QUANTITY, {"quantity": "8"}, 400, "bad-request", "quantity"),
        ("/v1/subscriptions/sub-9/quantity", {"change": 1}, 404, "not-found", "there is no subscription 'sub-9'"),
        ("/v1/subscriptions/sub-1/cancel", {"mode": "now"}, 400, "bad-request", "mode"),
    ],
)
def test_what_is_not_done_is_a_problem(
    client: TestClient, path: str, body: dict[str, Any], status: int, kind: str, detail: str
) -> None:
    answer = client.post(path, json=body)

    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:seatledger:problem:{kind}")
    assert detail in answer.json()["detail"]
    assert answer.headers["content-type"] == "application/problem+json"


def test_several_commands_are_decided_each_for_itself(client: TestClient) -> None:
    commands = [
        {"command": "quantity", "subscription": "sub-1", "body": {"change": 3}},
        {"command": "price-protection", "subscription": "sub-1", "body": {}},
        {"command": "quantity", "subscription": "sub-1", "body": {"change": -99}},
        {"command": "suspend", "subscription": "sub-9", "body": {}},
        {"command": "quantity", "subscription": "sub-1", "body": {"change": 1}},
    ]
    once = {"Idempotency-Key": "several"}

    first, again = (client.post("/v1/commands", json={"commands": commands}, headers=once) for _ in range(2))

    assert first.json() == [
        {"subscription": "sub-1", "status": "active", "quantity": 11},
        {"subscription": "sub-1", "status": "active", "quantity": 11},
        {
            "subscription": "sub-1",
            "problem": "refused",
            "detail": "subscription sub-1 holds 11 licences, so 99 cannot be taken off: cancel it to end it",
        },
        {"subscription": "sub-9", "problem": "not-found", "detail": "there is no subscription 'sub-9'"},
        {"subscription": "sub-1", "status": "active", "quantity": 12},
    ]
    assert [one.get("quantity") for one in again.json()] == [11, 11, None, None, 12]


@pytest.mark.parametrize(
    "commands",
    [[], [{"command": "explode", "subscription": "sub-1", "body": {}}], [{"command": "quantity", "body": {}}]],
)
def test_a_list_that_cannot_be_read_is_refused_whole(client: TestClient, commands: list[Any]) -> None:
    assert client.post("/v1/commands", json={"commands": commands}).status_code == 400


def test_commands_are_counted_by_what_was_asked_and_what_came_of_it(client: TestClient) -> None:
    client.post(QUANTITY, json={"change": 1})
    client.post(QUANTITY, json={"change": 1}, params={"preview": "true"})
    client.post(QUANTITY, json={"change": -100})

    lines = client.get("/metrics").text.splitlines()

    assert [line for line in lines if line.startswith("seatledger_commands_total")] == [
        'seatledger_commands_total{command="Import",outcome="done"} 1.0',
        'seatledger_commands_total{command="ChangeQuantity",outcome="done"} 1.0',
        'seatledger_commands_total{command="ChangeQuantity",outcome="previewed"} 1.0',
        'seatledger_commands_total{command="ChangeQuantity",outcome="refused"} 1.0',
    ]
