"""The Faust worker of a service: its timers, and the relay of the outbox.

Faust hosts what happens by the passing of time; it keeps no positions and no tables, reads no topic and makes none
(docs/architecture.md). It connects its producer when it starts and ends with an error when the broker
is away: who started it starts it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn

import faust
import psycopg
import structlog

from shared.log.relay import run_relay
from shared.projections import clock
from shared.projections.generations import drop_expired, projected
from shared.projections.spec import ProjectionSpec
from shared.readiness import ready
from shared.store.config import Config
from shared.store.logging import configure_logging
from shared.store.outbox import PostgresOutbox
from shared.store.pool import away, connect

_BACKOFF_S = 2.0
_EXPIRE_S = 10.0
_log = structlog.get_logger("worker")


@dataclass(frozen=True, slots=True)
class Timer:
    """What a service does every so often. `run` is given an event that is set when the worker stops."""

    name: str
    every_seconds: float
    run: Callable[[asyncio.Event], Awaitable[object]]


def main(spec: ProjectionSpec, config: Config, timers: tuple[Timer, ...] = ()) -> NoReturn:
    """Run until SIGTERM or SIGINT and leave with exit code 0; with 1 when the broker does not answer."""
    configure_logging(f"{spec.name}-worker", config.log_level)
    # Its logging would replace ours, and its banner goes to a log that programs read.
    worker = faust.Worker(build_app(spec, config, timers), quiet=True, override_logging=False, redirect_stdouts=False)
    worker.spinner = None
    worker.execute_from_commandline()
    raise AssertionError("execute_from_commandline leaves the process")


def build_app(spec: ProjectionSpec, config: Config, timers: tuple[Timer, ...] = ()) -> faust.App:
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
    own = (
        Timer("tick", config.tick_seconds, lambda _: tick(spec, config.database)),
        Timer("expire", _EXPIRE_S, lambda _: expire(spec, config.database)),
        *timers,
    )
    for timer in own:
        app.timer(timer.every_seconds, name=timer.name)(_guarded(timer, stop))

    async def relay() -> None:
        ready()
        await relay_until(stop, config)

    async def stopping(*_: object, **__: object) -> None:
        stop.set()

    app.task(relay)
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


async def relay_until(stop: asyncio.Event, config: Config) -> None:
    """Relay the outbox until told to stop, also over times when the database is away."""
    while not stop.is_set():
        try:
            async with await connect(config.database, application="seatledger relay") as connection:
                await run_relay(PostgresOutbox(connection), config.broker, stop)
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
