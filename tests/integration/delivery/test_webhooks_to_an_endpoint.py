"""Documents by webhook: signed, the same id at every try, and to nowhere that only this machine reaches."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta

import pytest

from services.invoicing.delivery import webhooks
from services.invoicing.delivery.webhook_secrets import rotate
from shared.commands.decision import CommandRefused
from shared.store.pool import connect
from tests.infrastructure.endpoints import endpoint
from tests.integration.delivery.issued import issue, turn, wanted

pytestmark = pytest.mark.database


def test_a_document_is_told_once_and_signed(prepared: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATLEDGER_DOCUMENTS_URL", "https://billing.example.com")

    async def scenario() -> None:
        with endpoint() as receiver:
            made = await wanted(prepared, "webhook", receiver.url)
            await issue(prepared, "INV-1")
            await issue(prepared, "INV-1")
            (one,) = await turn(prepared)
            assert await turn(prepared, timedelta(days=1)) == [one]

            (posted,) = receiver.posted
            assert (one.state, one.answer) == ("delivered", "HTTP 204 No Content")
            assert posted.path == "/invoices"
            assert posted.headers["host"] == f"127.0.0.1:{receiver.port}"
            assert posted.headers["webhook-id"] == str(one.delivery)
            assert posted.document["type"] == "invoice.issued"
            assert posted.document["data"]["url"] == "https://billing.example.com/v1/documents/INV-1"
            assert made.secret is not None
            assert posted.is_signed_with(made.secret)
            assert not posted.is_signed_with("whsec_" + "A" * 43 + "=")

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("status", "headers", "state", "again_after"),
    [
        (500, {}, "pending", timedelta(seconds=15)),
        (503, {"Retry-After": "600"}, "pending", timedelta(minutes=10)),
        (429, {"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"}, "pending", timedelta(seconds=15)),
        (408, {"Retry-After": "soon"}, "pending", timedelta(seconds=15)),
        (404, {}, "failed", None),
        (410, {}, "failed", None),
        (302, {"Location": "http://127.0.0.1/"}, "failed", None),
    ],
)
def test_what_an_endpoint_answers_decides_whether_it_is_told_again(
    prepared: str, status: int, headers: dict[str, str], state: str, again_after: timedelta | None
) -> None:
    async def scenario() -> None:
        with endpoint() as receiver:
            receiver.answers = [(status, headers)]
            await wanted(prepared, "webhook", receiver.url)
            await issue(prepared, "INV-1")
            (one,) = await turn(prepared)
            assert (one.state, str(status) in str(one.answer)) == (state, True)
            if again_after is None:
                assert await turn(prepared, timedelta(days=2)) == [one]
                assert len(receiver.posted) == 1
                return
            # Not before its time, and then with the same id and body
            assert one.next_at is not None
            assert one.next_at - one.asked_at >= again_after
            assert await turn(prepared, again_after - timedelta(seconds=14)) == [one]
            (one,) = await turn(prepared, again_after + timedelta(minutes=1))
            first, second = receiver.posted
            assert (one.state, one.tries) == ("delivered", 2)
            assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)

    asyncio.run(scenario())


def test_an_endpoint_that_is_private_or_not_encrypted_is_refused_when_it_is_called(
    prepared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        with endpoint() as receiver:
            # Given endpoints that were taken while that was allowed
            await wanted(prepared, "webhook", receiver.url)
            await wanted(prepared, "webhook", f"https://localhost:{receiver.port}/x")
            monkeypatch.setenv("SEATLEDGER_WEBHOOKS_INSECURE", "false")
            await issue(prepared, "INV-1")
            found = await turn(prepared)
            assert {(one.state, "https" in one.address) for one in found} == {("failed", True), ("failed", False)}
            assert {str(one.answer).split(":")[0].split(" to ")[0] for one in found} == {
                "it is not encrypted", "localhost leads"
            }  # fmt: skip
            assert receiver.posted == []

    asyncio.run(scenario())


def test_an_endpoint_that_is_away_or_speaks_no_tls_is_told_later(prepared: str) -> None:
    async def scenario() -> None:
        with endpoint() as gone:
            pass
        with endpoint() as plain:
            await wanted(prepared, "webhook", gone.url)
            await wanted(prepared, "webhook", f"https://127.0.0.1:{plain.port}/x")
            await wanted(prepared, "webhook", "https://nowhere.invalid/x")
            await issue(prepared, "INV-1")
            found = await turn(prepared)
            assert [(one.state, one.tries) for one in found] == [("pending", 1)] * 3
            assert sorted(str(one.answer).split(":")[0] for one in found) == [
                "it cannot be reached", "it cannot be reached", "nowhere.invalid does not resolve"
            ]  # fmt: skip

    asyncio.run(scenario())


def test_an_endpoint_that_does_not_answer_holds_up_nobody_else(prepared: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "_WITHIN_S", 300.0)

    async def scenario() -> None:
        with endpoint() as quiet, endpoint() as receiver:
            quiet.holds = threading.Event()
            await wanted(prepared, "webhook", quiet.url)
            await wanted(prepared, "webhook", receiver.url)
            for number in range(6):
                await issue(prepared, f"INV-{number}")
            working = asyncio.gather(turn(prepared), turn(prepared))
            async with asyncio.timeout(200):
                while len(receiver.posted) < 6:  # noqa: ASYNC110 - the receiver is a thread that tells nothing
                    await asyncio.sleep(0.02)
            # The quiet one has one at a time, and everything else arrived meanwhile
            assert len(quiet.posted) == 1
            quiet.holds.set()
            await working
            assert {one.state for one in await turn(prepared)} == {"delivered"}
            assert len(quiet.posted) == 6

    asyncio.run(scenario())


def test_two_secrets_sign_while_one_replaces_the_other(prepared: str) -> None:
    async def scenario() -> None:
        with endpoint() as receiver:
            made = await wanted(prepared, "webhook", receiver.url)
            first, destination = made.secret or "", made.destination.destination
            async with await connect(prepared) as connection:
                rotated = await rotate(connection, destination, timedelta(hours=2), "Ada")
                assert rotated is not None
                second = rotated.secret
                await issue(prepared, "INV-1")
                await turn(prepared)
                both = receiver.posted[-1]
                assert len(both.headers["webhook-signature"].split(" ")) == 2
                assert both.is_signed_with(first)
                assert both.is_signed_with(second)

                await connection.execute(
                    "UPDATE invoicing.webhook_secret_before SET signs_until = signs_until - interval '3 hours'"
                )
                await issue(prepared, "INV-2")
                await turn(prepared)
                assert receiver.posted[-1].is_signed_with(second)
                assert not receiver.posted[-1].is_signed_with(first)
                # Nor is it in the database any more.
                left = await (await connection.execute("SELECT FROM invoicing.webhook_secret_before")).fetchall()
                assert left == []

                # What others have seen signs nothing any more, whatever it was given before.
                assert await rotate(connection, destination, timedelta(hours=2), "Ada") is not None
                third = await rotate(connection, destination, timedelta(), "Ada")
                assert third is not None
                assert third.old_until is None
                await issue(prepared, "INV-3")
                await turn(prepared)
                assert receiver.posted[-1].headers["webhook-signature"].count("v1,") == 1
                assert receiver.posted[-1].is_signed_with(third.secret)

                for _ in range(3):
                    await rotate(connection, destination, timedelta(hours=2), "Ada")
                with pytest.raises(CommandRefused, match="3 old secrets of destination"):
                    await rotate(connection, destination, timedelta(hours=2), "Ada")

    asyncio.run(scenario())
