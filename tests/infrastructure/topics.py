"""Emptying a broker between tests."""

import asyncio

from aiokafka.admin import AIOKafkaAdminClient


def delete_all_topics(address: str) -> None:
    """Delete every topic but Kafka's own."""
    asyncio.run(_delete_all_topics(address))


async def _delete_all_topics(address: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        names = [name for name in await admin.list_topics() if not name.startswith("__")]
        if names:
            await admin.delete_topics(names)
    finally:
        await admin.close()
