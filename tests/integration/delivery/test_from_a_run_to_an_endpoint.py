"""From an invoice run through log and projector to who wants the documents, with what is printed of them; replayed,
nothing is delivered again.
"""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

import pytest

from services.invoicing.delivery.couriers import Couriers
from services.invoicing.projection import SPEC as INVOICING
from tests.infrastructure.billing_system import Event, billing_system
from tests.infrastructure.brokers import Broker
from tests.infrastructure.endpoints import endpoint
from tests.infrastructure.mail_servers import mail_server
from tests.integration.delivery.issued import standing, wanted
from tests.integration.replay.systems import live, replay

pytestmark = [pytest.mark.database, pytest.mark.broker]
_ISSUED = "SELECT number FROM read.documents ORDER BY number"
_REACTIONS = "SELECT count(*), count(done_at) FROM store.reaction WHERE consumer = 'delivery'"


def order_of(reseller: int) -> Event:
    return {
        "id": f"o{reseller}", "source": "urn:test", "type": "OrderExecuted", "time": "2025-03-10T08:00:00Z",
        "data": {"order_id": f"ord-{reseller}", "currency": "EUR", "reseller": {"id": f"res-{reseller}"},
                 "customer": {"id": f"cus-{reseller}"},
                 "items": [{"subscription_id": f"sub-{reseller}", "product": {"id": "p"}, "quantity": 5,
                            "unit_price": "10.00"}]},
    }  # fmt: skip


def test_what_a_run_issues_is_delivered_once_and_a_replay_delivers_nothing(
    empty_broker: Broker, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEATLEDGER_WEBHOOKS_INSECURE", "true")

    async def scenario() -> None:
        async with billing_system(database, empty_broker.address, workers=2) as running, mail_server() as mail:
            monkeypatch.setenv("SEATLEDGER_SMTP_URL", mail.url)
            monkeypatch.setenv("SEATLEDGER_MAIL_FROM", "billing@example.com")
            with endpoint() as receiver:
                # Given a document of before anybody wanted one
                await running.emit([order_of(1), order_of(2)])
                await running.settled()
                await running.run(date(2025, 4, 1))
                await running.settled()
                before = await running.query(_ISSUED)
                await wanted(database, "webhook", f"{receiver.url}/1", "res-1")
                await wanted(database, "webhook", receiver.url, None)
                await wanted(database, "email", "accounts@res-1.example", "res-1")
                # When a day is closed
                await running.run(date(2025, 5, 1))
                await running.settled()
                await Couriers(database).deliver(asyncio.Event())
                # Then what it issued is told to those whose it is
                issued = [number for (number,) in await running.query(_ISSUED) if (number,) not in before]
                told = sorted((one.path, one.document["data"]["number"]) for one in receiver.posted)
                assert (len(before), len(issued)) == (2, 2)
                assert [number for path, number in told if path == "/invoices"] == sorted(issued)
                assert [path for path, _ in told].count("/invoices/1") == 1
                assert len(told) == 3
                # And the letter has what is printed, and every line
                assert {one.state for one in await standing(database)} == {"delivered"}
                (letter,) = mail.letters
                attached = {one.get_content_type(): one.get_content() for one in letter.iter_attachments()}
                assert attached["application/pdf"].startswith(b"%PDF-")
                assert "sub-1/2025-05-01/2025-05-01" in str(attached["text/csv"])
                # When everything is made anew from the log, and somebody goes on delivering
                await replay(running, tmp_path, [INVOICING])
                assert (await live(running))["invoicing"] == "invoicing_g2"
                await Couriers(database).deliver(asyncio.Event())
                # Then nothing is told once more
                assert (len(receiver.posted), len(mail.letters)) == (3, 1)
                assert await running.query(_REACTIONS) == [(4, 4)]

    asyncio.run(scenario())
