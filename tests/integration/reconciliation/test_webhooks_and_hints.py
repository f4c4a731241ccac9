"""What Microsoft posts is believed by its signature and kept once; the worker looks where it points, and compares."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.reconciliation import timers
from services.reconciliation.hints import ask_what_changed, keep, look_at_hinted
from services.reconciliation.timers import Hints
from services.reconciliation.vendors.connector import Connector, Hint, Misconfigured, NotReached
from services.reconciliation.vendors.microsoft.signatures import SignatureCheck
from services.reconciliation.vendors.microsoft.webhooks import Webhooks
from shared.store.config import Config
from shared.store.pool import connect
from tests.infrastructure.billing_system import BillingSystem
from tests.infrastructure.brokers import Broker
from tests.infrastructure.vendors import VendorInMemory
from tests.integration.reconciliation.reconciled import OURS, THEIRS, compared, held, in_system, swept
from tests.integration.reconciliation.served import Api, served
from tests.unit.reconciliation.microsoft.certificates import NOW, Holder, issued
from tests.unit.reconciliation.microsoft.surroundings import config

ROOT = issued("Root", authority=True)
LEAF = issued("pcnotifications-dispatch.microsoft.com", ROOT)
_HINTS = "SELECT vendor, account, at, what, looked_at IS NOT NULL FROM reconciliation.hint ORDER BY account, at"
_ROW = "SELECT verdicts, theirs_quantity FROM read.reconciliation WHERE subscription = %s"
AT = datetime(2026, 11, 20, 11, 19, 6, tzinfo=UTC)


def posted(**fields: Any) -> bytes:
    event = {
        "EventName": "subscription-updated",
        "ResourceUri": "http://api.partnercenter.microsoft.com/webhooks/v1/customers/ACC-1/subscriptions/V2",
        "ResourceName": "subscription", "AuditUri": None, "ResourceChangeUtcDate": "2026-11-20T11:19:06+00:00",
    }  # fmt: skip
    return json.dumps({**event, **fields}).encode()


@asynccontextmanager
async def believing(running: BillingSystem, folder: Path) -> AsyncIterator[Api]:
    """The API with an authority of the test's, and a shop of certificates that has LEAF's at every address."""
    path = folder / "authorities.pem"
    path.write_bytes(ROOT.pem())
    shop = httpx.MockTransport(lambda request: httpx.Response(200, content=LEAF.der()))
    async with served(running) as api, httpx.AsyncClient(transport=shop) as client:
        api.app.state.microsoft = Webhooks(SignatureCheck(config(webhook_ca_file=path), client, lambda: NOW))
        yield api


async def answered(api: Api, body: bytes, headers: Mapping[str, str] | None = None) -> int:
    answer = await api.posted(body, LEAF.headers(body) if headers is None else headers)
    return answer.status_code


def test_what_is_signed_is_kept_once_and_answered_alike_when_it_comes_again(
    database: str, empty_broker: Broker, tmp_path: Path
) -> None:
    async def told(running: BillingSystem) -> None:
        async with believing(running, tmp_path) as api:
            assert [await answered(api, posted()) for _ in range(3)] == [200, 200, 200]
            assert await answered(api, posted(ResourceChangeUtcDate="2026-11-20T12:00:00+00:00")) == 200

        later = AT.replace(hour=12, minute=0, second=0)
        assert await running.query(_HINTS) == [
            ("microsoft", "acc-1", at, "subscription-updated v2", False) for at in (AT, later)
        ]

    in_system(database, empty_broker, told, ours=[])


def test_what_points_nowhere_is_taken_and_nothing_is_kept(database: str, empty_broker: Broker, tmp_path: Path) -> None:
    async def told(running: BillingSystem) -> None:
        async with believing(running, tmp_path) as api:
            bodies = [posted(EventName="test-created"), posted(ResourceUri="http://x/webhooks/v1/registration/test")]
            assert [await answered(api, body) for body in bodies] == [200, 200]
            assert await running.query(_HINTS) == []

    in_system(database, empty_broker, told, ours=[])


def test_what_nobody_signed_is_refused_and_tells_nothing(database: str, empty_broker: Broker, tmp_path: Path) -> None:
    stranger: Holder = issued("pcnotifications-dispatch.microsoft.com", issued("Root", authority=True))

    async def told(running: BillingSystem) -> None:
        body = posted()
        async with believing(running, tmp_path) as api:
            wrong = [
                await api.posted(body + b" ", LEAF.headers(body)),
                await api.posted(body, stranger.headers(body)),
                await api.posted(body, LEAF.headers(body, "https://example.net/a.cer")),
                await api.posted(body, {"Authorization": "Bearer slt_x_y"}),
                await api.posted(body, {}),
            ]
            no_event = await answered(api, b"{}")
            endless = await answered(api, b"x" * 100_000)

        assert {answer.status_code for answer in wrong} == {401}
        assert {answer.headers["WWW-Authenticate"] for answer in wrong} == {"Signature"}
        assert len({answer.text for answer in wrong}) == 1
        assert (no_event, endless) == (400, 400)
        assert await running.query(_HINTS) == []

    in_system(database, empty_broker, told, ours=[])


def test_where_microsoft_is_not_configured_nothing_is_taken(
    database: str, empty_broker: Broker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SEATLEDGER_MICROSOFT_TENANT", raising=False)

    async def told(running: BillingSystem) -> None:
        async with served(running) as api:
            assert await answered(api, posted()) == 404
        # Without authorities, or with a file of them that holds none.
        monkeypatch.setenv("SEATLEDGER_MICROSOFT_TENANT", "partner.example")
        monkeypatch.setenv("SEATLEDGER_MICROSOFT_CLIENT_ID", "app")
        monkeypatch.setenv("SEATLEDGER_MICROSOFT_CLIENT_SECRET", "secret")
        async with served(running) as api:
            assert await answered(api, posted()) == 401
        (tmp_path / "none.pem").write_text("nothing")
        monkeypatch.setenv("SEATLEDGER_MICROSOFT_WEBHOOK_CA_FILE", str(tmp_path / "none.pem"))
        async with served(running) as api:
            assert await answered(api, posted()) == 404

    in_system(database, empty_broker, told, ours=[])


async def hinted(running: BillingSystem, *accounts: str) -> None:
    async with await connect(running.dsn) as connection:
        for account in accounts:
            await keep(connection, "microsoft", account, AT, "subscription-updated")


def test_a_hinted_account_is_looked_at_once_and_the_next_sweep_confirms_it(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        vendor = VendorInMemory(held={"acc-1": list(THEIRS), "acc-2": []})
        await swept(running, vendor)
        await compared(running)
        vendor.held["acc-1"][1] = held(2, 20)
        vendor.asked.clear()
        await hinted(running, "acc-1")

        async with await connect(running.dsn) as connection:
            first = await look_at_hinted(connection, vendor)
            again = await look_at_hinted(connection, vendor)
        await running.settled()
        await compared(running)

        assert ((first.accounts, first.news, first.failed), again.accounts) == ((1, 1, 0), 0)
        assert vendor.asked == ["acc-1"]
        assert await running.query(_ROW, "S2") == [(["NOT_COMPARABLE"], 20)]
        # Delivered again, it is the same hint.
        await hinted(running, "acc-1")
        assert [row[4] for row in await running.query(_HINTS)] == [True]
        await swept(running, vendor)
        await compared(running)
        assert await running.query(_ROW, "S2") == [(["QUANTITY_MISMATCH"], 20)]

    in_system(database, empty_broker, told)


def test_what_a_vendor_lists_as_done_is_a_hint_once(database: str, empty_broker: Broker) -> None:
    class Listing(VendorInMemory):
        async def changed_since(self, start: datetime, end: datetime) -> Sequence[Hint]:
            assert start <= AT < end
            return [Hint("acc-1", frozenset({"v2"}), "update_subscription", AT), Hint("acc-2", frozenset(), "x", AT)]

    async def told(running: BillingSystem) -> None:
        vendor, now = Listing(held={"acc-1": list(THEIRS), "acc-2": []}), AT + timedelta(hours=1)
        async with await connect(running.dsn) as connection:
            first = await ask_what_changed(connection, vendor, now)
            again = await ask_what_changed(connection, vendor, now)
            looked = await look_at_hinted(connection, vendor)
            silent = await ask_what_changed(connection, VendorInMemory(), now)

        assert (first, again, silent) == (2, 0, 0)
        assert (looked.accounts, sorted(vendor.asked)) == (2, ["acc-1", "acc-2"])

    in_system(database, empty_broker, told)


def test_an_account_that_does_not_answer_is_not_observed_and_a_new_one_is_left_to_the_sweep(
    database: str, empty_broker: Broker
) -> None:
    async def told(running: BillingSystem) -> None:
        vendor = VendorInMemory(held={"acc-1": list(THEIRS), "new": [held(9, 1)]})
        await swept(running, VendorInMemory(held={"acc-1": list(THEIRS)}))
        vendor.failing["acc-1"] = NotReached("Partner Center did not answer")
        await hinted(running, "acc-1", "new", "nobody")

        async with await connect(running.dsn) as connection:
            looked = await look_at_hinted(connection, vendor)

        assert (looked.accounts, looked.news, looked.failed) == (3, 2, 2)
        accounts = "SELECT account, name, failed, hinted FROM reconciliation.account ORDER BY account"
        assert await running.query(accounts) == [
            ("acc-1", "Customer of acc-1", "Partner Center did not answer", True), ("new", "new", None, True),
        ]  # fmt: skip

    in_system(database, empty_broker, told)


def test_the_worker_looks_and_compares_by_itself_when_there_are_hints(
    database: str, empty_broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = VendorInMemory(held={"acc-1": list(THEIRS)})

    @asynccontextmanager
    async def connected(name: str) -> AsyncIterator[Connector]:
        assert name == "microsoft"
        yield vendor

    monkeypatch.setenv("SEATLEDGER_MICROSOFT_TENANT", "partner.example")
    monkeypatch.delenv("SEATLEDGER_WATCHGUARD_ACCOUNT", raising=False)
    monkeypatch.setattr(timers, "connected", connected)

    async def told(running: BillingSystem) -> None:
        worker = Hints(Config(database=running.dsn, broker=running.broker))
        await worker.look(asyncio.Event())
        assert vendor.asked == []

        await hinted(running, "acc-1")
        vendor.failing["acc-1"] = Misconfigured("the client secret is wrong")
        await worker.look(asyncio.Event())
        assert [row[4] for row in await running.query(_HINTS)] == [False], "it waits until somebody mends that"
        vendor.failing.clear()
        await worker.look(asyncio.Event())

        assert [row[4] for row in await running.query(_HINTS)] == [True]
        assert await running.query(_ROW, "S1") == [(["OK"], 5)]

    in_system(database, empty_broker, told, ours=OURS)
