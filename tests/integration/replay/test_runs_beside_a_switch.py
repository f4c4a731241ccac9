"""An invoice run that waits for a switch reads what is live when it goes on, not what was when it was asked for."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import cast

import pytest

from services.invoicing.invoice_run import RunReport
from services.invoicing.projection import SPEC as INVOICING
from shared.projections import recompute
from shared.projections.spec import Key
from shared.store.pool import connect
from tests.infrastructure.billing_system import BillingSystem, Event
from tests.infrastructure.brokers import Broker
from tests.integration.replay.systems import live, replay, system
from tests.integration.replay.test_what_happens_meanwhile import MORE_SEATS, NEXT_MONTH

pytestmark = [pytest.mark.broker, pytest.mark.database, pytest.mark.slow]


def lines_of_more_seats(report: RunReport) -> list[str]:
    """The lines of the layer that begins with more seats."""
    lines = [line for document in report.documents for line in cast("list[Event]", document["lines"])]
    return [
        str(line["line"]) for line in lines if line["subscription"] == "sub-1" and "/2026-01-09" in str(line["line"])
    ]


async def forgotten(running: BillingSystem, event_id: str) -> None:
    """The live generation of invoicing has lost an event that it had taken in."""
    async with await connect(running.dsn, "invoicing_g1") as connection:
        assert (await connection.execute("DELETE FROM fact WHERE id = %s", [event_id])).rowcount == 1
        await recompute.ask(connection, [Key("subscription", "sub-1")])
    await running.settled()


def test_a_run_that_waits_for_a_switch_bills_by_the_generation_that_is_live_then(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with system(database, empty_broker, 50) as running:
            # Given a live generation that lacks an event of the log, by which a run bills without it
            await running.emit([MORE_SEATS])
            await running.settled()
            await forgotten(running, MORE_SEATS["id"])
            assert lines_of_more_seats(await running.run(NEXT_MONTH, early=True, dry_run=True)) == []
            # And a replay in the middle of its switch, which a dashboard holds up
            switching, waits = asyncio.Event(), asyncio.Event()
            async with await connect(database, application="a dashboard") as reading, reading.transaction():
                await reading.execute("SELECT FROM read.next_charges")
                going_on = asyncio.create_task(
                    replay(
                        running, tmp_path, [INVOICING], expect_diff=True,
                        waiting=lambda what: switching.set() if "reads the views" in what else None,
                    )
                )  # fmt: skip
                await switching.wait()
                # When a run is asked for, and the switch is made while it waits
                run = asyncio.create_task(
                    running.run(NEXT_MONTH, early=True, dry_run=True, waiting=lambda what: waits.set())
                )
                await waits.wait()
                assert (await live(running))["invoicing"] == "invoicing_g1"
            # Then it bills what the new generation knows
            assert lines_of_more_seats(await run) != []
            await going_on
            assert (await live(running))["invoicing"] == "invoicing_g2"

    asyncio.run(scenario())
