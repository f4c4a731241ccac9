"""The demonstration from end to end: events in, projections, a year of invoice runs, tables, the check."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from services.demo import agreement
from services.demo.agreement import Rows
from services.demo.catalogue import Json
from services.demo.days import last_day, run_days
from services.demo.running_system import RunningSystem, attached
from services.demo.stream import source, stream, subscriptions, time_zones
from services.demo.tables import show
from services.demo.vendor import demonstrate_vendor
from services.presentation import progress, say
from shared.errors import UserError

# A day may end between the simulation and the tick that shows it: projections get this long to say the same.
_AGREE_WITHIN_S = 15.0
_DISAGREEMENT = """\
What came out of the system is not what `seatledger simulate` gives from the same events and run days.
If this system holds other events about the same products, show it on a fresh one: seatledger demo --start
The first differences:"""


def demonstrate(dsn: str, broker: str, apis: Mapping[str, str], console: str | None) -> None:
    """Show everything on the running system. UserError says what is in the way, or what does not agree."""
    asyncio.run(_demonstrate(dsn, broker))
    demonstrate_vendor(dsn, broker)
    _say_where_to_look(dsn, apis, console)


async def _demonstrate(dsn: str, broker: str) -> None:
    now = datetime.now(UTC)
    async with attached(dsn, broker) as system:
        shown, closed = await system.last_day_shown(), await system.closed_days()
        last = shown or last_day(now.date())
        if shown is None and closed and closed[-1] >= run_days(last)[0]:
            raise UserError(
                f"This system has closed its days up to {closed[-1]}, so the demonstration's past cannot be billed in "
                "it any more. Show it on a fresh one: seatledger down, then seatledger demo --start"
            )
        events, days = stream(last), run_days(last)
        # Late in the evening of UTC it is tomorrow where some customers are, and so are their rows.
        today = {name: now.astimezone(ZoneInfo(zone)).date() for name, zone in time_zones(events).items()}
        with tempfile.TemporaryDirectory(prefix="seatledger-demo-") as folder:
            file = Path(folder) / "stream.jsonl"
            file.write_text("".join(json.dumps(event) + "\n" for event in events))
            # Beside the system, so that it costs no time of its own.
            with agreement.simulating(file, today.values(), sorted({*closed, *days})) as simulations:
                await _send(system, events, again=shown is not None)
                await _close(system, days, closed)
                say("")
                await show(system.connection)
                expected = await asyncio.to_thread(agreement.simulated, simulations, today)
        await _check(system, expected, last, events)


async def _send(system: RunningSystem, events: Sequence[Json], *, again: bool) -> None:
    say(f"Sending {len(events):,} events: orders, licence changes, prices, imports, cancellations")
    if again:
        say("They were sent to this system before: the same events again change nothing")
    before = await system.facts()
    await system.send(events)
    await _read(system, "Records projected")
    say(f"New facts in the projections: {await system.facts() - before:,}")


async def _close(system: RunningSystem, days: Sequence[date], closed: Sequence[date]) -> None:
    """Close the days that are still open."""
    open_days = [day for day in days if not closed or day > closed[-1]]
    if len(open_days) < len(days):
        say(f"{len(days) - len(open_days)} of {len(days)} billing days are closed already and stay as they are")
    if not open_days:
        return
    say(f"Running the invoices of {len(open_days)} billing days, {open_days[0]} to {open_days[-1]}")
    began, documents = time.monotonic(), 0
    with progress("Days closed", len(open_days)) as done:
        for day in open_days:
            documents += await system.close(day)
            done(1)
    say(f"{documents} invoices and credit notes issued in {time.monotonic() - began:.1f} s")
    await _read(system, "Records projected")


async def _read(system: RunningSystem, description: str) -> None:
    """With the number that is shown as done never beyond the one announced: folding again is work that comes on top."""
    left = total = await system.behind()
    with progress(description, total) as done:

        def read(more: int) -> None:
            nonlocal left
            done(min(more, left))
            left -= min(more, left)

        await system.wait_until_read(read)


async def _check(system: RunningSystem, expected: dict[str, Rows], last: date, events: Sequence[Json]) -> None:
    """Say that system and simulation agree, or fail with the first differences."""
    ours, until = subscriptions(events), time.monotonic() + _AGREE_WITHIN_S
    while True:
        found = await agreement.of_system(system.connection, source(last), ours)
        different = agreement.differences(found, expected)
        if not different:
            break
        if time.monotonic() > until:
            raise UserError("\n".join((_DISAGREEMENT, *different)))
        await asyncio.sleep(0.5)
    counts = ", ".join(f"{rows.total():,} {kind}" for kind, rows in expected.items())
    say("Checked against `seatledger simulate` with the same events and run days:")
    say(f"{counts}: both agree to the cent")


def _say_where_to_look(dsn: str, apis: Mapping[str, str], console: str | None) -> None:
    say("\nWhere to look:")
    if console is not None:
        say(f"  the console                    {console}")
    say(f"  views, such as read.documents  {dsn}")
    for service, address in sorted(apis.items()):
        say(f"  {f'API of {service}':<29}  {address}/openapi.json")
    say("  a token for all of them        seatledger tokens create --role distributor")
    say("  processes, positions, lag      seatledger status")
