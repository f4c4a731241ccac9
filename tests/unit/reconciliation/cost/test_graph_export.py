"""The export of Graph against its emulator: waited for, begun again, fetched whole; and it keeps its secrets."""

from __future__ import annotations

import asyncio
import gzip
import logging
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog

from deploy.emulators.graph.app import State, create_app
from deploy.emulators.graph.seed import Failure, Invoice, Seed
from services.reconciliation.cost import graph_answers
from services.reconciliation.cost.blob_files import json_lines
from services.reconciliation.cost.graph_answers import Manifest, Unreadable
from services.reconciliation.cost.graph_export import GraphExport, Patience
from services.reconciliation.cost.graph_wanted import Billed, Unbilled
from services.reconciliation.cost.rows import read_json
from services.reconciliation.vendors.connector import Misconfigured, NotReached, Refused, VendorError
from tests.infrastructure import vendor_samples
from tests.unit.reconciliation.cost.bill import row

BEARER, SIGNATURE = "eyJ-a-bearer-token", "sp=rl&sig=a-signature%2Bof-theirs%3D"
SECRETS = (BEARER, "a-signature")
ADDRESS = "https://graph.test/v1.0"
INVOICE = "G000000001"


class Waits:
    """How long was waited, without waiting."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@asynccontextmanager
async def exporting(
    seed: Seed | None = None, transport: Any = None, **given: Any
) -> AsyncIterator[tuple[GraphExport, State, Waits]]:
    async def token() -> str:
        return BEARER

    app = create_app(seed or Seed())
    app.state.graph.seed.signature = SIGNATURE
    client = httpx.AsyncClient(transport=transport or httpx.ASGITransport(app))
    waits = Waits()
    export = GraphExport(
        given.pop("token", token), ADDRESS, client=client, sleep=waits,
        patience=Patience(first_wait=0.0, **given),
    )  # fmt: skip
    try:
        yield export, app.state.graph, waits
    finally:
        await export.aclose()


def of_one(**behaviour: Any) -> Seed:
    rows = [row(SubscriptionId=f"sub-{number}", ProductName="Büro 365") for number in range(7)]
    return Seed(invoices={INVOICE: Invoice(rows=rows, **behaviour)}, retry_after=7)


async def fetched(export: GraphExport, folder: Path, wanted: Any = None) -> list[str]:
    manifest = await export.manifest(wanted or Billed(INVOICE))
    files = await export.download(manifest, folder)
    return [read_json(line).subscription_id for _, line in json_lines(files)]


@pytest.mark.parametrize(
    "behaviour",
    [{}, {"manifest": "inline"}, {"polls": 0}, {"blobs": 3}, {"members": 3}, {"blobs": 2, "members": 2}, {"polls": 5}],
    ids=str,
)
def test_every_row_is_fetched_however_the_data_lies(tmp_path: Path, behaviour: dict[str, Any]) -> None:
    async def scenario() -> None:
        async with exporting(of_one(**behaviour)) as (export, state, waits):
            assert sorted(await fetched(export, tmp_path)) == [f"sub-{number}" for number in range(7)]
            assert waits.seconds == [7.0] * behaviour.get("polls", 1)
            assert sum(one.startswith("GET /blobs/") for one in state.asked) == behaviour.get("blobs", 1)

    asyncio.run(scenario())


def test_what_is_not_billed_yet_is_exported_by_currency(tmp_path: Path) -> None:
    async def scenario() -> None:
        seed = Seed(unbilled={"USD": Invoice(rows=[row(InvoiceNumber="", SubscriptionId="sub-1")])})
        async with exporting(seed) as (export, _, _):
            assert await fetched(export, tmp_path, Unbilled("USD")) == ["sub-1"]

    asyncio.run(scenario())


def test_the_same_data_has_the_same_version() -> None:
    async def scenario() -> None:
        async with exporting(of_one()) as (export, state, _):
            first, second = await export.manifest(Billed(INVOICE)), await export.manifest(Billed(INVOICE))
            state.seed.invoices[INVOICE].rows.pop()
            third = await export.manifest(Billed(INVOICE))
            assert first.etag == second.etag != third.etag

    asyncio.run(scenario())


def test_an_export_that_expired_is_begun_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with exporting(of_one(expires=2)) as (export, state, _):
            assert len(await fetched(export, tmp_path)) == 7
            assert state.begun == {INVOICE: 3}
        async with exporting(of_one(expires=3)) as (export, state, _):
            with pytest.raises(NotReached, match=f"export of invoice {INVOICE} expired 3 times; try again later"):
                await export.manifest(Billed(INVOICE))

    asyncio.run(scenario())


def test_who_asks_too_often_waits_and_asks_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        seed = of_one()
        seed.busy = 3
        async with exporting(seed) as (export, _, _):
            assert len(await fetched(export, tmp_path)) == 7
        seed.busy = 4
        async with exporting(seed) as (export, _, _):
            with pytest.raises(NotReached, match=r"too busy for invoice G000000001 \(429, Too many requests\)"):
                await export.manifest(Billed(INVOICE))

    asyncio.run(scenario())


def test_an_export_that_takes_too_long_is_left_for_later() -> None:
    async def scenario() -> None:
        async with exporting(of_one(polls=100), seconds=30) as (export, _, waits):
            with pytest.raises(NotReached, match=r"more than 30 s to make invoice G000000001 ready; try again later"):
                await export.manifest(Billed(INVOICE))
            assert waits.seconds == [7.0] * 4

    asyncio.run(scenario())


def test_who_asks_for_a_long_pause_is_left_alone() -> None:
    asked = []

    def busy(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return httpx.Response(429, headers={"Retry-After": "3600"})

    async def scenario() -> None:
        async with exporting(transport=httpx.MockTransport(busy)) as (export, _, _):
            with pytest.raises(NotReached, match="too busy"):
                await export.manifest(Billed(INVOICE))

    asyncio.run(scenario())
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [(Failure(), "Microsoft has no data for invoice .* download the file from the portal"),
     (Failure(code="1", message="Export broke"), r"could not export invoice G000000001 \(Export broke\)"),
     (Failure(code="1", message=f"see https://x?{SIGNATURE}"), "could not export invoice G000000001; try again later")],
    ids=["no data", "another reason", "a reason with a signature in it"],
)  # fmt: skip
def test_an_export_that_fails_says_what_to_do(failure: Failure, sentence: str) -> None:
    async def scenario() -> None:
        async with exporting(of_one(failure=failure)) as (export, _, _):
            with pytest.raises(Refused, match=sentence) as caught:
                await export.manifest(Billed(INVOICE))
            assert caught.value.code == failure.code

    asyncio.run(scenario())


def test_an_invoice_that_is_not_there_has_no_data() -> None:
    async def scenario() -> None:
        async with exporting() as (export, _, _):
            with pytest.raises(Refused, match=r"no data for invoice D000000001: .*of before the new commerce"):
                await export.manifest(Billed("D000000001"))

    asyncio.run(scenario())


def test_a_manifest_that_lacks_blobs_is_not_taken() -> None:
    async def scenario() -> None:
        async with exporting(of_one(blobs=2, blob_count=3)) as (export, _, _):
            with pytest.raises(NotReached, match="names 2 blobs and says that there are 3; nothing was taken in"):
                await export.manifest(Billed(INVOICE))

    asyncio.run(scenario())


def test_who_may_not_read_is_told_which_permission_is_needed() -> None:
    def forbidden(request: httpx.Request) -> httpx.Response:
        return httpx.Response(403, json={"error": {"code": "Forbidden", "message": "no"}}, headers={"request-id": "r"})

    async def scenario() -> None:
        async with exporting(transport=httpx.MockTransport(forbidden)) as (export, _, _):
            with pytest.raises(Misconfigured, match=r"PartnerBilling\.Read\.All") as caught:
                await export.manifest(Billed(INVOICE))
            assert (caught.value.code, caught.value.correlation) == ("Forbidden", "r")

    asyncio.run(scenario())


@pytest.mark.parametrize("broken", ["", "eyJ a", "eyJ-a\n", "eyJ-ä"])
def test_a_token_that_cannot_be_sent_is_not_told_either(caplog: pytest.LogCaptureFixture, broken: str) -> None:
    async def give() -> str:
        return broken

    async def scenario() -> None:
        async with exporting(of_one(), token=give) as (export, state, _):
            with pytest.raises(Misconfigured, match="it is empty or has blanks in it") as caught:
                await export.manifest(Billed(INVOICE))
            assert "eyJ" not in caplog.text + str(caught.value)
            assert state.asked == []

    caplog.set_level(logging.DEBUG)
    asyncio.run(scenario())


def test_the_token_goes_nowhere_else() -> None:
    """Given an answer that leads to another host; then that host is not asked."""
    asked: list[str] = []

    def leading_away(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(202, headers={"Location": "https://elsewhere.test/operations/1"})

    async def scenario() -> None:
        async with exporting(transport=httpx.MockTransport(leading_away)) as (export, _, _):
            with pytest.raises(NotReached, match="leads to another host, which gets no token of ours"):
                await export.manifest(Billed(INVOICE))

    asyncio.run(scenario())
    assert asked == ["graph.test"]


@pytest.mark.parametrize("status", [403, 503, None], ids=["expired", "away", "no answer"])
def test_neither_token_nor_signature_is_ever_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str], status: int | None
) -> None:
    """Given blobs that cannot be fetched; then no log at any level, no error and nothing that is shown has a secret."""

    async def scenario() -> tuple[Manifest, list[VendorError]]:
        async with exporting(of_one()) as (good, _, _):
            manifest = await good.manifest(Billed(INVOICE))

        def refuse(request: httpx.Request) -> httpx.Response:
            if status is None:
                raise httpx.ConnectError("no route", request=request)
            return httpx.Response(status, text=str(request.url))

        errors = []
        async with exporting(transport=httpx.MockTransport(refuse)) as (export, _, _):
            for asking in (export.download(manifest, tmp_path), export.manifest(Billed(INVOICE))):
                with pytest.raises(VendorError) as caught:
                    await asking
                errors.append(caught.value)
        return manifest, errors

    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as events:
        manifest, errors = asyncio.run(scenario())

    told = [caplog.text, str(events), str(manifest), repr(manifest), *capsys.readouterr()]
    for error in errors:
        told += [repr(error), repr(error.__dict__), repr(error.__context__), repr(error.__cause__)]
        told += traceback.format_exception(error)
    assert "HTTP Request: GET https://graph.test/blobs/" in caplog.text or status is None
    assert [error.__context__ for error in errors] == [None, None], "what httpx raises holds the request"
    assert all(secret not in "".join(told) for secret in SECRETS), "a secret was told"


def test_what_is_fetched_has_no_secret(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with exporting(of_one()) as (export, _, _):
            await fetched(export, tmp_path)

    asyncio.run(scenario())
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert all(secret.encode() not in content + gzip.decompress(content) for secret in SECRETS)


def test_a_blob_that_was_decompressed_on_its_way_is_read(tmp_path: Path) -> None:
    file = tmp_path / "plain"
    file.write_text('\ufeff{"a": 1}\n\n{"a": 2}')
    assert list(json_lines([file])) == [("blob 1, line 1", '{"a": 1}'), ("blob 1, line 3", '{"a": 2}')]


@pytest.mark.parametrize("cut", [20, 5], ids=["breaks off", "breaks off at once"])
def test_a_blob_that_breaks_off_is_not_taken(tmp_path: Path, cut: int) -> None:
    file = tmp_path / "cut"
    file.write_bytes(gzip.compress(b'{"a": 1}\n' * 9)[:cut])
    with pytest.raises(NotReached, match="blob 1 of Microsoft's export breaks off or is damaged after line"):
        list(json_lines([file]))


@pytest.mark.parametrize(
    ("body", "sentence"),
    [(b"<html>", "no JSON"), (b"[]", "no JSON object"), (b'{"status": "dreaming"}', "unknown status 'dreaming'"),
     (b'{"status": "succeeded"}', "does not say where its manifest is"),
     (b'{"status": "succeeded", "resourceLocation": {"eTag": "1"}}', "the manifest lacks eTag")],
)  # fmt: skip
def test_an_answer_of_another_shape_is_not_guessed(body: bytes, sentence: str) -> None:
    with pytest.raises(Unreadable, match=sentence):
        graph_answers.operation(body)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("10", 10.0), (" 0.5 ", 0.5), (None, None), ("", None), ("soon", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)],
)
def test_how_long_to_wait(header: str | None, seconds: float | None) -> None:
    assert graph_answers.asked_wait(header) == seconds


@vendor_samples.needed
def test_the_answers_of_the_documentation_are_read() -> None:
    def read(name: str) -> Any:
        return vendor_samples.sample(name).read_bytes()

    found = graph_answers.manifest(read("graph_manifest.json"))
    assert (found.etag, len(found.blobs)) == ("WYjLro78HdMg6vUWR", 1)
    assert found.address(found.blobs[0]).startswith(f"{found.root}/part-00049-")
    assert isinstance(graph_answers.operation(read("graph_operation_running.json")), graph_answers.Running)
    assert graph_answers.operation(read("graph_operation_failed.json")) == graph_answers.Failed(
        "5000", "No data available"
    )
    done = graph_answers.operation(read("graph_operation_succeeded.json"))
    assert isinstance(done, graph_answers.ManifestAt)
    for name, wanted in (("billed", Billed("G016907411")), ("unbilled", Unbilled("USD"))):
        asked = vendor_samples.sample_json(f"graph_{name}_export_exchange.json")["request"]
        assert asked["url"] == f"https://graph.microsoft.com/v1.0/{wanted.path}"
        assert asked["body"] == wanted.body
