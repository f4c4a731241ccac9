"""`seatledger verify` as it is typed: the same, or which rows differ, whose money it is, and the events behind them."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from tests.infrastructure.brokers import Broker
from tests.integration.replay.command_line import Keyboard, by_hand
from tests.integration.replay.systems import system

pytestmark = [pytest.mark.database, pytest.mark.slow]


def test_a_row_that_was_changed_by_hand_is_named_with_its_payer_its_money_and_its_events(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with system(database, empty_broker, 100) as running:
            keyboard = Keyboard(running, tmp_path)
            # Given rows that nobody has touched, all of them are the same
            answer = await keyboard.types("verify")
            assert (answer.code, answer.failure) == (0, "")
            assert answer.out.splitlines()[-1].endswith("rows are the same")
            await keyboard.nothing_is_left()
            same = (await keyboard.types("verify", "subscriptions", "--json")).shown
            assert (same["same"], same["differing"], same["switched"]) == (True, 0, False)
            assert (same["differences"], same["totals"]) == ([], [])
            assert list(same["generations"]) == ["subscriptions"]
            # When somebody has charged one payer more
            ((charged, payer, net),) = await running.query(
                "SELECT subscription, recipient, net FROM read.next_charges ORDER BY subscription LIMIT 1"
            )
            await by_hand(
                running, f"UPDATE invoicing_g1.next_charge SET net = net + 1 WHERE subscription = '{charged}'"
            )
            # Then people are told which row, what of it, whose money, and which events it is made of
            answer = await keyboard.types("verify", "all")
            assert answer.code == 1
            assert answer.sentence == (
                "The live projections differ from what the log says: 1 rows. To have readers see what the log says: "
                "seatledger replay all --expect-diff"
            )
            row, total, event = (_line_after(answer.out, title) for title in ("Differences", "Totals", "Events"))
            assert row.split() == ["invoicing", "next_charge", charged, "net", str(net + 1), str(net)]
            assert total.split()[:4] == ["invoicing", "next_charge.net", payer, "EUR"]
            assert event.split()[:5] == ["invoicing", *["subscription", charged] * 2]
            # And programs are told the same
            found = await keyboard.types("verify", "--json")
            assert found.code == 1
            assert found.error == {"kind": "refused", "detail": answer.sentence}
            (difference,) = found.shown["differences"]
            assert (found.shown["same"], found.shown["differing"]) == (False, 1)
            assert (difference["projection"], difference["table"]) == ("invoicing", "next_charge")
            assert difference["key"]["subscription"] == charged
            assert difference["columns"] == ["net"]
            assert (difference["live"]["net"], difference["rebuilt"]["net"]) == (str(net + 1), str(net))
            about = {event["about"]: event["type"] for event in difference["events"]}
            assert about.keys() > {f"subscription {charged}", f"reseller {payer}"}
            assert "LicensesChanged" in {event["type"] for event in difference["events"]}
            assert all(event["topic"] and event["offset"] is not None for event in difference["events"])
            (of_payer,) = found.shown["totals"]
            assert (of_payer["payer"], of_payer["column"]) == (payer, "net")
            assert Decimal(of_payer["live"]) - Decimal(of_payer["rebuilt"]) == 1
            # And what is wrong stays as it is, and nothing is left of the looking
            assert await running.query(f"SELECT net FROM read.next_charges WHERE subscription = '{charged}'") == [
                (net + 1,)
            ]
            await keyboard.nothing_is_left()

    asyncio.run(scenario())


def _line_after(said: str, title: str) -> str:
    """The first row of the table with that title."""
    lines = said.splitlines()
    (place,) = (number for number, line in enumerate(lines) if line.startswith(title))
    return lines[place + 2]
