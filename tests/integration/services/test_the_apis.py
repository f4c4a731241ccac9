"""The three APIs over the read views: pages, filters, one thing, and errors as problem documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.invoicing import api as invoicing
from services.orders import api as orders
from services.subscriptions import api as subscriptions
from shared.store.config import Config
from shared.web.application import create_app
from tests.infrastructure.databases import allow_connections
from tests.infrastructure.tokens import bearer, token_of
from tests.integration.services.running import eventually

pytestmark = [pytest.mark.broker, pytest.mark.database]

_SUBSCRIPTIONS = """
INSERT INTO subscriptions_g1.subscription
SELECT 'sub-' || n, 'active', n, '10.00', '-', '2026-02-01', '2026-02-28', NULL, 'cus-' || n %% 2, 'res-1', 'office',
    NULL, 'EUR', true, NULL, NULL, NULL, false, '2026-02-01'
FROM generate_series(1, 5) AS n
"""
_DOCUMENTS = """
INSERT INTO invoicing_g1.document
SELECT 'I-' || n, 'invoice', date '2026-01-31' + n, 'res-1', NULL, 'EUR', '80.00', '19.20', '99.20',
    '[{"rate": "0.24", "base": "80.00", "amount": "19.20"}]'
FROM generate_series(1, 3) AS n
"""
_LINE = """
INSERT INTO invoicing_g1.document_line VALUES
('I-1', 'sub-1/2026-02-01/2026-02-01', 'cus-1', 'sub-1', 'office', 'recurring', '2026-02-01', '2026-02-28', 8, '10.00',
 NULL, NULL, NULL, '80.00', NULL)
"""
_CREDIT_NOTE = """
INSERT INTO invoicing_g1.document
SELECT 'C-1', 'credit_note', '2026-02-05', 'res-2', NULL, 'EUR', '120.00', '0.00', '120.00',
    '[{"rate": "0", "base": "120.00", "amount": "0.00", "reverse_charge": true}]',
    '{"currency": "USD", "rate": "1.1", "rate_date": "2026-02-04", "total": "132.00"}', '10.80'
"""
_NAMES = (
    "INSERT INTO orders_g1.customer (customer, name, version) VALUES ('cus-0', 'Contoso', '1'), ('cus-1', 'Lamp', '1')",
    "INSERT INTO orders_g1.product (product, name, nce, free_period, billing_plans, deleted, version) "
    "VALUES ('office', 'Office 365', false, false, '[]', false, '1')",
    "UPDATE subscriptions_g1.subscription SET billing_plan = 'Monthly' WHERE subscription = 'sub-5'",
)
_RELATIONS = "INSERT INTO invoicing_g1.document_relation VALUES ('C-1', 0, 'I-1', '99.20'), ('C-1', 1, 'I-2', '10.00')"


@pytest.fixture
def clients(config: Config) -> Iterator[dict[str, TestClient]]:
    with psycopg.connect(config.database, autocommit=True) as connection:
        for statement in (_SUBSCRIPTIONS.replace("%%", "%"), _DOCUMENTS, _LINE, _CREDIT_NOTE, _RELATIONS):
            connection.execute(statement.encode())
    apps = {name: create_app(name, module.router, config.database) for name, module in
            (("subscriptions", subscriptions), ("orders", orders), ("invoicing", invoicing))}  # fmt: skip
    headers = bearer(token_of(config.database, "distributor"))
    with (
        TestClient(apps["subscriptions"], headers=headers) as first,
        TestClient(apps["orders"], headers=headers) as second,
        TestClient(apps["invoicing"], headers=headers) as third,
    ):
        yield {"subscriptions": first, "orders": second, "invoicing": third}


def pages(client: TestClient, path: str, **wanted: Any) -> list[list[dict[str, Any]]]:
    found, cursor = [], None
    while True:
        page = client.get(path, params={**wanted, **({"cursor": cursor} if cursor else {})}).json()
        found.append(page["items"])
        cursor = page["next"]
        if cursor is None:
            return found


def test_pages_of_the_apis(clients: dict[str, TestClient]) -> None:
    by_two = pages(clients["subscriptions"], "/v1/subscriptions", limit=2)
    assert [[one["subscription"] for one in page] for page in by_two] == [
        ["sub-1", "sub-2"],
        ["sub-3", "sub-4"],
        ["sub-5"],
    ]
    (of_one,) = pages(clients["subscriptions"], "/v1/subscriptions", customer="cus-0", status="active")
    assert [one["subscription"] for one in of_one] == ["sub-2", "sub-4"]
    days = {"from": "2026-02-02", "to": "2026-02-03", "limit": 1}
    by_one = pages(clients["invoicing"], "/v1/documents", recipient="res-1", **days)
    assert [[one["number"] for one in page] for page in by_one] == [["I-2"], ["I-3"]]
    for service, path in (("subscriptions", "/v1/rejected-events"), ("invoicing", "/v1/installment-plans"),
                          ("invoicing", "/v1/next-charges"), ("orders", "/v1/orders"), ("orders", "/v1/customers"),
                          ("orders", "/v1/products")):  # fmt: skip
        assert pages(clients[service], path) == [[]]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"q": "SUB-3"}, [3]),
        ({"q": "s_b"}, []),
        ({"q": "Contoso"}, [2, 4]),
        ({"q": "Office 365"}, [1, 2, 3, 4, 5]),
        ({"product": "office"}, [1, 2, 3, 4, 5]),
        ({"product": "offic"}, []),
        ({"plan": "none"}, [1, 2, 3, 4]),
        ({"plan": "some", "status": "active"}, [5]),
        ({"q": "cus-0", "reseller": "res-1"}, [2, 4]),
    ],
)
def test_subscriptions_are_searched_and_filtered_as_on_their_page(
    clients: dict[str, TestClient], config: Config, wanted: dict[str, str], found: list[int]
) -> None:
    with psycopg.connect(config.database, autocommit=True) as connection:
        for statement in _NAMES:
            connection.execute(statement)
    items = [one for page in pages(clients["subscriptions"], "/v1/subscriptions", limit=2, **wanted) for one in page]

    assert [one["subscription"] for one in items] == [f"sub-{number}" for number in found]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"kind": "credit_note"}, ["C-1"]),
        ({"kind": "invoice", "currency": "EUR"}, ["I-1", "I-2", "I-3"]),
        ({"currency": "USD"}, []),
        ({"state": "open"}, ["I-3"]),
        ({"state": "partly_credited"}, ["I-2"]),
        ({"state": "credited"}, ["I-1"]),
        ({"state": "credit_note"}, ["C-1"]),
        ({"state": "owed"}, ["I-2", "I-3"]),
        ({"state": "owed", "kind": "credit_note"}, []),
    ],
)
def test_documents_are_filtered_as_on_their_page(
    clients: dict[str, TestClient], wanted: dict[str, str], found: list[str]
) -> None:
    items = [one for page in pages(clients["invoicing"], "/v1/documents", limit=1, **wanted) for one in page]

    assert [one["number"] for one in items] == found


def test_one_thing_with_money_as_text(clients: dict[str, TestClient]) -> None:
    assert clients["subscriptions"].get("/v1/subscriptions/sub-3").json()["unit_price"] == "10.00"
    document = clients["invoicing"].get("/v1/documents/I-1").json()
    assert (document["gross"], document["taxes"]) == (
        "99.20", [{"rate": "0.24", "base": "80.00", "amount": "19.20"}],
    )  # fmt: skip
    assert [(line["from"], line["net"]) for line in document["lines"]] == [("2026-02-01", "80.00")]


def test_a_credit_note_says_what_it_is_for_and_open_invoices_and_balances_follow(
    clients: dict[str, TestClient],
) -> None:
    note = clients["invoicing"].get("/v1/documents/C-1").json()
    assert note["taxes"] == [{"rate": "0", "base": "120.00", "amount": "0.00", "reverse_charge": True}]
    assert note["transaction"] == {"currency": "USD", "rate": "1.1", "rate_date": "2026-02-04", "total": "132.00"}
    assert note["relates_to"] == [{"document": "I-1", "amount": "99.20"}, {"document": "I-2", "amount": "10.00"}]
    assert note["balance"] == "10.80"
    by_one = pages(clients["invoicing"], "/v1/open-invoices", recipient="res-1", limit=1)
    assert [[(one["number"], one["open"]) for one in page] for page in by_one] == [
        [("I-2", "89.20")],
        [("I-3", "99.20")],
    ]
    assert pages(clients["invoicing"], "/v1/balances") == [
        [{"recipient": "res-2", "currency": "EUR", "amount": "10.80"}]
    ]


@pytest.mark.parametrize(
    ("service", "path", "status", "detail"),
    [
        ("subscriptions", "/v1/subscriptions/nobody", 404, "there is no subscription 'nobody'"),
        ("orders", "/v1/orders/a/b", 404, "there is no order 'a/b'"),
        ("invoicing", "/v1/documents/I-9", 404, "there is no document 'I-9'"),
        ("invoicing", "/v1/nonsense", 404, "GET /v1/nonsense: Not Found"),
        ("invoicing", "/v1/documents?from=2026-02-30", 400, "from: "),
        ("orders", "/v1/orders?limit=0", 400, "limit: "),
        ("invoicing", "/v1/documents?cursor=WyJ4IiwgIiJd", 400, "cursor: "),
    ],
)
def test_errors_are_problem_documents(
    clients: dict[str, TestClient], service: str, path: str, status: int, detail: str
) -> None:
    answer = clients[service].get(path)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].startswith(detail)
    assert answer.json()["type"] == f"urn:seatledger:problem:{'not-found' if status == 404 else 'bad-request'}"


def test_ready_means_that_the_database_answers_and_has_a_generation(
    clients: dict[str, TestClient], database_server: Any
) -> None:
    for client in clients.values():
        assert client.get("/healthz").json() == {"status": "ok"}
        ready = {"status": "ready", "checks": {"database": {"ok": True}, "generation": {"ok": True}}}
        assert client.get("/readyz").json() == ready
    empty = database_server.create()
    with TestClient(create_app("orders", orders.router, empty)) as client:
        refused = client.get("/readyz")
        assert client.get("/healthz").status_code == 200
    database_server.drop(empty)
    reason = "orders has no live generation: run `python -m services.prepare`"
    assert refused.status_code == 503
    assert refused.json() == {
        "status": "not ready",
        "checks": {"database": {"ok": True}, "generation": {"ok": False, "reason": reason}},
    }


def test_an_api_is_ready_again_once_the_database_answers(config: Config) -> None:
    with TestClient(create_app("orders", orders.router, config.database)) as client:
        assert client.get("/readyz").status_code == 200

        allow_connections(config.database, False)
        away = client.get("/readyz")
        lives = client.get("/healthz").status_code
        allow_connections(config.database, True)

        reason = {"ok": False, "reason": "the database does not answer"}
        assert (away.status_code, away.json()["checks"]) == (503, {"database": reason, "generation": reason})
        assert lives == 200
        eventually(lambda: client.get("/readyz").status_code == 200, "it is ready again")


def test_requests_are_counted_by_the_template_of_their_route(clients: dict[str, TestClient]) -> None:
    client = clients["subscriptions"]
    for path in ("/v1/subscriptions/sub-3", "/v1/subscriptions/sub-4", "/v1/subscriptions/nobody", "/v1/nonsense/1"):
        client.get(path)
    client.get("/healthz")

    answer = client.get("/metrics", headers={"Authorization": ""})

    assert answer.status_code == 200
    counted = [line for line in answer.text.splitlines() if line.startswith("seatledger_http_requests_total")]
    one = "/v1/subscriptions/{subscription_id:path}"
    assert counted == [
        f'seatledger_http_requests_total{{method="GET",route="{one}",status="2xx"}} 2.0',
        f'seatledger_http_requests_total{{method="GET",route="{one}",status="4xx"}} 1.0',
        'seatledger_http_requests_total{method="GET",route="other",status="4xx"} 1.0',
    ]
    assert f'seatledger_http_request_seconds_count{{method="GET",route="{one}"}} 3.0' in answer.text
    assert 'seatledger_database_pool_limit_connections{pool="reading"} 8.0' in answer.text


@pytest.mark.parametrize("name", ["custmer", "after", "Limit"])
def test_a_parameter_that_is_not_known_is_refused(clients: dict[str, TestClient], name: str) -> None:
    answer = clients["subscriptions"].get("/v1/subscriptions", params={name: "1"})

    assert answer.status_code == 400
    assert answer.json()["detail"] == (
        f"{name}: is no parameter here; there are cursor, customer, limit, plan, product, q, reseller, status"
    )
