"""`simulate --base` over the running system: what it says is what happens once the events come in earnest."""

import asyncio
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.invoicing import whatif_cli
from services.invoicing.whatif_cli import what_if_shape
from services.invoicing.whatif_run import Question, what_if
from shared.errors import UserError
from tests.billing_dsl import Event, Json, canceled, customer_changed, ordered, price, product_defined, seats, setting
from tests.infrastructure.billing_system import BillingSystem, billing_system
from tests.infrastructure.brokers import Broker
from tests.integration.invoicing.documents import facts_in

CLOSED = date(2026, 2, 1)
UNTIL = date(2026, 4, 1)
RESELLER = {"id": "res-1", "tax_rate": "0.24"}


def identified(*events: Event, source: str) -> list[Event]:
    """Events with ids of their own, as an upstream system sends them."""
    instants = (event | {"time": event["time"] + "T09:00:00Z"} for event in events)
    return [{"id": f"{place}", "source": source} | event for place, event in enumerate(instants, 1)]


# Two customers of one reseller and one that pays itself: two on one product, one on another.
REAL = identified(
    ordered(5, "10.00", on="2026-01-01", sub="sub-1", product="office", customer="cus-1", reseller=RESELLER),
    ordered(2, "20.00", on="2026-01-01", sub="sub-2", product="mail", customer="cus-2", reseller=RESELLER),
    ordered(1, "10.00", on="2026-01-10", sub="sub-3", product="office", customer="cus-3"),
    seats(6, on="2026-01-20", sub="sub-1"),
    source="urn:test:real",
)

EVERYTHING_DEARER = identified(
    price("999.00", since="2026-02-02", product="office", backdate=True),
    price("999.00", since="2026-02-02", product="mail", backdate=True),
    source="urn:test:all",
)


def asked(dsn: str, events: list[Event], **question: Any) -> Any:
    """What `simulate --base` answers, as JSON."""

    async def answer() -> Json:
        asking = Question(facts_in(events), **({"until": UNTIL} | question))
        return what_if_shape(asking, await what_if(dsn, asking, lambda total: lambda more: None), [])

    return answer()


def with_base(broker: Broker, dsn: str, scenario: Callable[[BillingSystem], Any]) -> None:
    """The system with REAL projected and billed up to CLOSED, while the projectors go on."""

    async def run() -> None:
        async with billing_system(dsn, broker.address) as system:
            await system.emit(REAL)
            await system.settled()
            await system.run(date(2026, 1, 1))
            await system.run(CLOSED)
            await system.settled()
            await scenario(system)

    asyncio.run(run())


async def what_is_stored(system: BillingSystem) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but positions and clock, which move by themselves."""
    tables = await system.query(
        "SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND "
        "table_schema NOT IN ('pg_catalog', 'information_schema') AND table_name NOT IN ('position', 'clock')"
    )
    return {table: sorted(await system.query(f"SELECT * FROM {table}"), key=repr) for (table,) in tables}


def nets(rows: list[Json]) -> list[tuple[str, ...]]:
    return [(r["recipient"], r["month"], r["net_now"], r["net_then"], r["difference"]) for r in rows]


def test_a_price_change_differs_for_the_subscriptions_of_that_product_only(empty_broker: Broker, database: str) -> None:
    hypothetical = identified(price("12.00", since="2026-03-01", known="2026-02-10"), source="urn:test:what-if")

    async def scenario(system: BillingSystem) -> None:
        answer = await asked(database, hypothetical)

        assert nets(answer["difference"]) == [
            ("cus-3", "2026-03", "10.00", "12.00", "2.00"),
            ("cus-3", "2026-04", "10.00", "12.00", "2.00"),
            ("res-1", "2026-03", "60.00", "72.00", "12.00"),
            ("res-1", "2026-04", "60.00", "72.00", "12.00"),
        ]
        assert [(t["net_now"], t["net_then"], t["difference"]) for t in answer["totals"]] == [
            ("140.00", "168.00", "28.00")
        ]
        assert answer["base"] == {
            "last_closed": "2026-02-01", "runs_from": "2026-02-02", "subscriptions": 3, "simulated": 2, "added": 0,
        }  # fmt: skip

    with_base(empty_broker, database, scenario)


@pytest.mark.parametrize(
    "hypothetical",
    [
        [price("12.00", since="2026-02-15", known="2026-02-10"), seats(9, on="2026-02-20", sub="sub-1")],
        [canceled(on="2026-01-15", known="2026-02-15", sub="sub-1")],
        [ordered(1000, "1.00", on="2026-02-05", sub="sub-9", customer="cus-9", reseller=RESELLER)],
        [setting("partial_charges_invoicing", "order_day", since="2026-02-02"), seats(9, on="2026-02-20", sub="sub-1")],
        [customer_changed(on="2026-02-10", customer="cus-1", reseller_id="res-2", separate_invoices=True)],
        [product_defined(on="2026-02-03"), seats(1, on="2026-01-15", known="2026-02-03", sub="sub-2")],
    ],
    ids=["price and seats", "late end", "new seats", "setting", "another reseller", "late decrease"],
)
def test_what_it_says_is_what_happens_once_the_events_come_in_earnest(
    empty_broker: Broker, database: str, hypothetical: list[Event]
) -> None:
    events = identified(*hypothetical, source="urn:test:what-if")

    async def scenario(system: BillingSystem) -> None:
        answer = await asked(database, events)
        # Another price for everything: then every document of the real events alone is one that differs.
        all_differ = await asked(database, EVERYTHING_DEARER)
        without = all_differ["documents"]["without"]
        expected = {line["line"]: line for document in answer["documents"]["with"] for line in document["lines"]}
        days = {date.fromisoformat(document["date"]) for document in (*without, *answer["documents"]["with"])}

        await system.emit(events)
        await system.settled()
        issued: list[Json] = [document for day in sorted(days) for document in (await system.run(day)).documents]

        came_out = {line["line"]: line for document in issued for line in document["lines"]}
        assert expected
        assert {name: came_out.get(name) for name in expected} == expected
        assert sum(Decimal(row["difference"]) for row in answer["difference"]) == net(issued) - net(without)

    with_base(empty_broker, database, scenario)


def test_a_setting_that_is_what_holds_anyway_changes_nothing(empty_broker: Broker, database: str) -> None:
    async def scenario(system: BillingSystem) -> None:
        same = await asked(database, [], settings={"issue_zero_invoices": "false", "rounding": "unit"})
        assert (same["base"]["simulated"], same["difference"], same["totals"]) == (3, [], [])
        assert same["documents"] == {"without": [], "with": []}

    with_base(empty_broker, database, scenario)


def net(documents: list[Json]) -> Decimal:
    signs = {"invoice": 1, "credit_note": -1}
    return sum((signs[d["kind"]] * Decimal(d["net"]) for d in documents), Decimal(0))


def test_nothing_is_written_while_the_projectors_go_on(empty_broker: Broker, database: str) -> None:
    hypothetical = identified(seats(50, on="2026-02-10", sub="sub-1"), source="urn:test:what-if")

    async def scenario(system: BillingSystem) -> None:
        before = await what_is_stored(system)
        first = await asked(database, hypothetical)
        assert await what_is_stored(system) == before

        more = identified(*(seats(n, on="2026-02-12", sub="sub-2") for n in range(3, 40)), source="urn:test:more")
        answers, _ = await asyncio.gather(
            asyncio.gather(*(asked(database, hypothetical) for _ in range(5))), system.emit(more)
        )
        await system.settled()

        assert all(answer["difference"] == first["difference"] for answer in answers)
        stored = await system.query("SELECT quantity FROM read.subscriptions WHERE subscription = 'sub-2'")
        assert stored == [(39,)]

    with_base(empty_broker, database, scenario)


def test_events_that_cannot_count_are_told_with_their_reason(
    empty_broker: Broker, database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = [
        *identified(
            seats(0, on="2026-02-10", sub="sub-2"),
            seats(7, on="2026-02-10", sub="sub-nobody"),
            source="urn:test:what-if",
        ),
        REAL[0],
        *identified(canceled(on="2026-01-19", known="2026-02-10", sub="sub-1"), source="urn:test:end"),
    ]
    file = tmp_path / "changes.jsonl"
    file.write_text("".join(f"{json.dumps(event)}\n" for event in events))

    async def scenario(system: BillingSystem) -> None:
        await asyncio.to_thread(
            whatif_cli.run,
            lambda: database,
            str(file),
            until=UNTIL,
            runs=None,
            settings={},
            documents=True,
            as_json=False,
        )

    with_base(empty_broker, database, scenario)

    said = capsys.readouterr().out
    assert "a quantity of 0 is not a change of seats" in said
    assert "waits for the order of subscription sub-nobody" in said
    assert "this event is in the database already" in said
    assert "Real events that would be rejected beside them" in said
    assert "after subscription sub-1 was canceled with effect from 2026-01-19" in said
    assert "credit_note" in said


def test_a_closed_day_and_a_database_without_seatledger_are_refused_in_one_sentence(
    empty_broker: Broker, database: str, database_server: Any
) -> None:
    async def scenario(system: BillingSystem) -> None:
        with pytest.raises(UserError, match="2026-02-01 is closed: the last invoice run is of 2026-02-01"):
            await asked(database, [], until=CLOSED)

    with_base(empty_broker, database, scenario)
    other = database_server.create()
    with pytest.raises(UserError, match="holds no Seatledger"):
        whatif_cli.run(
            lambda: other, None, until=UNTIL, runs=None, settings={"rounding": "line"}, documents=False, as_json=True
        )
    database_server.drop(other)
