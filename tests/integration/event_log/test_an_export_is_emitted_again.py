"""An export emitted again changes nothing: no row of any projection, no issued line, no dead letter."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.event_log.entries import EVERYTHING, Asked
from services.event_log.export import export
from services.orders.cli import emit
from shared.errors import UserError
from shared.log.ends import end_offsets
from shared.log.records import Partition, Record
from shared.log.view import LogView, Span
from shared.log.writer import Outgoing
from shared.store.dead_letters import DeadLetter, bury
from shared.store.pool import connect
from tests.infrastructure.billing_system import EVERY_PROJECTION, BillingSystem, billing_system
from tests.infrastructure.brokers import Broker
from tests.integration.event_log.log import no_database, prepared, price, seats, write, write_and_take_back
from tests.integration.invoicing.test_invoice_runs import RELEASE_NOTES

pytestmark = [pytest.mark.broker, pytest.mark.database, pytest.mark.slow]

# What arrival and not content decides: where the log has been read to, the clock, when a thing was folded.
_BOOKKEEPING = ("position", "clock")
_TABLES = """
SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'
AND (table_schema ~ '_g[0-9]+$' OR (table_schema, table_name) IN
    (('store', 'event'), ('store', 'dead_letter'), ('invoicing', 'issued_line')))
ORDER BY 1, 2
"""


async def all_rows(system: BillingSystem) -> dict[str, list[str]]:
    """Every row of every projection, our own events, issued lines and dead letters."""
    tables = [row for row in await system.query(_TABLES) if row[1] not in _BOOKKEEPING]
    return {
        f"{schema}.{table}": [
            row
            for (row,) in await system.query(
                f"SELECT (to_jsonb(t) - 'touched')::text FROM {schema}.{table} t ORDER BY 1"
            )
        ]
        for schema, table in tables
    }


def test_no_row_and_no_dead_letter_comes_of_it(empty_broker: Broker, database: str, tmp_path: Path) -> None:
    file = str(tmp_path / "log.jsonl")
    address = empty_broker.address
    structured = {**seats("sub-1", 7, id="in-structured-form"), "specversion": "1.0", "unknown": {"b": 1.5, "a": 2}}
    structured["data"] |= {"quantity": 7, "x": {"b": 1.50, "a": "\u00e9"}, "customer_id": "cus-1"}
    old = {"product_id": "o365", "currency": "EUR", "price": "12.00", "effective_from": "2020-06-01"}
    headers = {"specversion": "1.0", "id": "old", "source": "urn:old", "type": "PriceChanged", "time": "2019-05-21",
               "dataschema": "urn:seatledger:PriceChanged:0"}  # fmt: skip
    upstream = [
        Outgoing("subscriptions.events", b"cus-1", json.dumps(structured, indent=2).encode()),
        Outgoing(
            "catalog.events", b"o365", json.dumps(old).encode(), [(f"ce_{n}", t.encode()) for n, t in headers.items()]
        ),
        Outgoing("orders.events", b"cus-1", b"not json"),
    ]

    async def scenario() -> None:
        async with billing_system(database, address, specs=EVERY_PROJECTION) as system:
            # given: all kinds of events, ours too; one sent twice; one whose id was used before; one that is none
            await system.emit([*RELEASE_NOTES, RELEASE_NOTES[1], seats("sub-never", 3)])
            await system.write(upstream)
            await system.settled()
            await system.emit([seats("sub-1", 99, id="2")])
            await system.settled()
            await system.run(date(2019, 2, 1))
            await system.settled()
            before = await all_rows(system)
            assert len(before["store.dead_letter"]) == 2
            assert before["invoicing.issued_line"]
            assert before["invoicing_g1.fact"]
            # when
            with pytest.raises(UserError) as left_out:
                await asyncio.to_thread(
                    export, lambda: address, lambda: database, file, [], EVERYTHING, skip_unreadable=False
                )
            await asyncio.to_thread(emit, file, broker=lambda: address)
            await system.settled()
            # then
            assert await all_rows(system) == before
            head, *named, advice = str(left_out.value).splitlines()
            unreadable, reused = sorted(named)
            assert head == "2 records are left out of the export:"
            assert unreadable.startswith("orders.events/")
            assert "value: is not JSON" in unreadable
            assert "refused as it came in: id reused: source 'urn:test' used id '2' before" in reused
            assert advice == "all others are exported; with --skip-unreadable that is no failure"

    asyncio.run(scenario())
    lines = [json.loads(line) for line in Path(file).read_text().splitlines()]
    assert sorted({one["type"] for one in lines}) == [
        "InvoiceIssued",
        "LicensesChanged",
        "OrderExecuted",
        "PriceChanged",
    ]
    assert len(lines) == 4 + 2 + 2 + 1


@pytest.mark.parametrize(("status", "ids"), [("dead", ["a"]), ("dropped", ["a"]), ("taken_in", ["a", "b"])])
def test_a_dead_letter_that_was_taken_in_is_exported(
    empty_broker: Broker, database: str, tmp_path: Path, status: str, ids: list[str]
) -> None:
    async def scenario() -> None:
        # given: an event that was refused, and what became of it
        async with billing_system(database, empty_broker.address, partitions=1) as system:
            await system.emit([seats("sub-1", 1, id="a"), seats("sub-1", 2, id="b")])
            await system.settled()
            async with await connect(database) as connection, connection.transaction():
                record = Record("subscriptions.events", 0, 1, await logged_at(empty_broker, 1), b"", b"", ())
                await bury(connection, [DeadLetter(record, "cannot be taken in here")], "subscriptions")
            await system.query("UPDATE store.dead_letter SET status = %s RETURNING topic", status)

    asyncio.run(scenario())
    # when
    file = tmp_path / "log.jsonl"
    export(lambda: empty_broker.address, lambda: database, str(file), [], EVERYTHING, skip_unreadable=True)
    # then
    assert [json.loads(line)["id"] for line in file.read_text().splitlines()] == ids


async def logged_at(broker: Broker, offset: int) -> int:
    place = Partition("subscriptions.events", 0)
    async with LogView(broker.address, [place.topic]) as view:
        (record,) = [one async for one in view.read({place: Span(offset, offset + 1)})]
        return record.timestamp


def exported(broker: Broker, file: Path, asked: Asked = EVERYTHING, *topics: str) -> list[dict[str, Any]]:
    export(lambda: broker.address, no_database, str(file), topics, asked, skip_unreadable=True)
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_partitions_are_in_order_and_only_what_is_asked_for_is_in_it(
    empty_broker: Broker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # given
    prepared(empty_broker)
    write(empty_broker, *(seats(f"sub-{number % 7}", number) for number in range(500)))
    write_and_take_back(empty_broker, *(seats(f"sub-{number}", 999) for number in range(7)))
    write(empty_broker, price("11.00"))
    file = tmp_path / "log.jsonl"
    # when / then
    everything = exported(empty_broker, file)
    assert len(everything) == 501
    for number in range(7):
        of_one = [one["data"]["quantity"] for one in everything if one["subject"] == f"sub-{number}"]
        assert of_one == list(range(number, 500, 7))
    assert [one["type"] for one in exported(empty_broker, file, EVERYTHING, "catalog.events")] == ["PriceChanged"]
    assert len(exported(empty_broker, file, Asked(frozenset({"LicensesChanged"}), frozenset({"sub-3"})))) == 71
    assert exported(empty_broker, file, Asked(until=1)) == []
    said = capsys.readouterr()
    assert said.out == ""
    assert "exported 501 events (catalog.events 1, subscriptions.events 500)\n" in said.err
    assert "exported 0 events\n" in said.err
    assert "No database is known here (SEATLEDGER_DATABASE)" in said.err


def test_what_comes_while_it_is_made_is_not_in_it(empty_broker: Broker, tmp_path: Path) -> None:
    # given: a log that grows by what is exported of it
    prepared(empty_broker, partitions=1)
    write(empty_broker, seats("sub-1", 1), seats("sub-1", 2))

    def grows() -> str:
        """Asked for when the export has looked where the log ends."""
        with ThreadPoolExecutor() as another:
            another.submit(write, empty_broker, seats("sub-1", 3)).result()
        return no_database()

    # when
    export(lambda: empty_broker.address, grows, str(tmp_path / "log"), [], EVERYTHING, skip_unreadable=False)
    # then
    assert [json.loads(one)["id"] for one in (tmp_path / "log").read_text().splitlines()] == ["sub-1-1", "sub-1-2"]
    place = Partition("subscriptions.events", 0)
    assert asyncio.run(end_offsets(empty_broker.address, [place])) == {place: 3}
