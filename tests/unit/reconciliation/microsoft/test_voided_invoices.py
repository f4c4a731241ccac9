"""Partner Center says which invoices were voided; asking for one customer says that we are let in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx
import pytest

from services.reconciliation.cost.invoice_documents import voided
from services.reconciliation.vendors.connector import VendorError
from services.reconciliation.vendors.microsoft.connector import MicrosoftConnector
from tests.unit.reconciliation.microsoft.surroundings import FixedTokens, PartnerCenter, collection, config, ok, problem

T = TypeVar("T")


def speaking(center: PartnerCenter, asked: Callable[[MicrosoftConnector], Awaitable[T]]) -> T:
    async def run() -> T:
        client = httpx.AsyncClient(transport=httpx.MockTransport(center))
        connector = MicrosoftConnector(config(), tokens=FixedTokens(), client=client)
        try:
            return await asked(connector)
        finally:
            await connector.aclose()

    return asyncio.run(run())


async def numbers(connector: MicrosoftConnector) -> set[str]:
    return voided([one async for one in connector.list_invoices()])


def test_what_was_voided_is_found_on_every_page() -> None:
    first = ok(
        {
            "items": [{"id": "G1", "documentType": "invoice"}],
            "links": {"next": {"uri": "/invoices?size=1&seekOperation=Next", "method": "GET", "headers": []}},
        }
    )
    center = PartnerCenter(first, collection({"id": "G2", "documentType": "void_note", "amendsOf": "G1"}))

    assert speaking(center, numbers) == {"G1", "G2"}
    assert [request.url.path for request in center.asked] == ["/v1/invoices"] * 2


def test_credentials_are_checked_by_asking_for_one_customer() -> None:
    center = PartnerCenter(collection())

    speaking(center, lambda connector: connector.check_credentials())

    assert [str(request.url.query, "ascii") for request in center.asked] == ["size=1"]
    with pytest.raises(VendorError):
        speaking(PartnerCenter(problem(403, 900329)), lambda connector: connector.check_credentials())
