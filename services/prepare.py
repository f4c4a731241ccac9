"""`python -m services.prepare`: wait for broker and database, then migrations, topics and generations; nothing twice.

Runs before the services start, and at every start: what is there already is left as it is. Services that are not
installed are passed over. A database without events of ours that the log has is refused: services would decide on it.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import psycopg
import structlog
from aiokafka.errors import KafkaError

from shared.errors import UserError
from shared.log.topics import DEFAULT_PARTITIONS, ensure_topics
from shared.projections.generations import ensure_generation
from shared.projections.spec import ProjectionSpec
from shared.recovery.comparing import refuse_lost_events
from shared.store.config import Config
from shared.store.logging import configure_logging
from shared.store.migrations import STORE_MIGRATIONS, MigrationRefused, migrate
from shared.store.pool import away, connect

_SERVICES = ("orders", "subscriptions", "invoicing", "reconciliation", "console")
_WAIT_S = 60.0
_BETWEEN_S = 0.25
_T = TypeVar("_T")


def specs() -> Iterator[ProjectionSpec]:
    """The projections of the services that are here: each one's `projection.SPEC`, or `SPECS` where it has several."""
    for service in _SERVICES:
        name = f"services.{service}.projection"
        if importlib.util.find_spec(f"services.{service}") is None or importlib.util.find_spec(name) is None:
            continue
        module = importlib.import_module(name)
        yield from getattr(module, "SPECS", None) or (module.SPEC,)


def migration_folders() -> dict[str, Path]:
    """The migrations of the store, then those that services bring, by room."""
    rooms = {"store": STORE_MIGRATIONS}
    here = Path(__file__).parent
    return rooms | {service: folder for service in _SERVICES if (folder := here / service / "migrations").is_dir()}


async def prepare(config: Config, wait_s: float = _WAIT_S) -> None:
    """Make database and broker ready. Raises MigrationRefused, TopicsRefused, or what kept them from answering.

    UserError where the database is behind the log, and SEATLEDGER_RECOVER does not say to take in what it lacks.
    """
    log = structlog.get_logger("prepare")
    connection = await _patiently(lambda: connect(config.database, application="seatledger prepare"), wait_s)
    try:
        applied = await migrate(connection, migration_folders())
        created = await _patiently(lambda: ensure_topics(config.broker, partitions=config.partitions), wait_s)
        partitions = config.partitions or DEFAULT_PARTITIONS
        at = datetime.now(UTC)
        made = [await ensure_generation(connection, spec, partitions, at) for spec in specs()]
        if config.recover:
            await _recover(config, log)
        await _patiently(lambda: refuse_lost_events(connection, config.broker, log.info), wait_s)
    finally:
        await connection.close()
    log.info("prepared", migrations=applied, topics=created, generations=[g.schema for g in made if g is not None])


async def _recover(config: Config, log: structlog.stdlib.BoundLogger) -> None:
    # Brings invoicing, which need not be installed where nothing is ever recovered.
    from services.recovering import recover
    from shared.recovery.importing import Progress

    done = 0

    def told(progress: Progress) -> None:
        nonlocal done
        done += progress.more
        log.info("recovering", records=done, of=progress.total)

    recovered = await recover(config.database, config.broker, dry_run=False, by=None, told=told)
    log.info("recovered", events=recovered.events.total(), numbers_not_there=recovered.not_there)


async def _patiently(attempt: Callable[[], Awaitable[_T]], wait_s: float) -> _T:
    """Try until it answers; the last failure passes when `wait_s` seconds are over."""
    until = time.monotonic() + wait_s
    while True:
        try:
            return await attempt()
        except psycopg.Error as error:
            if not away(error) or time.monotonic() > until:
                raise
        except KafkaError:
            if time.monotonic() > until:
                raise
        await asyncio.sleep(_BETWEEN_S)


def main() -> int:
    """Exit code 0 when everything is ready, 1 with one sentence on standard error otherwise."""
    config = Config()
    configure_logging("prepare", config.log_level)
    try:
        asyncio.run(prepare(config))
    except (MigrationRefused, UserError, psycopg.Error, KafkaError) as error:
        print(f"not ready: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
