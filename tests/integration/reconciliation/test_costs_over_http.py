"""Vendors' bills and their verdicts over HTTP: page by page, filtered, and for the organisation alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.reconciliation.api import DESK, router
from services.reconciliation.cost.imports import cancel_invoice, import_csv
from shared.web.application import create_app
from tests.infrastructure.tokens import bearer, token_of
from tests.integration.reconciliation.costs import INVOICE, portal_file
from tests.unit.reconciliation.cost.bill import cycle

pytestmark = pytest.mark.database

START, END = date(2021, 6, 18), date(2021, 7, 17)
PERIOD = {"from": START.isoformat(), "to": END.isoformat()}
# Ours are sub-1 to sub-3; nothing was issued for them here.
_OURS = """
INSERT INTO subscriptions_g1.subscription (subscription, status, quantity, unit_price, billing_plan, term_start,
    term_end, customer, product, vendor, currency, auto_renew, vendor_subscription, is_trial, told_until)
SELECT 'sub-' || n, 'active', 10, 12, '-', '2021-06-18', '2022-06-17', 'cus-1', 'office', 'Microsoft', 'EUR', true,
    'V-' || n, false, '2021-06-18'
FROM generate_series(1, 3) AS n
"""


@pytest.fixture
def client(prepared: str, tmp_path: Path) -> Iterator[TestClient]:
    with psycopg.connect(prepared) as connection:
        connection.execute(_OURS)
    rows = [row for n in (1, 2, 3) for row in cycle(Decimal("10.08"), START, END, 10, (), SubscriptionId=f"v-{n}")]
    asyncio.run(import_csv(prepared, portal_file(tmp_path / "June.csv", rows), "ada"))
    with TestClient(create_app("reconciliation", router, prepared, desk=DESK)) as client:
        client.headers.update(bearer(token_of(prepared, "distributor")))
        yield client


def items(client: TestClient, path: str, **wanted: Any) -> list[dict[str, Any]]:
    """All items, one a page."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = client.get(path, params={"limit": 1, **wanted, **cursor})
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        if answer.json()["next"] is None:
            return found
        cursor = {"cursor": answer.json()["next"]}


def test_bills_that_were_taken_in(client: TestClient, prepared: str) -> None:
    (bill,) = items(client, "/v1/vendor-bills")

    assert bill["invoice"] == INVOICE
    assert (bill["vendor"], bill["source"], bill["file"], bill["imported_by"]) == (
        "microsoft",
        "csv",
        "June.csv",
        "ada",
    )
    assert (bill["rows"], bill["from_day"], bill["to_day"]) == (3, "2021-06-18", "2021-07-17")
    assert bill["amounts"] == {"EUR": "302.40"}
    assert bill["cancelled_at"] is None

    assert items(client, "/v1/vendor-bills", vendor="panda") == []
    assert items(client, "/v1/vendor-bills", **{"from": "2021-07-18"}) == []
    assert len(items(client, "/v1/vendor-bills", **{"from": "2021-07-17", "to": "2021-07-17"})) == 1

    asyncio.run(cancel_invoice(prepared, INVOICE, "ada", "voided"))
    assert items(client, "/v1/vendor-bills")[0]["cancelled_because"] == "voided"
    assert items(client, "/v1/costs", **PERIOD) == []


def test_costs_of_a_period_with_their_verdicts(client: TestClient) -> None:
    found = items(client, "/v1/costs", **PERIOD)

    assert [(one["subscription"], one["verdict"], one["theirs"], one["ours"]) for one in found] == [
        (f"sub-{n}", "missing_here", "100.80", None) for n in (1, 2, 3)
    ]
    assert items(client, "/v1/costs", **PERIOD, verdict="match") == []
    assert [one["subscription"] for one in items(client, "/v1/costs", **PERIOD, subscription="sub-2")] == ["sub-2"]


def test_a_period_without_days_is_refused(client: TestClient) -> None:
    answer = client.get("/v1/costs", params={"from": "2021-07-17", "to": "2021-06-18"})

    assert answer.status_code == 400
    assert answer.json()["detail"] == "from, to: a period from 2021-07-17 to 2021-06-18 has no days"


@pytest.mark.parametrize("path", ["/v1/vendor-bills", "/v1/costs"])
@pytest.mark.parametrize(
    ("role", "whose"), [("reseller", {"reseller": "res-1"}), ("customer", {"customer": "cus-1"}), ("integration", {})]
)
def test_nobody_else_reads_them(client: TestClient, prepared: str, path: str, role: str, whose: dict[str, str]) -> None:
    answer = client.get(path, params=PERIOD, headers=bearer(token_of(prepared, role, **whose)))

    assert answer.status_code == 403
