"""Documents by e-mail: once, tried again while they surely did not go out, and never where nobody knows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from psycopg import AsyncConnection

from services.invoicing.delivery import deliveries
from services.invoicing.delivery.asking import CONSUMER
from services.invoicing.delivery.config import configured
from services.invoicing.delivery.config import mail_server as mail_server_of
from services.invoicing.delivery.couriers import Couriers, by_mail
from services.invoicing.delivery.deliveries import ClaimLost
from services.invoicing.delivery.outcomes import GIVES_UP_AFTER
from services.invoicing.delivery.papers import File, NotThereYet
from services.invoicing.delivery.reacting import react
from shared.store.pool import connect
from shared.store.reactions import drain
from tests.infrastructure.mail_servers import MailServer, mail_server
from tests.integration.delivery.issued import files, issue, standing, turn, wanted

pytestmark = pytest.mark.database
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def sender(prepared: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATLEDGER_MAIL_FROM", "billing@example.com")


def serve(monkeypatch: pytest.MonkeyPatch, mail: MailServer) -> None:
    monkeypatch.setenv("SEATLEDGER_SMTP_URL", mail.url)


def test_a_document_arrives_once_with_its_files_however_often_its_event_comes(
    prepared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with mail_server() as mail:
            serve(monkeypatch, mail)
            await wanted(prepared, "email", "accounts@res-1.example")
            # Everybody's go to the same address: that is no second letter.
            await wanted(prepared, "email", "accounts@res-1.example", None)
            # When the document is issued, and its event comes again under the same and another id
            await issue(prepared, "INV-1")
            await issue(prepared, "INV-1")
            (one,) = await turn(prepared)
            await issue(prepared, "INV-1", id="again")
            assert await turn(prepared, DAY) == [one]
            # Then there is one letter
            (letter,) = mail.letters
            assert (one.state, one.tries, one.answer) == ("delivered", 1, "250 OK: queued")
            assert (letter["To"], letter["From"]) == ("accounts@res-1.example", "billing@example.com")
            assert (letter["Subject"], str(one.delivery) in letter["Message-ID"]) == ("Invoice INV-1", True)
            assert [file.get_filename() for file in letter.iter_attachments()] == ["INV-1.pdf", "INV-1.csv"]

    asyncio.run(scenario())


def test_only_documents_issued_afterwards_go_to_who_wants_them(prepared: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with mail_server() as mail:
            serve(monkeypatch, mail)
            # Given one that was issued before anybody wanted any, and is found only now
            await issue(prepared, "INV-1")
            await wanted(prepared, "email", "a@b.c")
            await wanted(prepared, "email", "all@b.c", None)
            await wanted(prepared, "email", "other@b.c", "res-2")
            await issue(prepared, "INV-2", kind="credit_note")
            await turn(prepared)
            assert sorted((letter["To"], letter["Subject"]) for letter in mail.letters) == [
                ("a@b.c", "Credit note INV-2"), ("all@b.c", "Credit note INV-2")
            ]  # fmt: skip

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("change", "state", "answer"),
    [
        (lambda mail: setattr(mail, "recipient", "550 no such user here"), "failed", "550 no such user here"),
        (lambda mail: setattr(mail, "recipient", "451 try again later"), "pending", "451 try again later"),
        (lambda mail: setattr(mail, "data", "554 we do not want it"), "failed", "554 we do not want it"),
        (lambda mail: setattr(mail, "data", "452 out of space"), "pending", "452 out of space"),
    ],
)
def test_what_the_server_refuses_has_failed_and_what_it_cannot_now_is_tried_again(
    prepared: str,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[MailServer], None],
    state: str,
    answer: str,
) -> None:
    async def scenario() -> None:
        async with mail_server(change) as mail:
            serve(monkeypatch, mail)
            await wanted(prepared, "email", "a@b.c")
            await issue(prepared, "INV-1")
            (one,) = await turn(prepared)
            assert (one.state, one.answer, one.tries) == (state, answer, 1)
            # Before its time it is not tried again; afterwards what was passing is, and arrives
            mail.recipient, mail.data = "250 OK", "250 OK"
            assert await turn(prepared) == [one]
            (one,) = await turn(prepared, timedelta(minutes=1))
            assert (one.state, len(mail.letters)) == (("delivered", 1) if state == "pending" else ("failed", 0))

    asyncio.run(scenario())


def test_a_server_that_is_away_is_tried_for_three_days_and_a_person_may_try_again(
    prepared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with mail_server() as gone:
            serve(monkeypatch, gone)
        await wanted(prepared, "email", "a@b.c")
        await issue(prepared, "INV-1")
        (one,) = await turn(prepared)
        assert (one.state, one.tries) == ("pending", 1)
        assert one.answer is not None
        assert "cannot be talked to" in one.answer
        (one,) = await turn(prepared, GIVES_UP_AFTER + DAY)
        assert (one.state, one.tries, one.next_at) == ("given_up", 2, None)
        # When somebody has it tried again, and the server is there
        async with mail_server() as mail, await connect(prepared) as connection:
            serve(monkeypatch, mail)
            assert await deliveries.try_again(connection, one.delivery, "ann")
            (one,) = await turn(prepared)
            # Then it arrives, and is not tried again any more
            assert (one.state, len(mail.letters)) == ("delivered", 1)
            assert not await deliveries.try_again(connection, one.delivery, "ann")

    asyncio.run(scenario())


def test_a_letter_that_the_server_had_when_it_died_is_unknown_and_not_sent_again(
    prepared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with mail_server(lambda mail: setattr(mail, "dies", True)) as mail:
            serve(monkeypatch, mail)
            await wanted(prepared, "email", "a@b.c")
            await issue(prepared, "INV-1")
            (one,) = await turn(prepared)
            assert one.state == "unknown"
            assert one.answer is not None
            assert "did not say what became of it" in one.answer
            mail.dies = False
            assert await turn(prepared, GIVES_UP_AFTER + DAY) == [one]
            assert len(mail.letters) == 1
            # Only a person decides that twice is better than never.
            async with await connect(prepared) as connection:
                assert await deliveries.try_again(connection, one.delivery, "ann")
            (one,) = await turn(prepared)
            assert (one.state, len(mail.letters)) == ("delivered", 2)

    asyncio.run(scenario())


def test_without_a_mail_server_letters_wait_and_say_why(prepared: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        await wanted(prepared, "email", "a@b.c")
        await issue(prepared, "INV-1")
        (one,) = await turn(prepared, GIVES_UP_AFTER + DAY)
        assert (one.state, one.tries) == ("pending", 0)
        assert one.answer == "no mail server is configured: set SEATLEDGER_SMTP_URL and SEATLEDGER_MAIL_FROM"
        async with mail_server() as mail:
            serve(monkeypatch, mail)
            (one,) = await turn(prepared)
            assert (one.state, len(mail.letters)) == ("delivered", 1)

    asyncio.run(scenario())


def test_a_password_is_not_given_to_a_server_that_does_not_encrypt(
    prepared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with mail_server() as mail:
            monkeypatch.setenv("SEATLEDGER_SMTP_URL", f"smtp://ann:hush@127.0.0.1:{mail.port}")
            await wanted(prepared, "email", "a@b.c")
            await issue(prepared, "INV-1")
            (one,) = await turn(prepared)
            assert (one.state, mail.letters) == ("pending", [])
            assert one.answer is not None
            assert "STARTTLS" in one.answer
            assert "hush" not in one.answer

    asyncio.run(scenario())


def test_a_document_that_cannot_be_printed_now_waits_with_the_reason(
    prepared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def not_yet(connection: AsyncConnection, number: str) -> Sequence[File]:
        raise NotThereYet(f"{number} is not projected yet")

    async def scenario() -> None:
        async with mail_server() as mail:
            serve(monkeypatch, mail)
            await wanted(prepared, "email", "a@b.c")
            await issue(prepared, "INV-1")
            await Couriers(prepared, not_yet).deliver(asyncio.Event())
            (one,) = await standing(prepared)
            assert (one.state, one.answer, mail.letters) == ("pending", "INV-1 is not projected yet", [])

    asyncio.run(scenario())


def test_who_lost_the_claim_gives_nothing_to_the_server(prepared: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with mail_server() as mail:
            serve(monkeypatch, mail)

            async def overtaken(connection: AsyncConnection, number: str) -> Sequence[File]:
                # Somebody puts it right while the PDF is made.
                await connection.execute("UPDATE invoicing.delivery SET state = 'pending', next_at = now()")
                return await files(connection, number)

            await wanted(prepared, "email", "a@b.c")
            await issue(prepared, "INV-1")
            async with await connect(prepared) as connection:
                await drain(connection, CONSUMER, react, 1)
                claimed = await deliveries.claim(connection, ["email"], datetime.now(UTC))
                assert claimed is not None
                way = by_mail(mail_server_of(configured()), overtaken)
                with pytest.raises(ClaimLost):
                    await way(connection, claimed, lambda: deliveries.hand_over(connection, claimed))
            assert mail.letters == []

    asyncio.run(scenario())


def test_a_password_is_in_no_list(prepared: str) -> None:
    async def scenario() -> None:
        made = await wanted(prepared, "webhook", "http://127.0.0.1:9/x")
        async with await connect(prepared) as connection:
            for view in ("read.delivery_destinations", "read.deliveries", "store.operation"):
                rows = await (await connection.execute(f"SELECT * FROM {view}".encode())).fetchall()
                assert made.secret is not None
                assert made.secret not in str(rows)

    asyncio.run(scenario())
