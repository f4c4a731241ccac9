"""Lists of the console: 100,000 subscriptions of 20,000 customers, from the request of a page to its last byte.

Each kind of page is asked for as the distributor and as a reseller of a thousand: the first one and the thousandth, in
every order, with every filter, and searched for what is found often, seldom and never. The figure is of all of them.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Iterator
from urllib.parse import urlencode

import httpx

from services.console.application import create_app
from services.console.config import SERVICES
from services.console.subscriptions.queries import SUBSCRIPTIONS
from services.console.system import System
from services.prepare import prepare
from shared.store.config import Config
from shared.store.pool import connect
from tests.infrastructure.brokers import Broker
from tests.infrastructure.databases import Databases
from tests.infrastructure.tokens import made_token
from tests.infrastructure.topics import delete_all_topics

_SUBSCRIPTIONS, _CUSTOMERS, _RESELLERS, _PRODUCTS = 100_000, 20_000, 1_000, 50
_ROUNDS = int(os.environ.get("SEATLEDGER_BENCH_PAGES", "10"))
_PERCENTILE = 95
_FILL = (
    """
INSERT INTO subscriptions_g1.subscription (subscription, status, quantity, unit_price, billing_plan, term_start,
    term_end, customer, reseller, product, vendor, currency, auto_renew, vendor_subscription, is_trial, told_until,
    seat_history)
SELECT 'sub-' || md5(n::text), (ARRAY['active', 'active', 'active', 'suspended', 'canceled', 'expired'])[1 + n %% 6],
    1 + n %% 97, (n %% 1000) * 0.25, CASE n %% 3 WHEN 0 THEN 'Monthly' ELSE '-' END, '2026-01-01',
    date '2026-01-31' + n %% 700, 'cus-' || n %% %(customers)s, 'res-' || n %% %(customers)s %% %(resellers)s,
    'product-' || n %% %(products)s, 'microsoft', 'EUR', true, md5('v' || n), false, '2026-01-01',
    jsonb_build_array(jsonb_build_array('2026-01-01', 5, 5), jsonb_build_array('2026-03-01', 1 + n %% 97, n %% 97 - 4))
FROM generate_series(1, %(subscriptions)s) AS n
""",
    """
INSERT INTO orders_g1.customer (customer, name, reseller, version)
SELECT 'cus-' || n, (ARRAY['Adatum', 'Contoso', 'Fabrikam', 'Northwind'])[1 + n %% 4] || ' ' || md5(n::text),
    'res-' || n %% %(resellers)s, '1'
FROM generate_series(0, %(customers)s - 1) AS n
""",
    """
INSERT INTO orders_g1.product (product, name, nce, free_period, billing_plans, deleted, version)
SELECT 'product-' || n, 'Office ' || n, false, false, '[]', false, '1' FROM generate_series(0, %(products)s - 1) AS n
""",
    """
INSERT INTO invoicing_g1.installment_plan (subscription, billing_plan, installments, invoiced, excluded, remaining,
    next_invoice_date, next_invoice_amount, extra_charge_rate, customer, reseller, currency)
SELECT subscription, billing_plan, 12, 4, 0, 8, '2026-05-01', 12.50, 0, customer, reseller, currency
FROM subscriptions_g1.subscription WHERE billing_plan <> '-'
""",
    """
INSERT INTO invoicing_g1.next_charge (subscription, due, net, recipient, currency)
SELECT subscription, '2026-05-01', 12.50, reseller, currency FROM subscriptions_g1.subscription WHERE status = 'active'
""",
)


def measure(broker: Broker, server: Databases) -> dict[str, float]:
    """`console_list_p95_ms` is of lists, `console_search_p95_ms` of those that are searched, of both callers."""
    delete_all_topics(broker.address)
    dsn = server.create()
    try:
        return asyncio.run(_measured(dsn, broker.address))
    finally:
        server.drop(dsn)


async def _measured(dsn: str, broker: str) -> dict[str, float]:
    await prepare(Config(database=dsn, broker=broker))
    given = {"subscriptions": _SUBSCRIPTIONS, "customers": _CUSTOMERS, "resellers": _RESELLERS, "products": _PRODUCTS}
    async with await connect(dsn) as connection:
        for statement in _FILL:
            await connection.execute(statement, given)
        await connection.commit()
        await connection.set_autocommit(True)
        await connection.execute("VACUUM ANALYZE")
    app = create_app(dsn, dict.fromkeys(SERVICES, "http://127.0.0.1:9"), system=System(dsn, "127.0.0.1:9", ()))
    async with app.router.lifespan_context(app):
        lists, searches = [], []
        for reseller in (None, "res-7"):
            client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://console")
            async with client:
                role = "distributor" if reseller is None else "reseller"
                token = await made_token(dsn, role, reseller=reseller)
                await client.post("/sign-in", data={"token": token})
                lists += await _asked(client, list(_lists()), reseller)
                searches += await _asked(client, list(_searches()), reseller)
    return {
        "console_list_p95_ms": _p95(lists),
        "console_search_p95_ms": _p95(searches),
        "console_list_median_ms": round(statistics.median([*lists, *searches]), 1),
    }


def _lists() -> Iterator[dict[str, str]]:
    yield {}
    for column in SUBSCRIPTIONS.columns:
        for way in ("", "-"):
            yield {"sort": way + column}
            yield {"sort": way + column, "page": "1000"}
    for name, value in (
        ("status", "active"), ("status", "suspended"), ("plan", "some"), ("plan", "none"), ("customer", "cus-7"),
        ("reseller", "res-7"), ("product", "product-7"), ("due", "2026-05"), ("due", "2026-06"),
    ):  # fmt: skip
        yield {name: value}
        yield {name: value, "sort": "-quantity", "page": "100"}


def _searches() -> Iterator[dict[str, str]]:
    for wanted in ("sub-", "contoso", "Office 1", "cus-77", "abcd", "0123456", "nothing at all like this"):
        yield {"q": wanted}
        yield {"q": wanted, "sort": "-unit_price", "page": "10"}
        yield {"q": wanted, "status": "active"}


async def _asked(client: httpx.AsyncClient, pages: list[dict[str, str]], reseller: str | None) -> list[float]:
    """The milliseconds of each request; what is slow is told."""
    found = []
    for page in pages:
        took = []
        for _ in range(_ROUNDS):
            began = time.perf_counter()
            answer = await client.get("/subscriptions", params=page)
            took.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 200, answer.text
        print(f"{reseller or 'distributor':12} {urlencode(page):50} {statistics.median(took):8.1f} ms", flush=True)
        found += took
    return found


def _p95(took: list[float]) -> float:
    return round(statistics.quantiles(took, n=100)[_PERCENTILE - 1], 1)
