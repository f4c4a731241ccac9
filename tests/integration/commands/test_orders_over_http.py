"""A reseller platform on the orders service alone: accounts, a product with a plan, orders; over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.orders import api
from shared.web.application import create_app
from tests.infrastructure.tokens import bearer, token_of
from tests.unit.orders.shop import MONTHLY, OFFICE

pytestmark = [pytest.mark.database]

Json = dict[str, Any]
_ENABLED = {"scope": "organisation", "key": "billing_plans_enabled", "value": True}
_PLAN = {"product": "office", "quantity": 10, "billing_frequency": "P1M"}


class Api:
    """The API, asked as somebody."""

    def __init__(self, client: TestClient, headers: dict[str, str]) -> None:
        self._client = client
        self._headers = headers

    def __call__(self, method: str, path: str, body: Json | None = None, status: int = 200, **headers: str) -> Any:
        """The answer's JSON, which has that status."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self._client.request(method, f"/v1{path}", json=body, headers=self._headers | named)
        assert answer.status_code == status, answer.text
        return answer.json() | ({"etag": answer.headers["ETag"]} if "ETag" in answer.headers else {})


@pytest.fixture
def client(prepared: str) -> Iterator[TestClient]:
    with TestClient(create_app("orders", api.router, prepared, desk=api.DESK)) as client:
        yield client


@pytest.fixture
def as_(prepared: str, client: TestClient) -> Callable[..., Api]:
    def ask(role: str = "distributor", **whose: str) -> Api:
        return Api(client, bearer(token_of(prepared, role, **whose)))

    return ask


@pytest.fixture
def shop(as_: Callable[..., Api]) -> Api:
    """As the distributor: a reseller, its customer, two products, plans enabled."""
    ask = as_()
    ask("POST", "/resellers", {"id": "res-1", "name": "Aegean Cloud", "tax_rate": "0.24"}, 201)
    ask("POST", "/customers", {"id": "cus-1", "reseller_id": "res-1", "billing_day": 1}, 201)
    ask("PUT", "/products/office", OFFICE, 201)
    ask("PUT", "/products/mail", MONTHLY, 201)
    ask("POST", "/settings", _ENABLED)
    ask("POST", "/settings", {**_ENABLED, "scope": "reseller", "scope_id": "res-1"})
    ask("POST", "/exchange-rates", {"base": "EUR", "quote": "USD", "rate": "1.0837", "date": "2026-02-01"}, 201)
    return ask


def test_an_order_from_offer_to_execution(shop: Api, as_: Callable[..., Api], prepared: str) -> None:
    reseller = as_("reseller", reseller="res-1")
    offers = reseller("GET", "/offers?product=office&customer=cus-1&currency=EUR&quantity=10")["offers"]
    assert [(one["billing_plan"], one["net"], one["gross"]) for one in offers] == [
        (None, "1200.00", "1488.00"), ("Monthly", "100.00", "124.00"),
    ]  # fmt: skip
    placed = reseller("POST", "/orders", {"order_id": "o-1", "currency": "EUR", "customer": {"id": "cus-1"},
                                          "items": [{"product": "office", "quantity": 10}]}, 201)  # fmt: skip
    assert placed["items"][0]["billing_plan"] is None
    edited = reseller("PATCH", "/orders/o-1/items/1", {"billing_frequency": "P1M"}, If_Match=placed["etag"])
    assert edited["items"][0]["billing_plan"] == "Monthly"
    reseller("PATCH", "/orders/o-1/items/1", {"quantity": 9}, 412, If_Match=placed["etag"])
    executed = reseller("POST", "/orders/o-1/execute")
    assert (executed["status"], executed["items"][0]["installments"]) == ("executed", 12)
    refused = reseller("DELETE", "/orders/o-1", status=422)
    assert "has installments: it cannot be deleted" in refused["detail"]
    with psycopg.connect(prepared) as connection:
        sent = connection.execute("SELECT type FROM store.event WHERE stream_id = 'order-o-1' ORDER BY sequence")
        assert [one for (one,) in sent] == ["OrderPlaced", "OrderPlaced", "OrderExecuted"]
        assert connection.execute("SELECT count(*) FROM store.outbox").fetchone() == (10,)


def test_an_order_for_a_new_customer_is_placed_and_executed_at_once_and_done_once(
    shop: Api, as_: Callable[..., Api]
) -> None:
    reseller = as_("reseller", reseller="res-1")
    order = {"currency": "EUR", "customer": {"id": "cus-2", "name": "Fabrikam"}, "execute": True,
             "items": [{"product": "mail", "quantity": 3}]}  # fmt: skip
    first = reseller("POST", "/orders", order, 201, Idempotency_Key="k-1")
    again = reseller("POST", "/orders", order, 201, Idempotency_Key="k-1")
    assert first == again
    assert first["items"][0]["note"].startswith("The first period is free until ")
    changed = reseller("PATCH", "/customers/cus-2", {"separate_invoices": True})
    assert (changed["reseller"], changed["separate_invoices"]) == ("res-1", True)


def test_what_is_given_to_a_subscription_once_is_refused_in_another_order(shop: Api) -> None:
    item = {"product": "office", "quantity": 1, "subscription_id": "sub-1"}
    order = {"order_id": "o-1", "currency": "EUR", "customer": {"id": "cus-1"}, "items": [item], "execute": True}
    shop("POST", "/orders", order, 201)
    refused = shop("POST", "/orders", {**order, "order_id": "o-2"}, 422)
    assert refused["detail"] == ("item 1: subscription sub-1 exists already in order o-1: give another subscription_id")


def test_a_price_of_the_past_is_refused_without_a_reason(shop: Api) -> None:
    price = {"currency": "EUR", "unit_price": "99.00", "effective_from": "2020-01-01"}
    shop("POST", "/products/office/prices", price, 422)
    shop("POST", "/products/office/prices", {**price, "backdate": True}, 422)
    shown = shop("POST", "/products/office/prices", {**price, "backdate": True, "reason": "agreed in writing"})
    assert [one["unit_price"] for one in shown["prices"]] == ["99.00", "120.00"]


def test_a_copy_can_be_ordered_at_the_price_that_was_announced(shop: Api) -> None:
    today = datetime.now(UTC).date().isoformat()
    price = {"currency": "EUR", "unit_price": "99.00", "term": "P1Y", "effective_from": today}
    shop("POST", "/products/office/prices", price)
    shop("POST", "/products/office/copy", {"product_id": "school"}, 201)
    copied = shop("POST", "/orders", {"currency": "EUR", "customer": {"id": "cus-1"},
                                      "items": [{"product": "school", "quantity": 1}]}, 201)  # fmt: skip
    assert copied["items"][0]["unit_price"] == "99.00"
    shop("DELETE", "/products/office")
    shop("DELETE", "/products/office")
    shop("POST", "/products/office/copy", {"product_id": "other"}, 404)


def test_a_draft_is_seen_by_the_reseller_that_its_customer_has_now(as_: Callable[..., Api], prepared: str) -> None:
    with psycopg.connect(prepared) as connection:
        connection.execute("SET search_path TO orders_g1")
        connection.execute("INSERT INTO customer (customer, reseller, version) VALUES ('cus-1', 'res-2', 'v')")
        for order, customer, executed in (
            ("draft", "cus-1", None),
            ("done", "cus-1", "2026-01-01"),
            ("new", "?", None),
        ):
            connection.execute(
                "INSERT INTO sales_order (order_id, customer, reseller, currency, status, executed_at, version) "
                "VALUES (%s, %s, 'res-1', 'EUR', %s, %s, 'v')",
                [order, customer, "executed" if executed else "placed", executed],
            )

    def seen(reseller: str) -> list[str]:
        return [one["order_id"] for one in as_("reseller", reseller=reseller)("GET", "/orders")["items"]]

    assert (seen("res-1"), seen("res-2"), seen("res-3")) == (["done", "new"], ["draft"], [])


def test_a_preview_and_what_is_not_allowed_wait_for_nobody(shop: Api, as_: Callable[..., Api], prepared: str) -> None:
    order = {"order_id": "o-1", "currency": "EUR", "customer": {"id": "cus-1"},
             "items": [{"product": "office", "quantity": 1, "subscription_id": "sub-1"}]}  # fmt: skip
    with psycopg.connect(prepared) as connection:
        # As who places it holds these at the moment; who waited here would wait for ever.
        for stream in ("order-o-1", "subscription-sub-1"):
            connection.execute("SELECT pg_advisory_xact_lock(7201004, hashtext(%s))", [stream])
        assert shop("POST", "/orders?preview=true", order)["order_id"] == "o-1"
        as_("customer", customer="cus-1")("POST", "/orders", order, 403)


def test_the_same_exchange_rate_again_is_answered_and_no_event(shop: Api, prepared: str) -> None:
    shop("POST", "/exchange-rates", {"base": "EUR", "quote": "USD", "rate": "1.0837", "date": "2026-02-01"}, 200)
    with psycopg.connect(prepared) as connection:
        found = connection.execute("SELECT count(*) FROM store.event WHERE type = 'ExchangeRateSet'").fetchone()
        assert found == (1,)


def test_a_preview_changes_nothing(shop: Api, prepared: str) -> None:
    order = {"order_id": "o-1", "currency": "EUR", "customer": {"id": "cus-1"}, "items": [_PLAN], "execute": True}
    told = shop("POST", "/orders?preview=true", order)
    assert told["items"][0]["price"] == "10.00"
    (first,) = told["preview"]["now"]["with"]["documents"]
    assert (first["recipient"], first["net"], first["gross"]) == ("res-1", "100.00", "124.00")
    with psycopg.connect(prepared) as connection:
        assert connection.execute("SELECT count(*) FROM store.event WHERE stream_id = 'order-o-1'").fetchone() == (0,)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"nmae": "x"}, "nmae"),
        ({"billing_day": 32}, "billing_day"),
        ({"extra_charge_rate": 0.05}, "extra_charge_rate"),
    ],
)
def test_what_is_not_known_or_cannot_be_read_is_refused(shop: Api, body: Json, where: str) -> None:
    assert where in shop("PATCH", "/customers/cus-1", body, 400)["detail"]
