"""Workers beside each other, workers that are killed, addresses that are ended, a database that was restored."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from services.invoicing.delivery import deliveries
from services.invoicing.delivery.asking import CONSUMER
from services.invoicing.delivery.couriers import Couriers
from services.invoicing.delivery.destinations import Channel, unsubscribe
from services.invoicing.delivery.gauges import delivery_gauges
from services.invoicing.delivery.reacting import not_again, react
from shared.commands.decision import CommandRefused, Exists
from shared.store.pool import connect
from shared.store.reactions import drain
from tests.infrastructure.endpoints import endpoint
from tests.infrastructure.mail_servers import MailServer, mail_server
from tests.integration.delivery.issued import files, issue, standing, turn, wanted

pytestmark = pytest.mark.database


@asynccontextmanager
async def serving(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MailServer]:
    async with mail_server() as mail:
        monkeypatch.setenv("SEATLEDGER_MAIL_FROM", "billing@example.com")
        monkeypatch.setenv("SEATLEDGER_SMTP_URL", mail.url)
        yield mail


def test_workers_beside_each_other_deliver_each_document_once(prepared: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with serving(monkeypatch) as mail:
            with endpoint() as receiver:
                for recipient in ("res-1", "res-2", "res-3"):
                    await wanted(prepared, "email", f"accounts@{recipient}.example", recipient)
                await wanted(prepared, "webhook", receiver.url, None)
                for number in range(12):
                    await issue(prepared, f"INV-{number}", f"res-{number % 3 + 1}")
                await asyncio.gather(*(Couriers(prepared, files).deliver(asyncio.Event()) for _ in range(3)))
                # Who found an address busy leaves the rest of it to the next turn.
                await turn(prepared)
                assert {one.state for one in await standing(prepared)} == {"delivered"}
                assert sorted(letter["Subject"] for letter in mail.letters) == sorted(
                    f"Invoice INV-{number}" for number in range(12)
                )
                told = [posted.document["data"]["number"] for posted in receiver.posted]
                assert sorted(told) == sorted(f"INV-{number}" for number in range(12))

    asyncio.run(scenario())


def test_a_letter_of_a_worker_that_was_killed_is_unknown_and_not_sent_again(
    prepared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with serving(monkeypatch) as mail:
            mail.waits = asyncio.Event()
            await wanted(prepared, "email", "a@b.c")
            await issue(prepared, "INV-1")
            # Given a worker that is killed when the mail server has the letter and has not answered yet
            killed = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.integration.delivery.sending_one_turn", prepared
            )
            async with asyncio.timeout(60):
                await mail.given.wait()
            (one,) = await standing(prepared)
            assert one.state == "sending"
            # While it lives nobody touches what is its
            assert await turn(prepared) == [one]
            killed.kill()
            await killed.wait()
            mail.waits.set()
            # When the next one comes
            async with asyncio.timeout(30):
                # PostgreSQL notices in its own time that the worker's session is over.
                while (await turn(prepared))[0].state == "sending":  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
            # Then nobody knows whether it arrived, and it is not sent again
            (one,) = await turn(prepared, timedelta(days=4))
            assert (one.state, one.tries, len(mail.letters)) == ("unknown", 1, 1)

    asyncio.run(scenario())


@pytest.mark.parametrize("channel", ["webhook", "email"])
def test_what_a_worker_had_not_handed_over_when_it_died_is_sent_by_the_next_one(
    prepared: str, monkeypatch: pytest.MonkeyPatch, channel: Channel
) -> None:
    async def scenario() -> None:
        async with serving(monkeypatch) as mail:
            with endpoint() as receiver:
                await wanted(prepared, channel, receiver.url if channel == "webhook" else "a@b.c")
                await issue(prepared, "INV-1")
                async with await connect(prepared) as dying:
                    await drain(dying, CONSUMER, react, 1)
                    assert await deliveries.claim(dying, [channel], datetime.now(UTC)) is not None
                    # Nobody else gets it meanwhile
                    async with await connect(prepared) as other:
                        assert await deliveries.claim(other, [channel], datetime.now(UTC)) is None
                        assert await deliveries.put_right(other, datetime.now(UTC)) == 0
                (one,) = await turn(prepared)
                assert (one.state, one.tries) == ("delivered", 2)
                assert len(mail.letters) + len(receiver.posted) == 1

    asyncio.run(scenario())


def test_who_wants_no_more_gets_nothing_that_waits_unless_another_wants_it_there(prepared: str) -> None:
    async def scenario() -> None:
        own = await wanted(prepared, "email", "a@b.c", "res-1")
        lone = await wanted(prepared, "email", "lone@b.c", "res-1")
        everybody = await wanted(prepared, "email", "a@b.c", None)
        await issue(prepared, "INV-1")
        await turn(prepared)
        async with await connect(prepared) as connection:
            assert await unsubscribe(connection, own.destination.destination, "ann") is not None
            assert await unsubscribe(connection, lone.destination.destination, "ann") is not None
            assert await unsubscribe(connection, lone.destination.destination, "ann") is None
            found = {one.address: one for one in await standing(prepared)}
            assert (found["a@b.c"].state, found["a@b.c"].destination) == ("pending", everybody.destination.destination)
            assert (found["lone@b.c"].state, found["lone@b.c"].answer) == ("given_up", "nobody wants it there any more")
            assert not await deliveries.try_again(connection, found["lone@b.c"].delivery, "ann")
            rows = await (await connection.execute("SELECT what, who FROM store.operation ORDER BY id")).fetchall()
            assert rows[-2:] == [("deliveries unsubscribe", "ann")] * 2
        # And what is issued afterwards goes to those who are left
        await issue(prepared, "INV-2")
        assert [one.address for one in await turn(prepared) if one.document == "INV-2"] == ["a@b.c"]

    asyncio.run(scenario())


def test_an_address_is_wanted_once_and_a_recipient_has_not_too_many(prepared: str) -> None:
    async def scenario() -> None:
        made = await wanted(prepared, "webhook", "https://example.com/x")
        with pytest.raises(Exists, match=r"documents of res-1 go to https://example\.com/x already"):
            await wanted(prepared, "webhook", "https://example.com/x")
        async with await connect(prepared) as connection:
            await unsubscribe(connection, made.destination.destination, "ann")
        again = await wanted(prepared, "webhook", "https://example.com/x")
        assert again.secret != made.secret
        for number in range(19):
            await wanted(prepared, "email", f"a{number}@b.c")
        with pytest.raises(CommandRefused, match="documents of res-1 go to 20 addresses"):
            await wanted(prepared, "email", "more@b.c")
        await wanted(prepared, "email", "more@b.c", "res-2")

    asyncio.run(scenario())


def test_documents_that_a_restored_database_lacked_are_not_delivered_again_by_themselves(
    prepared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with serving(monkeypatch) as mail:
            await wanted(prepared, "email", "a@b.c")
            # Given a document that recovery takes in before the log brings its event
            async with await connect(prepared) as connection, connection.transaction():
                await not_again(connection, [("INV-1", "res-1")])
            await issue(prepared, "INV-1")
            (one,) = await turn(prepared)
            assert (one.state, mail.letters) == ("unknown", [])
            assert "restored from a backup" in str(one.answer)

    asyncio.run(scenario())


def test_the_figures_say_what_waits_what_did_not_arrive_and_what_tries_came_to(
    prepared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        with endpoint() as receiver:
            receiver.answers = [(404, {}), (500, {})]
            await wanted(prepared, "email", "a@b.c")
            await wanted(prepared, "webhook", receiver.url)
            couriers = Couriers(prepared, files)
            for number in range(3):
                await issue(prepared, f"INV-{number}")
            await couriers.deliver(asyncio.Event())
            metrics = await delivery_gauges(prepared, couriers.tally)["deliveries"]()
            found = {(sample.name, *sample.labels.values()): sample.value for one in metrics for sample in one.samples}
            assert {key: value for key, value in found.items() if "seconds" not in key[0]} == {
                ("seatledger_deliveries", "email", "pending"): 3,
                ("seatledger_deliveries", "webhook", "failed"): 1,
                ("seatledger_deliveries", "webhook", "pending"): 1,
                ("seatledger_delivery_tries_total", "webhook", "failed"): 1,
                ("seatledger_delivery_tries_total", "webhook", "retry"): 1,
                ("seatledger_delivery_tries_total", "webhook", "delivered"): 1,
            }
            assert found["seatledger_deliveries_oldest_waiting_seconds", "email"] >= 0

    asyncio.run(scenario())
