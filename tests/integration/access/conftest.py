"""One installation with all that the APIs show, for every test of access of a session: none of them changes it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from fastapi.testclient import TestClient

from tests.infrastructure.brokers import Broker
from tests.infrastructure.databases import Databases
from tests.infrastructure.tokens import bearer, token_of
from tests.infrastructure.topics import delete_all_topics
from tests.integration.access.routes import apps, routes_of
from tests.integration.access.world import Belongings, make_world


@dataclass
class World:
    """An installation with its APIs, and what belongs to whom in it."""

    dsn: str
    clients: dict[str, TestClient]
    everybody: list[Belongings]

    def caller(self, reseller: str | None, customer: str | None) -> dict[str, str]:
        role = "reseller" if reseller else "customer" if customer else "distributor"
        return bearer(token_of(self.dsn, role, reseller=reseller, customer=customer))

    def theirs(self, reseller: str | None, customer: str | None) -> list[Belongings]:
        return [one for one in self.everybody if (reseller or customer) in (one.reseller, one.customer)]

    def others(self, reseller: str | None, customer: str | None) -> list[Belongings]:
        theirs = self.theirs(reseller, customer)
        return [one for one in self.everybody if one not in theirs]

    def foreign(self, reseller: str | None, customer: str | None) -> set[str]:
        """Every id that a caller may not see: of things that are others', of documents that others pay."""
        payers = {one.payer for one in self.everybody}
        names = {name for one in self.others(reseller, customer) for name in one.names()}
        names |= {number for one in self.everybody for number in one.documents if one.payer != (reseller or customer)}
        own = {payer for one in self.theirs(reseller, customer) for payer in (one.payer, one.customer)}
        return names | (payers - own)


@pytest.fixture(scope="session")
def world(broker: Broker, database_server: Databases) -> Iterator[World]:
    delete_all_topics(broker.address)
    dsn = database_server.create()
    everybody = asyncio.run(make_world(dsn, broker.address))
    with ExitStack() as stack:
        clients: dict[str, TestClient] = {}
        with pytest.MonkeyPatch.context() as environment:
            # Resellers read reconciliation only after its beta: here there is the more to see.
            environment.setenv("SEATLEDGER_RECONCILIATION_BETA", "false")
            for app in apps(dsn).values():
                client = stack.enter_context(TestClient(app))
                clients |= {name: client for name, _ in routes_of(app)}
        yield World(dsn, clients, everybody)
    database_server.drop(dsn)
