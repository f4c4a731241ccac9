"""Answers that say no in odd ways: each is one clear sentence, of the kind that says who can mend it."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reconciliation.vendors.connector import (
    Misconfigured,
    NoSuchAccount,
    NotReached,
    Provision,
    Refused,
    VendorError,
)
from tests.contracts.vendors.watchguard.emulated import all_of, order
from tests.contracts.vendors.watchguard.scripted import scripted, unscripted

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from([
            "items", "data", "accountId", "name", "type", "productName", "product", "quantity", "allocatedQuantity",
            "licenseExpiryDate", "daysUntilExpiry", "allocationType", "license_status", "device_id", "totalItems",
            "total_items", "pageControls", "error", "errors", "message", "status", "audience", "access_token",
        ]) | st.text(max_size=8),
        inner, max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip


def says(status: int, body: bytes | str = b"", **headers: str) -> Any:
    return lambda request: httpx.Response(status, content=body, headers=headers)


def read(answer: Any) -> Any:
    return scripted(answer, lambda panda: panda.list_entitlements("acc-1"), retries=0)


@pytest.mark.parametrize(
    ("body", "reason", "code"),
    [
        ('{"code": 4711, "message": "Out of licences."}', "Out of licences", "4711"),
        ('{"error": {"code": "X1", "message": "Nested"}}', "Nested", "X1"),
        ('{"errors": [{"errorCode": "E", "detail": "First"}, {"detail": "Second"}]}', "First", "E"),
        ('[{"message": "In a list"}]', "In a list", None),
        ('{"error": "invalid", "error_description": "Words of OAuth"}', "Words of OAuth", "invalid"),
        ('"a bare word"', "a bare word", None),
        ("{}", "no reason is given", None),
        ("", "no reason is given", None),
        ("<html><body><h1>Forbidden</h1></body></html>", "the answer is an HTML page", None),
        ("\ufeff" + '{"message": "With\\n a  mark"}', "With a mark", None),
        (json.dumps({"message": "<b>bold</b> " + "x" * 500}), "bold " + "x" * 195, None),
    ],
)
def test_a_refusal_is_told_in_the_vendor_s_words(body: str, reason: str, code: str | None) -> None:
    with pytest.raises(Refused) as caught:
        read(says(400, body))
    assert str(caught.value) == f"WatchGuard refuses to read the allocations of account acc-1 (HTTP 400): {reason}"
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("status", "kind"),
    [(301, Misconfigured), (400, Refused), (401, Misconfigured), (403, NoSuchAccount), (404, NoSuchAccount),
     (409, Refused), (410, Refused), (422, Refused), (429, NotReached), (500, NotReached), (503, NotReached)],
)  # fmt: skip
def test_reading_an_account(status: int, kind: type[VendorError]) -> None:
    with pytest.raises(kind) as caught:
        read(says(status, location="https://elsewhere.example") if status == 301 else says(status))
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("status", [400, 403, 404, 409, 500])
def test_changing_an_account(status: int) -> None:
    """A change that is not allowed is no account that is gone: it was read a moment before."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=[]) if request.method == "GET" else httpx.Response(status)

    asked: Provision = order(account_id="acc-1")
    kind = {403: Misconfigured, 500: NotReached}.get(status, Refused)
    with pytest.raises(kind):
        scripted(answer, lambda panda: panda.provision(asked))


@pytest.mark.parametrize(
    ("broken", "posts", "said"),
    [
        (httpx.ConnectError("x"), 6, "WatchGuard is not reached; try again later"),
        (httpx.ConnectTimeout("x"), 6, "WatchGuard is not reached; try again later"),
        (httpx.ReadTimeout("x"), 1, "did not answer in time; it may have been carried out all the same"),
        (httpx.WriteError("x"), 1, "broke off its answer; it may have been carried out all the same"),
        (httpx.RemoteProtocolError("x"), 1, "broke off its answer; it may have been carried out all the same"),
    ],
    ids=lambda given: type(given).__name__,
)
def test_a_change_is_repeated_only_where_it_surely_was_not_carried_out(
    broken: httpx.HTTPError, posts: int, said: str
) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        if request.method == "POST":
            raise broken
        return httpx.Response(200, json=[])

    with pytest.raises(NotReached, match=said):
        scripted(answer, lambda panda: panda.provision(order(account_id="acc-1")))
    assert asked.count("POST") == posts


@pytest.mark.parametrize("body", [b"", b"{}", b'{"token": 1}', b"[]", b"7"])
def test_a_token_that_is_none_is_not_reached(body: bytes) -> None:
    with pytest.raises(NotReached, match="Could not get a token"):
        unscripted(says(200, body), lambda panda: panda.list_entitlements("acc-1"), retries=0)


@pytest.mark.parametrize("body", [b'{"items": 5}', b'{"rows": []}', b'"items"', b"null"])
def test_a_page_without_a_list_is_not_reached(body: bytes) -> None:
    found, error = scripted(says(200, body), lambda panda: all_of(panda.list_accounts()), retries=0)
    assert found == []
    assert isinstance(error, NotReached)


@given(answer=JSON, status=st.sampled_from([200, 200, 200, 201, 400, 403, 404]))
def test_whatever_is_answered_nothing_but_a_vendor_s_error_is_raised(answer: Any, status: int) -> None:
    async def everything(panda: Any) -> None:
        await all_of(panda.list_accounts())
        for work in (
            panda.list_entitlements("acc-1"), panda.count_used("acc-1"),
            panda.provision(order(account_id="acc-1")), panda.activation("b-1"),
        ):  # fmt: skip
            with suppress(VendorError):
                await work

    body = json.dumps(answer).encode()
    calls: list[int] = []

    def respond(request: httpx.Request) -> httpx.Response:
        calls.append(1)
        assert len(calls) < 200
        return httpx.Response(status, content=body)

    scripted(respond, everything, retries=0)


@given(body=st.binary(max_size=60))
def test_whatever_bytes_come_nothing_but_a_vendor_s_error_is_raised(body: bytes) -> None:
    with suppress(VendorError):
        read(says(200, body))
