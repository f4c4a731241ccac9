"""Files of documents and letterheads over HTTP."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from enum import Enum
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Response
from psycopg import AsyncConnection
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, JsonValue

from services.invoicing import queries
from services.invoicing.paper import letterhead_store, logos
from services.invoicing.paper.content import Paper, paper_of
from services.invoicing.paper.csv_lines import csv_lines
from services.invoicing.paper.en16931 import xml
from services.invoicing.paper.expressible import refuse_inexpressible
from services.invoicing.paper.files import NotExpressible, rendered_pdf
from services.invoicing.paper.letterheads import Letterhead, Recipient, Seller
from services.invoicing.paper.letterheads import Scope as Kind
from services.invoicing.paper.rendered import RenderedResponse
from shared.commands.decision import CommandRefused, Unknown
from shared.errors import UserError
from shared.events.models.fields import ID_PATTERN, MAX_ID_LENGTH
from shared.web.access import Caller, needs
from shared.web.application import Connection, Reading
from shared.web.commanding import MEANINGS
from shared.web.errors import BadRequest, NotFound
from shared.web.paging import Cursor, Limit, Page, key_of, page_of

router = APIRouter()
_SELLER: Final[dict[str, JsonValue]] = {
    "name": "Aegean Distribution GmbH", "address": ["Hafenstraße 12"], "post_code": "20359", "city": "Hamburg",
    "country": "DE", "vat_id": "DE123456789", "payment_days": 14,
}  # fmt: skip
_BUYER: Final[dict[str, JsonValue]] = {
    "name": "Nordwind Cloud AG",
    "city": "Wien",
    "country": "AT",
    "language": "de-AT",
}
_KEPT: Final[dict[str, JsonValue]] = {
    "holds_from": "2026-01-01",
    "logo": False,
    "set_at": "2025-12-20T09:00:00Z",
    "set_by": "token 7 (shop)",
}
_LETTERHEADS: list[str | Enum] = ["letterheads"]
_READING = [needs("invoices:read", "read documents")]
_SET: Final[dict[int | str, dict[str, Any]]] = {status: {"description": MEANINGS[status]} for status in (404, 422)}
RecipientId = Annotated[str, Path(min_length=1, max_length=MAX_ID_LENGTH, pattern=ID_PATTERN)]


def _file(media_type: str, about: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {media_type: {}}, "description": about}, 404: {"description": MEANINGS[404]}}


@router.get(
    "/documents/{number:path}/pdf",
    dependencies=_READING,
    response_class=Response,
    responses=_file("application/pdf", "the document on paper"),
)
async def document_pdf(connection: Reading, number: str) -> Response:
    """One document as PDF/A-3, with its EN 16931 XML in it (Factur-X) where it has one."""
    paper = await _paper(connection, number)
    return RenderedResponse(partial(rendered_pdf, paper), "application/pdf", f"{number}.pdf")


@router.get(
    "/documents/{number:path}/xml",
    dependencies=_READING,
    response_class=Response,
    responses=_file("application/xml", "the document for programs") | {422: {"description": MEANINGS[422]}},
)
async def document_xml(connection: Reading, number: str) -> Response:
    """One document as EN 16931 XML (Cross Industry Invoice); refused where something is missing for it."""
    paper = await _paper(connection, number)
    try:
        refuse_inexpressible(paper)
    except NotExpressible as error:
        raise CommandRefused(str(error)) from None
    return RenderedResponse(lambda: xml(paper).encode(), "application/xml", f"{number}.xml")


@router.get(
    "/documents/{number:path}/csv",
    dependencies=_READING,
    response_class=Response,
    responses=_file("text/csv", "a row a line"),
)
async def document_csv(connection: Reading, number: str) -> Response:
    """All lines of one document as CSV."""
    document = await queries.document(connection, number)
    if document is None:
        raise NotFound(f"there is no document {number!r}")
    return RenderedResponse(lambda: csv_lines(document).encode(), "text/csv", f"{number}.csv")


async def _paper(connection: AsyncConnection, number: str) -> Paper:
    paper = await paper_of(connection, number)
    if paper is None:
        raise NotFound(f"there is no document {number!r}")
    return paper


class _Shown(BaseModel):
    holds_from: date
    logo: bool = Field(description="whether there is one")
    set_at: datetime
    set_by: str


class SellerLetterhead(_Shown):
    """How the organisation stands on paper from a day on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"letterhead": _SELLER, **_KEPT}]})

    letterhead: Seller


class RecipientLetterhead(_Shown):
    """How a recipient of documents stands on paper from a day on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"recipient": "res-6", "letterhead": _BUYER, **_KEPT}]})

    recipient: str
    letterhead: Recipient


class _Setting(BaseModel):
    model_config = ConfigDict(extra="forbid")

    holds_from: date | None = Field(default=None, description="the first day it holds; today in UTC")
    logo: Base64Bytes | None = Field(default=None, description="a PNG or SVG, in base64; without one the last stays")


class SetSellerLetterhead(_Setting):
    """A letterhead of the organisation."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"holds_from": "2026-01-01", "letterhead": _SELLER}]}
    )

    letterhead: Seller


class SetRecipientLetterhead(_Setting):
    """A letterhead of a recipient."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"holds_from": "2026-01-01", "letterhead": _BUYER}]}
    )

    letterhead: Recipient


@router.get("/seller-letterheads", dependencies=_READING, tags=_LETTERHEADS)
async def seller_letterheads(connection: Reading, limit: Limit = 100, cursor: Cursor = None) -> Page[SellerLetterhead]:
    """Letterheads of the organisation by the day from which they hold."""
    kept = await _kept(connection, "organisation", limit, cursor)
    return page_of([_seller(one) for one in kept], limit, lambda one: ["", one.holds_from.isoformat()])


@router.put("/seller-letterheads", tags=_LETTERHEADS, responses=_SET)
async def set_seller_letterhead(
    connection: Connection, principal: Caller, request: SetSellerLetterhead
) -> SellerLetterhead:
    """Set the organisation's letterhead from a day on; documents that are issued keep theirs."""
    principal.need("settings:write", "set the letterhead of the organisation")
    kept = await _set(connection, "organisation", "", request, request.letterhead, principal.name)
    return _seller(kept)


@router.get("/letterheads", dependencies=_READING, tags=_LETTERHEADS)
async def letterheads(connection: Reading, limit: Limit = 100, cursor: Cursor = None) -> Page[RecipientLetterhead]:
    """Letterheads of recipients by id and day."""
    kept = await _kept(connection, "recipient", limit, cursor)
    return page_of([_recipient(one) for one in kept], limit, lambda one: [one.recipient, one.holds_from.isoformat()])


@router.put("/letterheads/{recipient:path}", tags=_LETTERHEADS, responses=_SET)
async def set_letterhead(
    connection: Connection, principal: Caller, recipient: RecipientId, request: SetRecipientLetterhead
) -> RecipientLetterhead:
    """Set the letterhead of a reseller, or of a customer that pays itself; documents that are issued keep theirs."""
    principal.need("accounts:write", "set a letterhead")
    if not principal.reaches(customer=recipient, reseller=recipient):
        raise Unknown(f"there is no recipient {recipient!r}")
    kept = await _set(connection, "recipient", recipient, request, request.letterhead, principal.name)
    return _recipient(kept)


async def _set(
    connection: AsyncConnection, scope: Kind, id: str, asked: _Setting, content: Letterhead, by: str
) -> letterhead_store.Kept:
    if asked.logo is not None:
        try:
            await asyncio.to_thread(logos.checked, asked.logo)
        except logos.NoLogo as error:
            raise BadRequest(f"logo: {error}") from None
    holds_from = asked.holds_from or datetime.now(UTC).date()
    try:
        await letterhead_store.keep(connection, scope, id, holds_from, content, asked.logo, by)
    except UserError as error:
        raise CommandRefused(str(error)) from None
    kept = await letterhead_store.holding(connection, scope, id, holds_from)
    assert kept is not None
    return kept


async def _kept(
    connection: AsyncConnection, scope: Kind, limit: int, cursor: str | None
) -> list[letterhead_store.Kept]:
    id, day = key_of(cursor, ["", date.min.isoformat()])
    try:
        after = (id, date.fromisoformat(day))
    except ValueError:
        raise BadRequest(f"cursor: {cursor!r} is none of this list; give `next` of the page before") from None
    return await letterhead_store.listed(connection, scope, limit + 1, after)


def _seller(kept: letterhead_store.Kept) -> SellerLetterhead:
    return SellerLetterhead(
        letterhead=Seller.model_validate(kept.content), holds_from=kept.holds_from, logo=kept.logo is not None,
        set_at=kept.set_at, set_by=kept.set_by,
    )  # fmt: skip


def _recipient(kept: letterhead_store.Kept) -> RecipientLetterhead:
    return RecipientLetterhead(
        recipient=kept.id, letterhead=Recipient.model_validate(kept.content), holds_from=kept.holds_from,
        logo=kept.logo is not None, set_at=kept.set_at, set_by=kept.set_by,
    )  # fmt: skip
