"""The projector process of a service: `main(SPEC)` projects every generation of the spec's version until SIGTERM.

Its clock is moved by the service's Faust worker, not here: one place where time passes, and a projector that is busy
with a backlog does not let it stand still.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

import psycopg
import structlog
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from shared.errors import UserError
from shared.log.reader import ForeignLog
from shared.monitoring.checks import Check, Checks
from shared.monitoring.heartbeat import Heartbeat
from shared.monitoring.listener import Monitor, listening
from shared.monitoring.registry import process_registry
from shared.projections.generations import Generation, NoGeneration, projected
from shared.projections.metrics import Observed, ProjectorMetrics
from shared.projections.projector import Limits, Projector
from shared.projections.readiness import dependencies
from shared.projections.spec import ProjectionSpec
from shared.projections.waiting import TooManyParked
from shared.projections.writes import TableDiffers
from shared.readiness import ready
from shared.store.config import Config
from shared.store.logging import configure_logging
from shared.store.pool import away, connect

# A batch ends well within this; what still waits then (for a broker that is away) is cancelled, which loses nothing.
_GRACE_S = 5.0
_LOOK_EVERY_S = 1.0
_log = structlog.get_logger("projector")


def main(spec: ProjectionSpec) -> int:
    """Run until SIGTERM or SIGINT: exit code 0. 1 with one sentence on standard error when it cannot go on."""
    try:
        config = Config()
    except ValidationError as error:
        return _refuse(f"the environment is not as it should be: {error}")
    configure_logging(f"{spec.name}-projector", config.log_level)
    collect_rarely()
    try:
        asyncio.run(project(spec, config))
    except (UserError, ForeignLog, NoGeneration, TooManyParked, TableDiffers) as error:
        return _refuse(str(error))
    except (psycopg.Error, KafkaError) as error:
        return _refuse(f"{type(error).__name__}: {error}")
    return 0


async def project(spec: ProjectionSpec, config: Config) -> None:
    """Project the generations of the spec's version, each with its own consumer group, until a signal comes.

    A replay makes new ones, and old ones are dropped: both are noticed within a second or so. When one of them cannot
    go on the others end too. Raises what Projector.run raises, NoGeneration, or UserError where nothing can listen on
    the port for /healthz, /readyz and /metrics.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    running: dict[Generation, tuple[asyncio.Task[None], asyncio.Event]] = {}
    found = await _found(spec, config)
    registry = process_registry(spec.name, "projector", {spec.name: spec.version})
    metrics, checks = ProjectorMetrics(registry), dependencies(config.database, config.broker)
    heartbeat = Heartbeat()
    beating = loop.create_task(heartbeat.run())
    try:
        with listening(config.metrics_host, config.metrics_port, Monitor(heartbeat, Checks(checks), registry)):
            ready()
            while True:
                for generation in found - running.keys():
                    observed, ended = metrics.of(generation), asyncio.Event()
                    checks[_reading(generation)] = _reads(observed)
                    task = loop.create_task(_projector(spec, generation, config, observed).run(ended))
                    running[generation] = (task, ended)
                for generation in running.keys() - found:
                    del checks[_reading(generation)]
                    await _end([running.pop(generation)])
                if await _anything_ended(stop, [task for task, _ in running.values()]):
                    return
                found = await _found_again(spec, config, found)
    finally:
        beating.cancel()
        await _end(list(running.values()))
        _log.info("stopped")


def _reading(generation: Generation) -> str:
    """The name of the check whether it is projected."""
    return f"reading {generation.schema}"


def _reads(observed: Observed) -> Check:
    async def look() -> str | None:
        return observed.silent()

    return look


async def _found(spec: ProjectionSpec, config: Config) -> set[Generation]:
    """Without their status: what is kept was live a moment ago, and is projected all the same."""
    async with await connect(config.database, application=f"{spec.name} projector") as connection:
        return {replace(one, status="projected") for one in await projected(connection, spec)}


async def _found_again(spec: ProjectionSpec, config: Config, before: set[Generation]) -> set[Generation]:
    try:
        return await _found(spec, config)
    except psycopg.Error as error:
        if not away(error):
            raise
        return before  # the projectors wait for it by themselves


async def _anything_ended(stop: asyncio.Event, tasks: Sequence[asyncio.Task[None]]) -> bool:
    """Whether, within the time between two looks, a signal came or a projector ended by itself."""
    watching = asyncio.ensure_future(stop.wait())
    done, _ = await asyncio.wait([watching, *tasks], timeout=_LOOK_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
    watching.cancel()
    return bool(done)


async def _end(running: Sequence[tuple[asyncio.Task[None], asyncio.Event]]) -> None:
    """Stop projectors; the error of one that could not go on is raised."""
    if not running:
        return
    for _, ended in running:
        ended.set()
    tasks = [task for task, _ in running]
    _, slow = await asyncio.wait(tasks, timeout=_GRACE_S)
    for task in slow:
        task.cancel()
    await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.result()


def collect_rarely() -> None:
    """A batch makes and drops some 50,000 objects, hardly any in circles; looking for circles in between is waste.

    Measured: 175 µs of CPU an event became 135.
    """
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


def _projector(spec: ProjectionSpec, generation: Generation, config: Config, observed: Observed) -> Projector:
    limits = Limits(
        config.batch, config.recompute_batch, config.parked_limit, tick_seconds=None, rest_s=config.rest_seconds
    )
    # Positions are in the database, so a group is only how several workers share the partitions.
    group = f"{generation.group}-{uuid4()}" if config.own_groups else None
    return Projector(spec, generation, config.database, config.broker, limits, group, observed)


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr, flush=True)
    return 1
