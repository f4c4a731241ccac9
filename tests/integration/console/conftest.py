"""The console over a database that is prepared, with no broker and no API beside it, and people signed in to it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from fastapi.testclient import TestClient

from services.console.application import create_app
from services.console.dead_letters import routes as dead_letter_pages
from services.console.system import System
from services.prepare import specs
from tests.infrastructure.brokers import Broker
from tests.infrastructure.databases import Databases
from tests.infrastructure.prepared import prepare
from tests.infrastructure.tokens import token_of
from tests.infrastructure.topics import delete_all_topics
from tests.integration.console.shop import InShop, opened

# Nothing listens there.
NOWHERE = "127.0.0.1:9"
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


@pytest.fixture
def operated(database_server: Databases, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The DSN of a database with every table and an empty generation of each projection; nobody projects it."""
    monkeypatch.setattr(dead_letter_pages, "_WAIT_S", 0.0)
    dsn = database_server.create(database_server.template("prepared", lambda dsn: asyncio.run(prepare(dsn))))
    yield dsn
    database_server.drop(dsn)


@pytest.fixture(scope="module")
def in_shop(broker: Broker, database_server: Databases) -> Iterator[InShop]:
    """Run a scenario in the shop; each has a customer of its own there."""
    delete_all_topics(broker.address)
    dsn = database_server.create()
    with opened(dsn, broker.address) as run:
        yield run
    database_server.drop(dsn)


SignIn = Callable[..., TestClient]


@pytest.fixture
def sign_in(operated: str) -> Iterator[SignIn]:
    """`sign_in("distributor")`, `sign_in("reseller", reseller="res-1")`: somebody who asks for pages."""
    apis = {"reconciliation": f"http://{NOWHERE}"}
    with ExitStack() as stack:

        def signed_in(role: str, *, beta: bool = True, **whose: str) -> TestClient:
            app = create_app(
                operated, apis, secure_cookies=False, system=System(operated, NOWHERE, tuple(specs())),
                reconciliation_beta=beta,
            )  # fmt: skip
            client = stack.enter_context(TestClient(app))
            answer = client.post("/sign-in", data={"token": token_of(operated, role, **whose), "next": "/replay"})
            assert answer.history[0].status_code == 303
            return client

        yield signed_in


def sent(client: TestClient, page: str, path: str, **fields: str) -> str:
    """What a form comes to that is sent with the field of its page."""
    found = _CSRF.search(client.get(page).text)
    assert found is not None
    return str(client.post(path, data={"csrf": found[1], **fields}).text)
