"""The Faust worker of a service: its timers, and the relay of the outbox.

Faust hosts what happens by the passing of time; it keeps no positions and no tables, reads no topic and makes none
(docs/architecture.md). It connects its producer when it starts and ends with an error when the broker
is away: who started it starts it again.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn

import faust
import psycopg
import structlog
from prometheus_client import CollectorRegistry, Counter

from shared.errors import UserError
from shared.log.relay import run_relay
from shared.monitoring.checks import Checks
from shared.monitoring.heartbeat import Heartbeat
from shared.monitoring.listener import Monitor, listening
from shared.monitoring.readings import Part, Readings
from shared.monitoring.registry import process_registry
from shared.projections import clock
from shared.projections.gauges import gauges
from shared.projections.generations import drop_expired, projected
from shared.projections.readiness import dependencies
from shared.projections.spec import ProjectionSpec
from shared.readiness import ready
from shared.store.config import Config
from shared.store.logging import configure_logging
from shared.store.outbox import PostgresOutbox
from shared.store.pool import away, connect

_BACKOFF_S = 2.0
# One tick may come late, and a short one often does; the worker is in trouble when several are missing.
_TICKS_MISSED = 4
_LATE_S = 30.0
_EXPIRE_S = 10.0
_log = structlog.get_logger("worker")


@dataclass(frozen=True, slots=True)
class Timer:
    """What a service does every so often. `run` is given an event that is set when the worker stops."""

    name: str
    every_seconds: float
    run: Callable[[asyncio.Event], Awaitable[object]]


def main(
    spec: ProjectionSpec, config: Config, timers: tuple[Timer, ...] = (), parts: Mapping[str, Part] | None = None
) -> NoReturn:
    """Run until SIGTERM or SIGINT and leave with exit code 0; with 1 when the broker does not answer.

    `parts` are figures of the service that its worker reads when it is scraped, beside those of its projection.
    """
    configure_logging(f"{spec.name}-worker", config.log_level)
    registry = process_registry(spec.name, "worker", {spec.name: spec.version})
    registry.register(Readings({**gauges(spec.name, config.database, config.broker), **(parts or {})}))
    seen = Seen(config, registry)
    app = build_app(spec, config, timers, seen)
    # Its logging would replace ours, and its banner goes to a log that programs read.
    worker = faust.Worker(app, quiet=True, override_logging=False, redirect_stdouts=False)
    worker.spinner = None
    try:
        with listening(config.metrics_host, config.metrics_port, Monitor(seen.heartbeat, seen.checks(), registry)):
            worker.execute_from_commandline()
    except UserError as error:
        sys.exit(str(error))
    raise AssertionError("execute_from_commandline leaves the process")


class Seen:
    """A worker as it is seen from outside: its loop, its clock, what it relayed."""

    def __init__(self, config: Config, registry: CollectorRegistry | None = None) -> None:
        self.heartbeat = Heartbeat()
        self.sent = Counter("seatledger_relay_sent", "Own events that the broker acknowledged.", registry=registry)
        self._config = config
        # A worker that has only just begun is not late yet.
        self._ticked_at = time.monotonic()

    def ticked(self) -> None:
        """The clock of every generation was moved on."""
        self._ticked_at = time.monotonic()

    def checks(self) -> Checks:
        """Database, broker, and whether the clock moves."""

        async def clock_moves() -> str | None:
            since = time.monotonic() - self._ticked_at
            late = since > max(_TICKS_MISSED * self._config.tick_seconds, _LATE_S)
            return f"the clock was last moved {since:.0f} s ago" if late else None

        return Checks(dependencies(self._config.database, self._config.broker) | {"clock": clock_moves})


def build_app(spec: ProjectionSpec, config: Config, timers: tuple[Timer, ...], seen: Seen) -> faust.App:
    """The application of a service: ticks, relay, and the service's own timers."""
    # Faust makes folders when it starts, for tables that there are none of; somewhere they have to be.
    folder = config.home.absolute() / "faust"
    folder.mkdir(parents=True, exist_ok=True)
    app = faust.App(
        f"seatledger-{spec.name}",
        broker=f"aiokafka://{config.broker}",
        datadir=folder / spec.name,
        store="memory://",
        web_enabled=False,
        autodiscover=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
    )
    # Timers alone: no consumer, so no group and nothing that Faust could commit.
    app.producer_only = True
    stop = asyncio.Event()

    async def move_clock(_: asyncio.Event) -> None:
        await tick(spec, config.database)
        seen.ticked()

    own = (
        Timer("tick", config.tick_seconds, move_clock),
        Timer("expire", _EXPIRE_S, lambda _: expire(spec, config.database)),
        *timers,
    )
    for timer in own:
        app.timer(timer.every_seconds, name=timer.name)(_guarded(timer, stop))

    async def relay() -> None:
        ready()
        await relay_until(stop, config, seen.sent.inc)

    async def stopping(*_: object, **__: object) -> None:
        stop.set()

    app.task(relay)
    app.task(seen.heartbeat.run)
    app.on_before_shutdown.connect(stopping, weak=False)
    return app


async def tick(spec: ProjectionSpec, dsn: str) -> int:
    """Move the clock of every generation of the spec's version to now; how many streams change by that."""
    connection = await connect(dsn, application=f"{spec.name} tick")
    try:
        queued = 0
        for generation in await projected(connection, spec):
            await connection.execute("SELECT set_config('search_path', quote_ident(%s), false)", [generation.schema])
            queued += await clock.tick(connection, datetime.now(UTC))
    finally:
        await connection.close()
    if queued:
        _log.info("tick", streams=queued)
    return queued


async def expire(spec: ProjectionSpec, dsn: str) -> list[str]:
    """Drop the projection's generations that were kept for as long as they were to be; their schemas."""
    async with await connect(dsn, application=f"{spec.name} expire") as connection:
        gone = [one.schema for one in await drop_expired(connection, spec.name)]
    if gone:
        _log.info("dropped", generations=gone)
    return gone


async def relay_until(stop: asyncio.Event, config: Config, told: Callable[[int], None]) -> None:
    """Relay the outbox until told to stop, also over times when the database is away; `told` how many went out."""
    while not stop.is_set():
        try:
            async with await connect(config.database, application="seatledger relay") as connection:
                await run_relay(PostgresOutbox(connection), config.broker, stop, told=told)
        except psycopg.Error as error:
            if not away(error):
                raise
            _log.warning("database away", task="relay", retry_in_s=_BACKOFF_S, error=str(error).strip())
            await asyncio.sleep(_BACKOFF_S)


def _guarded(timer: Timer, stop: asyncio.Event) -> Callable[[], Awaitable[None]]:
    """A database that is away ends no worker: the timer comes again."""

    async def run() -> None:
        try:
            await timer.run(stop)
        except psycopg.Error as error:
            if not away(error):
                raise
            _log.warning("database away", task=timer.name, retry_in_s=timer.every_seconds, error=str(error).strip())

    return run
