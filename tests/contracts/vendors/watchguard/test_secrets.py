"""Credentials, tokens and licence keys are in no log, repr or error, whatever goes wrong."""

from __future__ import annotations

import io
import logging
import os
import traceback
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import structlog
from pydantic import SecretStr

from services.reconciliation.vendors.connector import CustomerAtVendor, VendorError
from tests.contracts.vendors.watchguard.emulated import (
    ACCESS_ID,
    API_KEY,
    BAKERY,
    EMPTY,
    HARBOUR,
    PASSWORD,
    THREE,
    Emulated,
    all_of,
    configuration,
    order,
    speaking,
)
from tests.contracts.vendors.watchguard.scripted import scripted, unscripted

KEY = "KEY-OF-A-LICENCE-POOL"


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that anybody logs at any level: structlog's lines and the standard library's, httpx's too."""
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s %(args)s"))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    before = structlog.get_config()
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(lines),
        processors=[structlog.processors.ExceptionRenderer(), structlog.processors.KeyValueRenderer()],
        cache_logger_on_first_use=False,
    )
    yield lines
    structlog.configure(**before)
    root.removeHandler(handler)
    root.setLevel(level)


def told(error: BaseException) -> str:
    """All that a handler of errors could show: words, repr, and the locals of each frame but the tests' own."""
    found = [str(error), repr(error), repr(vars(error))]
    for frame in traceback.TracebackException.from_exception(error, capture_locals=True).stack:
        if f"{os.sep}tests{os.sep}" not in frame.filename:
            found += [f"{name} = {value}" for name, value in (frame.locals or {}).items()]
    return "\n".join(found)


async def everything(panda: Any) -> list[str]:
    """Each thing that the connector does, and what is told of those that fail."""
    failures: list[str] = []

    async def tried(work: Any) -> None:
        try:
            await work
        except VendorError as error:
            failures.append(str(error) + repr(error) + repr(error.__cause__))

    _, error = await all_of(panda.list_accounts())
    failures.append(repr(error))
    name = "acc-1000009/epdr/term"
    for work in (
        panda.list_entitlements(BAKERY.lower()), panda.count_used(BAKERY.lower()), panda.count_used(HARBOUR.lower()),
        panda.ensure_account(CustomerAtVendor("cust-1", "New")), panda.provision(order()),
        panda.change_quantity(EMPTY.lower(), name, 9, "r"), panda.suspend(EMPTY.lower(), name, "r"),
        panda.resume(EMPTY.lower(), name, "r", quantity=4), panda.cancel(EMPTY.lower(), name, "CODE", "r"),
        panda.activate(SecretStr(KEY)), panda.activate(SecretStr(KEY)), panda.activation("nowhere"),
    ):  # fmt: skip
        await tried(work)
    return [*failures, repr(panda), repr(vars(panda)), str(vars(panda))]


@pytest.mark.parametrize(
    ("traps", "wrong"),
    [
        ({}, {}),
        ({"broken": 7, "bom": True}, {}),
        ({"busy": 3, "html": 2}, {}),
        ({"lose_answers": 3}, {}),
        ({"failing": {HARBOUR: ["all"]}, "unknown_values": True}, {}),
        ({"slow": 1, "slow_seconds": 2}, {"timeout_seconds": 0.2}),
        ({}, {"password": PASSWORD + "-wrong"}),
        ({}, {"api_key": API_KEY + "-wrong"}),
        ({}, {"account": "WGC-1-unknown"}),
    ],
    ids=str,
)  # fmt: skip
def test_nothing_that_is_logged_or_told_holds_a_secret(
    emulator: Emulated, logged: io.StringIO, traps: dict[str, Any], wrong: dict[str, Any]
) -> None:
    emulator.seed(*THREE, THREE[0].model_copy(update={"accountId": EMPTY, "allocations": [], "seats_used": 0}))
    emulator.trap(**traps)
    known: set[str] = set()
    issue = emulator.state.issue

    def remembered(audience: str | None) -> tuple[str, int]:
        token, lifetime = issue(audience)
        known.add(token)
        return token, lifetime

    emulator.state.issue = remembered  # type: ignore[method-assign]  # the tokens are the emulator's own
    try:
        said = speaking(emulator, everything, **wrong, retries=2)
    finally:
        del emulator.state.issue
    shown = logged.getvalue() + "\n".join(said)
    assert "HTTP Request: POST" in shown
    assert known or wrong
    for secret in (ACCESS_ID, PASSWORD, API_KEY, KEY, *known):
        assert secret not in shown


def test_a_vendor_that_repeats_what_it_was_sent_is_not_repeated(logged: io.StringIO) -> None:
    def echo(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            return httpx.Response(200, json={"access_token": "a-token-that-is-echoed", "expires_in": 3600})
        sent = " ".join([*request.headers.values(), request.content.decode(), ACCESS_ID, PASSWORD])
        return httpx.Response(400, json={"code": sent, "message": f"bad request: {sent}"})

    found: list[str] = []
    for work in (lambda panda: panda.list_entitlements("acc-1"), lambda panda: panda.activate(SecretStr(KEY))):
        with pytest.raises(VendorError) as caught:
            unscripted(echo, work)
        found += [str(caught.value), repr(vars(caught.value))]
    shown = logged.getvalue() + "\n".join(found)
    assert "(api key)" in shown
    for secret in (ACCESS_ID, PASSWORD, API_KEY, KEY, "a-token-that-is-echoed"):
        assert secret not in shown


def test_a_traceback_with_all_its_locals_holds_no_header_of_a_request() -> None:
    """Some handlers of errors show the locals of every frame of ours; what httpx holds must not be among them."""

    def breaks(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("broken off", request=request)

    for work in (lambda panda: panda.list_entitlements("acc-1"), lambda panda: panda.activate(SecretStr(KEY))):
        with pytest.raises(VendorError) as caught:
            scripted(breaks, work, retries=0)
        chained: BaseException | None = caught.value
        while chained is not None:
            assert not isinstance(chained, httpx.HTTPError)
            chained = chained.__cause__ or chained.__context__
        shown = told(caught.value)
        assert "broke off its answer" in shown
        assert "request = <Request(" in shown
        for secret in (ACCESS_ID, PASSWORD, API_KEY, KEY, "token-of-a-script"):
            assert secret not in shown


def test_the_configuration_shows_no_secret() -> None:
    config = configuration("https://watchguard.example")
    for shown in (repr(config), str(config), config.model_dump_json(), repr(config.model_dump())):
        for secret in (ACCESS_ID, PASSWORD, API_KEY):
            assert secret not in shown
