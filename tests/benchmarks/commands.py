"""Commands a second over HTTP, with the relay and the projector at work beside; and how long one takes at 100 a second.

API, relay, projector, PostgreSQL, broker and the client that asks share the machine. Every command is a change of
licences of another subscription, each with an event, an outbox row and an answer with the new state.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from typing import Any

import orjson

from deploy.local.processes import free_port
from services.prepare import prepare
from services.subscriptions.bulk_import import import_all
from services.subscriptions.import_rows import rows_of
from shared.commands.principal import OPERATOR
from shared.store.config import Config
from shared.store.outbox import depth
from shared.store.pool import connect
from tests.benchmarks.processes import service
from tests.infrastructure.billing_system import BillingSystem
from tests.infrastructure.brokers import Broker
from tests.infrastructure.databases import Databases
from tests.infrastructure.tokens import token_of
from tests.infrastructure.topics import delete_all_topics

_SUBSCRIPTIONS = 5_000
_COMMANDS = 5_000
_CLIENTS = 64
_LIST, _CLIENTS_OF_LISTS = 100, 4
_ROUNDS = 3
_RATE = 100
_LATENCY_COMMANDS = 1_000
# Less than the five seconds after which the server closes a connection that nobody uses.
_KEPT_ALIVE_S = 3.0


def measure(broker: Broker, server: Databases) -> dict[str, float]:
    """`commands_per_s` one a request, `commands_in_lists_per_s` a hundred a request, `command_p99_ms` at 100/s.

    `imported_rows_per_s`: of an import beside relay and projector. `command_outbox_most`: how many events waited for
    the relay at the worst moment.
    """
    delete_all_topics(broker.address)
    dsn = server.create()
    system = BillingSystem(dsn, broker.address)
    asyncio.run(_prepared(system))
    with _running(system) as port:
        imported = asyncio.run(_take_over(system))
        token = token_of(dsn, "distributor")
        asyncio.run(_warm(port, token))
        rounds = [asyncio.run(_burst(system, port, token)) for _ in range(_ROUNDS)]
        lists = [asyncio.run(_burst(system, port, token, in_lists=True)) for _ in range(_ROUNDS)]
        p99 = asyncio.run(_latency(port, token))
    return {
        "imported_rows_per_s": round(imported),
        "commands_per_s": round(statistics.median(rate for rate, _ in rounds)),
        "commands_in_lists_per_s": round(statistics.median(rate for rate, _ in lists)),
        "command_outbox_most": max(most for _, most in (*rounds, *lists)),
        "command_p99_ms": round(p99, 1),
    }


async def _prepared(system: BillingSystem) -> None:
    await prepare(Config(database=system.dsn, broker=system.broker, partitions=4))


@contextmanager
def _running(system: BillingSystem) -> Iterator[int]:
    """API, relay and projector of subscriptions; the port of the API."""
    port = free_port()
    with ExitStack() as running:
        running.enter_context(service("services.subscriptions.projector", system))
        running.enter_context(service("services.subscriptions.worker", system))
        running.enter_context(service("services.subscriptions.api", system, SEATLEDGER_API_PORT=str(port)))
        yield port


async def _take_over(system: BillingSystem) -> float:
    """Import what commands change later, and wait for the projection; how many rows a second were imported."""
    rows = (
        json.dumps({
            "subscription_id": f"sub-{number}", "currency": "EUR", "customer": {"id": f"cus-{number % 1000}"},
            "reseller": {"id": f"res-{number % 50}"}, "product": {"id": f"p-{number % 10}"}, "quantity": 5,
            "unit_price": "10.00", "started_at": "2026-01-01", "billed_by_us_from": "2026-02-01",
        })
        for number in range(_SUBSCRIPTIONS)
    )  # fmt: skip
    async with await connect(system.dsn) as connection:
        began = time.perf_counter()
        async for _ in import_all(connection, rows_of(rows, "jsonl"), OPERATOR):
            pass
        took = time.perf_counter() - began
        while (await _projected(system)) < _SUBSCRIPTIONS:  # noqa: ASYNC110 - another process projects
            await asyncio.sleep(0.2)
    return _SUBSCRIPTIONS / took


async def _projected(system: BillingSystem) -> int:
    ((count,),) = await system.query("SELECT count(*) FROM read.subscriptions")
    return int(count)


class Client:
    """One connection that asks and waits for the answer: as little work as possible beside what is measured."""

    def __init__(self, port: int, token: str) -> None:
        self._port, self._token = port, token
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._used = 0.0

    def renew_if_idle(self) -> None:
        """Ask on a fresh connection where the API may have closed this one."""
        if self._streams is not None and time.monotonic() - self._used > _KEPT_ALIVE_S:
            self.close()
            self._streams = None

    async def more_seats(self, number: int) -> None:
        """One licence more of one subscription."""
        await self._post(f"subscriptions/{_name(number)}/quantity", {"change": 1})

    async def more_seats_of_many(self, numbers: Sequence[int]) -> None:
        """One licence more of each, in one request."""
        body = {"change": 1}
        commands = [{"command": "quantity", "subscription": _name(one), "body": body} for one in numbers]
        for outcome in await self._post("commands", {"commands": commands}):
            if "problem" in outcome:
                raise AssertionError(outcome)

    async def _post(self, path: str, value: object) -> Any:
        self._used = time.monotonic()
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        body = orjson.dumps(value)
        writer.write(
            f"POST /v1/{path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {self._token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        answer = orjson.loads(await reader.readexactly(int(length.split(b":")[1])))
        if not head.startswith(b"HTTP/1.1 200"):
            raise AssertionError(answer)
        return answer

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()


def _name(number: int) -> str:
    return f"sub-{number % _SUBSCRIPTIONS}"


async def _warm(port: int, token: str) -> None:
    for _ in range(200):
        try:
            await Client(port, token).more_seats(0)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            return
    raise AssertionError("the API did not answer")


async def _burst(system: BillingSystem, port: int, token: str, *, in_lists: bool = False) -> tuple[float, int]:
    """Commands a second until all are accepted and relayed, and the most that ever waited for the relay."""
    numbers = iter(range(_COMMANDS))
    most = 0

    async def ask() -> None:
        client = Client(port, token)
        for number in numbers:
            if in_lists:
                await client.more_seats_of_many([number, *islice(numbers, _LIST - 1)])
            else:
                await client.more_seats(number)
        client.close()

    async def watch() -> None:
        nonlocal most
        async with await connect(system.dsn) as connection:
            while True:
                most = max(most, await depth(connection))
                await asyncio.sleep(0.1)

    began = time.perf_counter()
    watching = asyncio.create_task(watch())
    await asyncio.gather(*(ask() for _ in range(_CLIENTS_OF_LISTS if in_lists else _CLIENTS)))
    accepted = time.perf_counter() - began
    async with await connect(system.dsn) as connection:
        while await depth(connection):  # noqa: ASYNC110 - another process relays
            await asyncio.sleep(0.02)
    watching.cancel()
    return _COMMANDS / accepted, most


async def _latency(port: int, token: str) -> float:
    """The 99th percentile, in milliseconds, of commands that are asked for every ten milliseconds, come what may."""
    waits: list[float] = []
    # The one that was used last: those that are not needed fall idle, and the API closes them.
    free: list[Client] = []

    async def ask(number: int, due: float) -> None:
        client = free.pop() if free else Client(port, token)
        client.renew_if_idle()
        await client.more_seats(number)
        waits.append((time.perf_counter() - due) * 1000)
        free.append(client)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for number in range(_LATENCY_COMMANDS):
            due = began + number / _RATE
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.create_task(ask(number, due))
    return sorted(waits)[int(len(waits) * 0.99)]
