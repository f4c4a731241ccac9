"""Every query of the dashboards, run against the demonstration's data by a login that is made for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from services.demo.catalogue import MICROSOFT
from services.demo.days import first_day, last_day, run_days
from services.demo.stream import stream
from services.reconciliation.comparing import compare_now
from services.reconciliation.delay import Policy
from services.reconciliation.sweeping import sweep
from services.reconciliation.vendors.connector import Entitlement
from shared.store import readers
from shared.store.pool import connect
from tests.infrastructure.billing_system import EVERY_PROJECTION, BillingSystem, billing_system
from tests.infrastructure.brokers import Broker
from tests.infrastructure.databases import Databases
from tests.infrastructure.grafana import DASHBOARDS, POSTGRESQL, Query, Span, as_sent, queries, variables
from tests.infrastructure.topics import delete_all_topics
from tests.infrastructure.vendors import VendorInMemory

pytestmark = [pytest.mark.broker, pytest.mark.database]

# A year of the demonstration is more than other tests wait for.
_WITHIN_S = 300
READER = "bi_of_the_dashboards"
_AT_THE_VENDOR = """
SELECT lower(vendor_subscription), quantity, status FROM read.subscriptions
WHERE lower(vendor) = %s AND vendor_subscription IS NOT NULL AND status = 'active' AND quantity > 1
ORDER BY subscription
"""
# By hand, past the invoice run: the demonstration's stream credits nobody more than is open, and to make it do so would
# change figures that its documentation prints. What a run makes of such a credit is tested where invoicing is.
_BALANCE = """
INSERT INTO invoicing_g1.document (number, kind, date, recipient, currency, net, tax, gross, taxes, balance)
SELECT 'C-1', 'credit_note', %s, min(recipient), 'EUR', 5, 0, 5, '[]', 5 FROM read.documents WHERE currency = 'EUR'
RETURNING 1
"""
Row = dict[str, Any]


class Shown:
    """The demonstration as a reader sees it, on a day on which everything of it has happened."""

    def __init__(self, dsn: str, now: datetime) -> None:
        self.dsn = dsn
        # What the business dashboard shows when it is opened.
        self.span = Span(now - timedelta(days=365), now + timedelta(days=92))
        self.values: dict[str, Sequence[str]] = {}
        for variable in variables(DASHBOARDS["business"]):
            column = "__value" if variable["multi"] else variable["name"]
            found = [row[column] for row in self.rows(variable["query"], {})]
            self.values[variable["name"]] = found if variable["multi"] else found[:1]

    def rows(self, sql: str, values: Mapping[str, Sequence[str]] | None = None) -> list[Row]:
        sent = as_sent(sql, self.span, self.values if values is None else values)
        with psycopg.connect(self.dsn, row_factory=dict_row) as connection:
            return connection.execute(sent.encode()).fetchall()

    def panel(self, title: str, reference: str = "A") -> list[Row]:
        (query,) = [one for one in queries(POSTGRESQL) if one.where == f"{title} {reference}"]
        return self.rows(query.text)


@pytest.fixture(scope="module")
def shown(broker: Broker, database_server: Databases) -> Iterator[Shown]:
    delete_all_topics(broker.address)
    dsn = database_server.create()
    now = datetime.now(UTC)
    asyncio.run(_demonstrated(dsn, broker.address, now))
    yield Shown(make_conninfo(dsn, user=READER), now)
    asyncio.run(_without_the_reader(dsn))
    database_server.drop(dsn)


async def _demonstrated(dsn: str, broker: str, now: datetime) -> None:
    last = last_day(now.date())
    async with billing_system(dsn, broker, partitions=1, specs=EVERY_PROJECTION) as system:
        await system.emit(stream(last))
        await system.settled(_WITHIN_S)
        # Of the days that the demonstration closes one in each quarter of its last year: a run costs seconds.
        for day in [day for day in run_days(last) if day.day == 1 and day >= first_day(last)][::3]:
            await system.run(day)
        await system.settled(_WITHIN_S)
        await system.query(_BALANCE, last - timedelta(days=1))
        await _reconciled(system)
    async with await connect(dsn) as connection:
        await readers.create(connection, READER, "a password of it", None)


async def _without_the_reader(dsn: str) -> None:
    async with await connect(dsn) as connection:
        await readers.drop(connection, READER)


async def _reconciled(system: BillingSystem) -> None:
    """The vendor has all of it with a seat more of two; then of one of these two."""
    ours = await system.query(_AT_THE_VENDOR, MICROSOFT)
    for more in (2, 1):
        held = [
            Entitlement(name, "key", quantity + (place < more), status, status)
            for place, (name, quantity, status) in enumerate(ours)
        ]
        await sweep(system.dsn, VendorInMemory(MICROSOFT, held={"acc": held}), "test")
        await system.settled(_WITHIN_S)
        await compare_now(system.dsn, system.broker, MICROSOFT, Policy())
        await system.settled(_WITHIN_S)


@pytest.mark.parametrize("query", queries(POSTGRESQL), ids=lambda query: query.where)
def test_a_panel_has_rows(shown: Shown, query: Query) -> None:
    rows = shown.rows(query.text)

    assert rows
    for row in rows:
        if query.format == "time_series":
            assert isinstance(row["time"], datetime)
            assert len(row) >= 2
    # A time and a label are there without anything to show.
    assert any(value for row in rows for value in row.values() if isinstance(value, (int, float, Decimal)))


def test_the_variables_of_a_dashboard_have_values(shown: Shown) -> None:
    assert shown.values["currency"] == ["EUR"]
    assert len(shown.values["payer"]) >= 3


def test_what_is_billed_is_the_same_in_one_figure_and_by_month(shown: Shown) -> None:
    ((billed,),) = [row.values() for row in shown.panel("Billed, net ($currency)")]

    months = shown.panel("Revenue billed and due by month ($currency)")

    assert len(months) >= 4
    assert sum((month["billed"] or 0) + (month["credited"] or 0) for month in months) == billed > 0


def test_top_resellers_and_states_count_the_documents_that_there_are(shown: Shown) -> None:
    states = sum(row["documents"] for row in shown.panel("Documents by state"))
    top = shown.panel("Top resellers ($currency)")

    assert sum(row["documents"] for row in top) == states > 20
    assert [row["billed"] for row in top] == sorted((row["billed"] for row in top), reverse=True)


def test_billed_seats_on_the_first_of_the_month_are_those_that_run(shown: Shown) -> None:
    latest = max(row["time"] for row in shown.panel("Billed seats by product"))
    billed = {row["metric"]: row["seats"] for row in shown.panel("Billed seats by product") if row["time"] == latest}

    assert latest.day == 1
    assert all(seats >= 0 for seats in billed.values())
    assert len(billed) >= 3


def test_renewals_ahead_are_all_active_subscriptions_with_a_term(shown: Shown) -> None:
    ahead = shown.panel("Renewals and ends ahead")

    assert sum(row["renewed"] for row in ahead) > 0
    assert sum(row["over"] for row in ahead) > 0


def test_the_seat_too_many_is_an_open_discrepancy_and_the_other_one_ended(shown: Shown) -> None:
    standing = {row["verdict"]: row["open"] for row in shown.panel("Open discrepancies")}
    assert standing["QUANTITY_MISMATCH"] == 1
    assert sum(row["ended"] for row in shown.panel("Discrepancies found and ended", "B")) == 1


def test_a_payer_alone_has_less(shown: Shown) -> None:
    (query,) = [one for one in queries(POSTGRESQL) if one.where == "Billed, net ($currency) A"]
    every = sum(
        shown.rows(query.text, {**shown.values, "payer": [payer]})[0]["billed"] for payer in shown.values["payer"]
    )
    assert every == shown.rows(query.text)[0]["billed"]
