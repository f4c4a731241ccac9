"""What the overview counts where nothing was to pay, and while the broker is away."""

from __future__ import annotations

import html

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.invoicing import api as invoicing
from shared.web.application import create_app
from tests.infrastructure.tokens import token_of
from tests.integration.console.conftest import SignIn

pytestmark = pytest.mark.database

_DOCUMENTS = """
INSERT INTO invoicing_g1.document
SELECT number, kind, '2026-01-31', 'res-1', NULL, 'EUR', amount, 0.00, amount, '[]'
FROM (VALUES ('I-1', 'invoice', 80.00), ('I-2', 'invoice', 0.00), ('I-3', 'invoice', 20.00),
    ('C-1', 'credit_note', 80.00)) AS documents (number, kind, amount)
"""
_CREDITED = "INSERT INTO invoicing_g1.document_relation VALUES ('C-1', 0, 'I-1', '80.00')"
_DEAD = """
INSERT INTO store.dead_letter (topic, partition, "offset", reason, headers, logged_at, found_by)
SELECT 'orders.events', 0, n, 'no JSON', '[]', now(), 'orders' FROM generate_series(1, 3) AS n
"""


def _told(dsn: str, *statements: bytes) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def test_an_invoice_with_nothing_to_pay_is_not_credited_wherever_it_is_counted(sign_in: SignIn, operated: str) -> None:
    # given an invoice that is credited away, one of nothing, and one that is open
    _told(operated, _DOCUMENTS.encode(), _CREDITED.encode())
    client = sign_in("distributor")
    states = {"credited": "I-1", "nothing_to_pay": "I-2", "open": "I-3", "credit_note": "C-1"}

    # then the overview, the list and the API put each into the same one
    overview = html.unescape(client.get("/").text)
    headers = {"Authorization": f"Bearer {token_of(operated, 'distributor')}"}
    with TestClient(create_app("invoicing", invoicing.router, operated), headers=headers) as api:
        for state, number in states.items():
            where = f"/documents?state={state}&currency=EUR"
            assert f'<a href="{where}">1</a>' in overview
            shown = client.get(where).text
            assert [one for one in states.values() if f'href="/documents/{one}"' in shown] == [number]
            items = api.get("/v1/documents", params={"state": state}).json()["items"]
            assert [one["number"] for one in items] == [number]
    assert ">Nothing to pay</th>" in overview
    assert ">Nothing to pay</span>" in client.get("/documents?state=nothing_to_pay").text


def test_dead_letters_are_counted_while_the_broker_is_away(sign_in: SignIn, operated: str) -> None:
    _told(operated, _DEAD.encode())

    overview = sign_in("distributor").get("/").text

    assert "The broker does not answer" in overview
    assert '<a href="/dead-letters" class="warned">3</a>' in overview


def test_nobody_else_is_told_of_them(sign_in: SignIn, operated: str) -> None:
    _told(operated, _DEAD.encode())

    assert "Dead letters" not in sign_in("reseller", reseller="res-1").get("/").text
