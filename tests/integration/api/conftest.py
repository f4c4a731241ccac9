"""An installation with orders, subscriptions and documents, whose APIs may be asked anything: nothing else uses it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.infrastructure.brokers import Broker
from tests.infrastructure.databases import Databases
from tests.infrastructure.tokens import bearer, token_of
from tests.infrastructure.topics import delete_all_topics
from tests.integration.access.routes import apps
from tests.integration.access.world import Belongings, make_world


@dataclass
class Installation:
    """The applications of all services over one database, and what there is in it."""

    apps: dict[str, FastAPI]
    clients: dict[str, TestClient]
    headers: dict[str, str]
    everybody: list[Belongings]


@pytest.fixture(scope="module")
def installation(broker: Broker, database_server: Databases) -> Iterator[Installation]:
    delete_all_topics(broker.address)
    dsn = database_server.create()
    everybody = asyncio.run(make_world(dsn, broker.address))
    headers = bearer(token_of(dsn, "distributor"))
    with ExitStack() as stack:
        found = apps(dsn)
        clients = {
            name: stack.enter_context(TestClient(app, headers=headers, raise_server_exceptions=False))
            for name, app in found.items()
        }
        yield Installation(found, clients, headers, everybody)
    database_server.drop(dsn)
