"""What the worker of reconciliation does by itself: what vendors are asked, hints, and a sweep of each once a day."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import structlog

from services.reconciliation.asking import CONSUMER
from services.reconciliation.carrying_out import asked_of
from services.reconciliation.comparing import compare_now
from services.reconciliation.delay import Policy
from services.reconciliation.hints import Looked, ask_what_changed, look_at_hinted
from services.reconciliation.reacting import react, told
from services.reconciliation.sweeping import sweep
from services.reconciliation.tasks import CarryOut, carry_out, waiting
from services.reconciliation.vendors.configured import configured_vendors, connected
from services.reconciliation.vendors.connector import Misconfigured, VendorError
from shared.errors import UserError
from shared.projections.worker import Timer
from shared.store.config import Config
from shared.store.pool import connect
from shared.store.reactions import drain

_TASKS_EVERY_S = 2.0
# A burst of a vendor's hints costs one comparison.
_HINTS_EVERY_S = 20.0
_AUDITS_EVERY_S = 600.0
_SWEEPS_EVERY_S = 60.0
_A_DAY = timedelta(hours=24)
_AT_ONCE = 100
_LAST_SWEEP = "SELECT max(finished_at) FROM reconciliation.sweep WHERE vendor = %s"
_HINTED = "SELECT FROM reconciliation.hint WHERE vendor = %s AND looked_at IS NULL LIMIT 1"
_log = structlog.get_logger("reconciliation")


def timers(config: Config) -> tuple[Timer, ...]:
    """The timers of reconciliation beside its clock."""
    return (
        Timer("vendor tasks", _TASKS_EVERY_S, VendorTasks(config).carry_out),
        Timer("hints", _HINTS_EVERY_S, Hints(config).look),
        Timer("audits", _AUDITS_EVERY_S, Audits(config).ask),
        Timer("sweeps", _SWEEPS_EVERY_S, Sweeps(config).catch_up),
    )


class VendorTasks:
    """Makes tasks of what events ask for, and has vendors carry out those that wait."""

    def __init__(self, config: Config) -> None:
        self._dsn = config.database

    async def carry_out(self, stop: asyncio.Event) -> int:
        """One turn; how many tasks were carried out, or tried. Those of a vendor that is not configured wait."""
        count = 0
        async with AsyncExitStack() as open_now:
            connection = await open_now.enter_async_context(
                await connect(self._dsn, application="seatledger vendor tasks")
            )
            await drain(connection, CONSUMER, react, _AT_ONCE)
            vendors: dict[str, CarryOut] = {}
            asked = await waiting(connection)
            for vendor in configured_vendors():
                if vendor not in asked:
                    continue
                try:
                    vendors[vendor] = asked_of(await open_now.enter_async_context(connected(vendor)))
                except UserError as error:
                    _log.warning("vendor not asked", vendor=vendor, reason=str(error))
            while vendors and not stop.is_set():
                task = await carry_out(connection, vendors, told)
                if task is None:
                    break
                count += 1
                _log.info("vendor task", task=str(task.task), kind=task.kind, vendor=task.vendor,
                          subscription=task.subscription, state=task.state, reason=task.error)  # fmt: skip
        return count


class Hints:
    """Looks at the accounts that a vendor's hints point to, and compares when there were any."""

    def __init__(self, config: Config) -> None:
        self._config = config
        # Looked at and not compared: the projections did not come up in time, say.
        self._not_compared: set[str] = set()

    async def look(self, stop: asyncio.Event) -> None:
        """One turn. Hints of a vendor that is not configured, or not as it should be, wait."""
        for vendor in configured_vendors():
            if not stop.is_set() and (vendor in self._not_compared or await self._are_any(vendor)):
                await self._look(vendor)

    async def _are_any(self, vendor: str) -> bool:
        async with await connect(self._config.database, application="seatledger hints") as connection:
            row = await (await connection.execute(_HINTED, [vendor])).fetchone()
        return row is not None

    async def _look(self, vendor: str) -> None:
        try:
            self._not_compared.add(vendor)
            looked = await self._looked(vendor)
            outcome = await compare_now(self._config.database, self._config.broker, vendor, Policy())
            self._not_compared.discard(vendor)
        except (UserError, Misconfigured) as error:
            _log.warning("hints wait", vendor=vendor, reason=str(error))
            return
        _log.info("hints", vendor=vendor, accounts=looked.accounts, failed=looked.failed, rows=outcome.rows,
                  found=outcome.found, gone=outcome.gone)  # fmt: skip

    async def _looked(self, vendor: str) -> Looked:
        async with (
            connected(vendor) as connector,
            await connect(self._config.database, application="seatledger hints") as connection,
        ):
            return await look_at_hinted(connection, connector)


class Audits:
    """Asks each configured vendor what was done in its accounts. Off unless SEATLEDGER_DAILY_SWEEPS is true."""

    def __init__(self, config: Config) -> None:
        self._config = config

    async def ask(self, stop: asyncio.Event) -> None:
        """One turn: what is new of a vendor's own list becomes hints, which are looked at in their turn."""
        if not self._config.daily_sweeps:
            return
        for vendor in configured_vendors():
            if not stop.is_set():
                await self._ask(vendor)

    async def _ask(self, vendor: str) -> None:
        try:
            async with (
                connected(vendor) as connector,
                await connect(self._config.database, application="seatledger audits") as connection,
            ):
                new = await ask_what_changed(connection, connector, datetime.now(UTC))
        except (UserError, VendorError) as error:
            _log.warning("no audit records", vendor=vendor, reason=str(error))
            return
        _log.info("audit records", vendor=vendor, hints=new)


class Sweeps:
    """Looks at each configured vendor once a day, and compares. Off unless SEATLEDGER_DAILY_SWEEPS is true."""

    def __init__(self, config: Config) -> None:
        self._config = config

    async def catch_up(self, stop: asyncio.Event) -> None:
        """Sweep the vendors whose last sweep ended a day ago; what cannot be is tried again at the next turn."""
        if not self._config.daily_sweeps:
            return
        for vendor in configured_vendors():
            if not stop.is_set() and await self._is_due(vendor):
                await self._sweep(vendor)

    async def _is_due(self, vendor: str) -> bool:
        async with await connect(self._config.database, application="seatledger sweeps") as connection:
            row = await (await connection.execute(_LAST_SWEEP, [vendor])).fetchone()
        last = None if row is None else row[0]
        return last is None or datetime.now(UTC) - last >= _A_DAY

    async def _sweep(self, vendor: str) -> None:
        try:
            async with connected(vendor) as connector:
                done = await sweep(self._config.database, connector, "the worker")
            outcome = await compare_now(self._config.database, self._config.broker, vendor, Policy())
        except UserError as error:
            _log.warning("no sweep", vendor=vendor, reason=str(error))
            return
        _log.info("sweep", vendor=vendor, accounts=done.accounts, failed=done.failed, rows=outcome.rows,
                  found=outcome.found, gone=outcome.gone)  # fmt: skip
