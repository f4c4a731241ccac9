"""Input that no client should send: it is refused with a sentence, or nothing is found; never a fault of ours."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient

from tests.integration.api.conftest import Installation
from tests.integration.api.operations import OPERATIONS, Operation

pytestmark = [pytest.mark.broker, pytest.mark.database]
KEYS: list[Any] = [
    [""], ["\x00"], [1], ["", ""], ["\x00", "\x00"], ["0001-01-01", "\x00"], ["99999-01-01", ""], ["-0001-01-01", ""],
    ["", "", ""], ["\x00", "", ""], ["2026-01-01T00:00", ""], {}, "x", [["x"]], ["x" * 10_000], ["", "", "", ""],
]  # fmt: skip

ODD_TEXTS = [
    "%00",
    "a%00b",
    "%ED%A0%80",
    "%FF%FE",
    "x" * 5000,
    "%F0%9F%A6%84",
    "..%2F..",
    "%20",
    "%7F",
    "'; DROP TABLE x",
]
ODD_CURSORS = [
    "!", "=", "%00", "x" * 5000, "%C3%A9", "W10", "bnVsbA",
    *(base64.urlsafe_b64encode(orjson.dumps(key)).decode() for key in KEYS),
]  # fmt: skip
ODD_BODIES = [
    b"", b"\x00", b"\xff\xfe", b"null", b"[]", b"{", b'"x"', b"1" * 5000, b"1e999", b"NaN", b'{"quantity": NaN}',
    b'{"quantity": 1e999}', b'{"quantity": ' + b"9" * 5000 + b"}", b'{"quantity": ' + b"9" * 30 + b"}",
    b'{"change": -' + b"9" * 30 + b"}", b"[" * 100_000, b'{"a":' * 50_000, b'{"\\ud800": 1}', b'{"reason": "\\ud800"}',
    b'{"quantity": 3, "reason": "\\u0000"}', b'{"quantity": 3, "reason": "\\ud800"}', b'{"\\u0000": 1}',
    b'{"product": "\\u0000"}', b'{"product": "\\ud800"}', b'{"unit_price": "1e400", "applies": "next_term"}',
    b'{"unit_price": "' + b"9" * 400 + b'", "applies": "next_term"}', b'{"unit_price": 1.5, "applies": "next_term"}',
    b'{"billing_frequency": "P99999999999Y"}', b'{"term": "P0M"}', b'{"quantity": 3, "effective_at": "0001-01-01"}',
    b'{"quantity": 3, "effective_at": "9999-12-31T23:59:59-14:00"}',
    b'{"mode": "immediate", "effective_at": "2199-12-31"}',
    b'{"subscriptions": ["\\u0000"]}', b'{"subscriptions": ["\\ud800"]}', b'{"subscriptions": [""]}',
    b'{"subscriptions": ["' + b"x" * 3000 + b'"]}', b'{"quantity": true}', b'{"quantity": "3"}',
    b'{"auto_renew": "yes"}',
]  # fmt: skip
ODD_TYPES = [
    "",
    "text/plain",
    "application/xml",
    "application/json; charset=utf-16",
    "multipart/form-data",
    "\xe9",
    "a/b/c;=",
]
ODD_HEADERS = [
    {"If-Match": "x"}, {"If-Match": '"'}, {"If-Match": '"\xe9"'}, {"If-Match": 'W/"x"'}, {"If-Match": '""'},
    {"Idempotency-Key": ""}, {"Idempotency-Key": "x" * 300}, {"Idempotency-Key": "\xe9\xff"},
    {"Idempotency-Key": "\x01"},
    {"X-Request-Id": "\xe9"}, {"X-Request-Id": "x" * 5000}, {"Authorization": "Bearer \xe9"},
    {"Authorization": "Bearer"},
    {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer slt_\xff_x"},
    {"Authorization": "Bearer slt_" + "x" * 9000},
]  # fmt: skip


WITH_BODY = [one for one in OPERATIONS if "requestBody" in one.described]
each = pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: one.name)
each_with_a_body = pytest.mark.parametrize("one", WITH_BODY, ids=lambda one: one.name)


def filled(path: str, text: str) -> str:
    while "{" in path:
        path = path[: path.index("{")] + text + path[path.index("}") + 1 :]
    return path


def known(installation: Installation, path: str) -> str:
    one = installation.everybody[0]
    ids = {"/orders": one.order, "/subscriptions": one.subscription, "/documents": one.document,
           "/customers": one.customer, "/resellers": one.reseller or "", "/products": "office"}  # fmt: skip
    return filled(path, next((name for place, name in ids.items() if place in path), "x"))


def ask(client: TestClient, method: str, url: str, **more: Any) -> None:
    """No fault of ours, and where it is refused a problem document."""
    answer = client.request(method.upper(), url, **more)
    assert answer.status_code < 500, f"{method} {url[:200]} {str(more)[:300]}: {answer.status_code} {answer.text}"
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        assert answer.json()["detail"]


@each
def test_odd_texts_in_paths_and_queries(installation: Installation, one: Operation) -> None:
    client, url = installation.clients[one.service], known(installation, one.path)
    for text in ODD_TEXTS:
        if "{" in one.path:
            ask(client, one.method, filled(one.path, text), content=b"{}", headers={"Content-Type": "application/json"})
        for name in one.takes("query"):
            ask(client, one.method, f"{url}?{name}={text}")
    for number in ("9" * 30, "9" * 5000, "-1", "0", "1.5", "1e3", "NaN"):
        ask(client, one.method, f"{url}?limit={number}")


@pytest.mark.parametrize("one", [one for one in OPERATIONS if "cursor" in one.takes("query")], ids=lambda one: one.name)
def test_odd_cursors(installation: Installation, one: Operation) -> None:
    for cursor in ODD_CURSORS:
        ask(installation.clients[one.service], "get", f"{one.path}?cursor={cursor}")


@each_with_a_body
def test_odd_bodies(installation: Installation, one: Operation) -> None:
    client, url = installation.clients[one.service], known(installation, one.path)
    asked = {"preview": "true", "check": "true"}
    for body in ODD_BODIES:
        for kind in one.described["requestBody"]["content"]:
            ask(client, one.method, url, content=body, headers={"Content-Type": kind}, params=asked)
    for kind in ODD_TYPES:
        ask(client, one.method, url, content=b"{}", headers={"Content-Type": kind.encode("latin-1")}, params=asked)


@each
def test_odd_headers(installation: Installation, one: Operation) -> None:
    client, url = installation.clients[one.service], known(installation, one.path)
    for headers in ODD_HEADERS:
        encoded = [(name, value.encode("latin-1")) for name, value in headers.items()]
        ask(client, one.method, url, headers=encoded, params={"preview": "true"})
