"""What a projector and a worker need before they can work: a database and a broker that answer."""

from __future__ import annotations

import psycopg
from aiokafka.errors import KafkaError

from shared.log.reachable import reach
from shared.monitoring.checks import Check
from shared.store.pool import connect


def dependencies(dsn: str, broker: str) -> dict[str, Check]:
    """The checks `database` and `broker`, each on a connection of its own that ends with it."""

    async def database() -> str | None:
        try:
            async with await connect(dsn, application="seatledger readiness") as connection:
                await connection.execute("SELECT 1")
        except psycopg.Error:
            return "the database does not answer"
        return None

    async def log() -> str | None:
        try:
            await reach(broker)
        except KafkaError:
            return "the broker does not answer"
        return None

    return {"database": database, "broker": log}
