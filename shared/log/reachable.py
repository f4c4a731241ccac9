"""Whether a broker answers, without being a member of anything."""

from __future__ import annotations

from aiokafka.client import AIOKafkaClient


async def reach(broker: str) -> None:
    """Ask the broker (host:port) what it knows of its cluster. Raises aiokafka.errors.KafkaError."""
    client = AIOKafkaClient(bootstrap_servers=broker)
    try:
        await client.bootstrap()
    finally:
        await client.close()
