"""Dead letters in the console: found, read, retried and dropped, under the name of whoever does it."""

from __future__ import annotations

import asyncio
import re

import psycopg
import pytest
from fastapi.testclient import TestClient

from shared.log.outgoing import Outgoing
from shared.store.dead_letters import bury
from shared.store.outbox import enqueue
from shared.store.pool import connect
from tests.integration.commands.dead_letters import CHANGES, ESCAPES, ORDERS, dead
from tests.integration.console.conftest import SignIn, sent

pytestmark = pytest.mark.database

_RECORD = f"{ORDERS}/0/0"
_BYTES = f"{CHANGES}/0/4"


@pytest.fixture
def letters(operated: str) -> str:
    """Two dead records, a parked stream, and a stream that is kept back."""

    async def given() -> None:
        async with await connect(operated) as connection:
            async with connection.transaction():
                value = b'{"order_id": "ord-1", "subject": "ord-1"}'
                await bury(connection, [dead(ORDERS, 0, value, "items: is missing", "OrderExecuted")], "orders")
                await bury(connection, [dead(CHANGES, 4, ESCAPES, "value: is not JSON")], "subscriptions")
                await enqueue(connection, [("run 1/a", Outgoing("invoices.events", b"k", b"{}", [("ce_type", b"T")]))])
            await connection.execute("INSERT INTO orders_g1.parked VALUES ('order', 'ord/1', 'ValueError: odd')")
            await connection.execute("INSERT INTO store.outbox_parked VALUES ('run 1/a', 'too large')")

    asyncio.run(given())
    return operated


@pytest.fixture
def ada(letters: str, sign_in: SignIn) -> TestClient:
    return sign_in("distributor")


def _operations(dsn: str) -> list[tuple[str, str, str | None]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute("SELECT what, target, reason FROM store.operation ORDER BY id").fetchall()


def test_the_list_has_all_that_does_not_flow_and_is_searched(ada: TestClient) -> None:
    everything = ada.get("/dead-letters").text
    for name in (_RECORD, _BYTES, "orders/order/ord/1", "outbox/run 1/a"):
        assert name in everything
    found = ada.get("/dead-letters?q=JSON").text
    assert _BYTES in found
    assert _RECORD not in found
    assert "Nothing fits" in ada.get("/dead-letters?kind=stream&topic=orders.events").text
    assert _RECORD in ada.get("/dead-letters?format=csv").text


def test_a_payload_is_read_as_json_else_as_bytes_and_can_be_saved(ada: TestClient) -> None:
    assert "&#34;order_id&#34;: &#34;ord-1&#34;" in ada.get(f"/dead-letters/{_RECORD}").text
    assert "00000000  1b 5d 30 3b" in ada.get(f"/dead-letters/{_BYTES}").text
    assert ada.get(f"/dead-letters/{_BYTES}?raw=true").content == ESCAPES
    assert "ValueError: odd" in ada.get("/dead-letters/orders/order/ord/1").text


def test_a_record_is_dropped_with_a_reason_under_the_name_of_who_does_it(letters: str, ada: TestClient) -> None:
    page = f"/dead-letters/{_RECORD}"
    assert "is empty" in sent(ada, page, "/dead-letters/drop", name=_RECORD, reason=" ")
    assert "Dropped" in sent(ada, page, "/dead-letters/drop", name=_RECORD, reason="sent again")
    with psycopg.connect(letters) as connection:
        (who, reason) = connection.execute("SELECT who, reason FROM store.operation").fetchone() or ("", "")
    assert who.startswith("token ")
    assert reason == "sent again"
    assert _RECORD not in ada.get("/dead-letters").text
    assert "sent again" in ada.get("/replay/operations?what=dead-letters+drop").text


def test_one_is_retried_and_the_page_says_what_came_of_it(letters: str, ada: TestClient) -> None:
    # No projection has read as far, so the record stays as it is; the stream waits for its projector.
    assert "not read yet" in sent(ada, f"/dead-letters/{_RECORD}", "/dead-letters/retry", name=_RECORD)
    assert "waits" in sent(ada, f"/dead-letters/{_RECORD}", "/dead-letters/retry", name="orders/order/ord/1")
    assert [what for what, _, _ in _operations(letters)] == ["dead-letters retry"] * 2


def test_all_that_fit_are_retried_and_nothing_else(letters: str, ada: TestClient) -> None:
    assert "Retry 1?" in ada.get("/dead-letters/retry?q=JSON").text
    sent(ada, "/dead-letters/retry?q=JSON", "/dead-letters/retry", q="JSON")
    assert [target for _, target, _ in _operations(letters)] == [_BYTES]


def test_what_came_after_it_was_shown_is_not_retried_with_the_rest(letters: str, ada: TestClient) -> None:
    shown = re.search(r'name="newest" value="([^"]+)"', ada.get("/dead-letters/retry").text)
    assert shown is not None

    async def comes() -> None:
        async with await connect(letters) as connection, connection.transaction():
            await bury(connection, [dead(ORDERS, 9, b"{}", "items: is missing", "OrderExecuted")], "orders")

    asyncio.run(comes())
    html = sent(ada, "/dead-letters/retry", "/dead-letters/retry", newest=shown[1])

    assert "1 came after those that were shown, and was not retried: look at it first." in html
    targets = [target for _, target, _ in _operations(letters)]
    assert _RECORD in targets
    assert f"{ORDERS}/0/9" not in targets


def test_a_form_of_another_session_does_nothing(letters: str, ada: TestClient) -> None:
    answer = ada.post("/dead-letters/retry", data={"csrf": "somebody else's", "name": _RECORD})
    assert answer.status_code == 403
    assert _operations(letters) == []


def test_who_may_only_look_is_offered_nothing(letters: str, sign_in: SignIn) -> None:
    looking = sign_in("distributor", scopes=["operations:read"])
    page = looking.get(f"/dead-letters/{_RECORD}").text
    assert "items: is missing" in page
    assert "/dead-letters/drop" not in page
    assert "there is no page" in sent(looking, "/replay", "/dead-letters/retry", name=_RECORD).lower()


@pytest.mark.parametrize("name", ["orders.events/0/77", "nonsense", "orders/order/nobody"])
def test_what_is_not_there_is_said_in_a_sentence(ada: TestClient, name: str) -> None:
    answer = ada.get(f"/dead-letters/{name}")
    assert answer.status_code in (400, 404)
    assert name.lower() in answer.text.lower()
