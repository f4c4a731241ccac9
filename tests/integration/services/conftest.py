"""A prepared installation: topics on the broker, tables and generations in a database of the test."""

import asyncio
from pathlib import Path

import pytest

from services.prepare import prepare
from shared.store.config import Config
from tests.infrastructure.brokers import Broker


@pytest.fixture
def config(empty_broker: Broker, database: str, tmp_path: Path) -> Config:
    """Broker, database and state folder of a prepared installation with few partitions and a quick clock."""
    made = Config(database=database, broker=empty_broker.address, home=tmp_path, partitions=2, tick_seconds=0.5)
    asyncio.run(prepare(made))
    return made
