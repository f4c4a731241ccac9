"""Where documents go and what became of each, over HTTP.

The organisation decides for everybody, a reseller for its own documents; who is a customer looks.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from services.invoicing.delivery import destinations, queries
from services.invoicing.delivery.addresses import Unusable, email_address, endpoint
from services.invoicing.delivery.config import Misconfigured, configured
from services.invoicing.delivery.deliveries import try_again, why_not
from services.invoicing.delivery.destinations import Channel, destination_of
from services.invoicing.delivery.outcomes import State
from services.invoicing.delivery.signing import LONGEST_OVERLAP_H
from services.invoicing.delivery.webhook_secrets import rotate
from shared.commands.decision import CommandRefused, Forbidden
from shared.commands.principal import Principal
from shared.events.models.fields import Id
from shared.web.access import Caller, needs
from shared.web.application import Connection, Reading
from shared.web.commanding import PROBLEMS
from shared.web.errors import BadRequest, NotFound, Unavailable
from shared.web.paging import Cursor, Limit, Page, key_of, page_of

router = APIRouter()
_DESTINATION: Final[JsonDict] = {
    "destination": "5d0cf7a5-6a3f-4f4e-8d0a-1a2a5a0a7c11",
    "recipient": "res-1",
    "channel": "webhook",
    "address": "https://example.com/invoices",
    "created_at": "2026-02-01T09:00:00Z",
    "created_by": "token 4f2a (shop)",
}
_DELIVERY: Final[JsonDict] = {
    "delivery": "0b7e7c0e-5b0c-5a3e-9d3e-7f1c2d3e4f50",
    "document": "INV-2026-000001",
    "recipient": "res-1",
    "destination": "5d0cf7a5-6a3f-4f4e-8d0a-1a2a5a0a7c11",
    "channel": "webhook",
    "address": "https://example.com/invoices",
    "state": "pending",
    "asked_at": "2026-02-02T00:10:00Z",
    "tries": 1,
    "next_at": "2026-02-02T00:10:15Z",
    "answer": "HTTP 503 Service Unavailable",
    "ended_at": None,
}


class DestinationShown(BaseModel):
    """An address that documents go to: those of `recipient`, or all of them where it is null."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_DESTINATION]})

    destination: UUID
    recipient: str | None
    channel: Channel
    address: str
    created_at: datetime
    created_by: str


class NewDestination(DestinationShown):
    """What was made. `secret` signs its webhooks; it is shown this once, and null for e-mail."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**_DESTINATION, "secret": "whsec_bm90IGEgc2VjcmV0LCBhbiBleGFtcGxl"}]}
    )

    secret: str | None


class Wanted(BaseModel):
    """Who is to get documents, and how."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{name: _DESTINATION[name] for name in ("recipient", "channel", "address")}]},
    )

    channel: Channel
    address: Annotated[str, Field(min_length=1, max_length=2000, description="an e-mail address, or a URL")]
    recipient: Id | None = Field(default=None, description="whose documents; null: everybody's")


class Rotation(BaseModel):
    """How long the old secret goes on signing beside the new one; 0: not at all, and no older one either."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"old_signs_for_hours": 24}]})

    old_signs_for_hours: Annotated[int, Field(strict=True, ge=0, le=LONGEST_OVERLAP_H)]


class NewSecret(BaseModel):
    """What webhooks of a destination are signed with from now on, shown this once; with the old one too until then."""

    model_config = ConfigDict(json_schema_extra={"examples": [{
        "destination": _DESTINATION["destination"], "secret": "whsec_bm90IGEgc2VjcmV0LCBhbiBleGFtcGxl",
        "old_until": "2026-02-03T09:00:00Z",
    }]})  # fmt: skip

    destination: UUID
    secret: str
    old_until: datetime | None


class DeliveryShown(BaseModel):
    """One document on its way to one address; `answer` is what came of the last try."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_DELIVERY]})

    delivery: UUID
    document: str
    recipient: str
    destination: UUID
    channel: Channel
    address: str
    state: State
    asked_at: datetime
    tries: int
    next_at: datetime | None
    answer: str | None
    ended_at: datetime | None


@router.get("/delivery-destinations", dependencies=[needs("invoices:read", "read where documents go")])
async def delivery_destinations(
    connection: Reading, recipient: str | None = None, limit: Limit = 100, cursor: Cursor = None
) -> Page[DestinationShown]:
    """Where documents go that are issued from now on, the oldest first; those of one recipient alone."""
    found = await destinations.destinations(connection, limit + 1, recipient=recipient, after=_key(cursor))
    shown = [DestinationShown.model_validate(one) for one in found]
    return page_of(shown, limit, lambda one: [one.created_at.isoformat(), str(one.destination)])


@router.post("/delivery-destinations", status_code=201, responses={404: PROBLEMS[404], 409: PROBLEMS[409],
                                                                   422: PROBLEMS[422]})  # fmt: skip
async def subscribe_to_documents(connection: Connection, principal: Caller, wanted: Wanted) -> NewDestination:
    """Have the documents that are issued from now on delivered to an address, each once."""
    _may(principal)
    if not _is_theirs(principal, wanted.recipient):
        if wanted.recipient is None:
            raise Forbidden(f"{principal.name} may not have everybody's documents: name a recipient")
        raise NotFound(f"there is no recipient {wanted.recipient!r}")
    try:
        if wanted.channel == "email":
            address = email_address(wanted.address)
        else:
            address = endpoint(wanted.address, insecure=configured().webhooks_insecure)
    except Unusable as error:
        raise BadRequest(f"address: {error}") from None
    except Misconfigured as error:
        raise Unavailable(str(error)) from None
    made = await destinations.subscribe(connection, wanted.channel, address, wanted.recipient, principal.name)
    shown = DestinationShown.model_validate(made.destination).model_dump()
    return NewDestination(**shown, secret=made.secret)


@router.delete("/delivery-destinations/{destination}", responses={404: PROBLEMS[404]})
async def unsubscribe_from_documents(connection: Connection, principal: Caller, destination: UUID) -> DestinationShown:
    """Deliver nothing more to a destination, also of what waits."""
    _may(principal)
    found = await destination_of(connection, destination)
    is_theirs = found is not None and _is_theirs(principal, found.recipient)
    ended = await destinations.unsubscribe(connection, destination, principal.name) if is_theirs else None
    if ended is None:
        raise NotFound(f"there is no destination {str(destination)!r}")
    return DestinationShown.model_validate(ended)


@router.post("/delivery-destinations/{destination}/secret", responses={404: PROBLEMS[404], 422: PROBLEMS[422]})
async def rotate_webhook_secret(
    connection: Connection, principal: Caller, destination: UUID, wanted: Rotation
) -> NewSecret:
    """Sign the webhooks of a destination with another secret; for a while with the old one too."""
    _may(principal)
    found = await destination_of(connection, destination)
    if found is None or found.ended_at is not None or not _is_theirs(principal, found.recipient):
        raise NotFound(f"there is no destination {str(destination)!r}")
    overlap = timedelta(hours=wanted.old_signs_for_hours)
    rotated = await rotate(connection, destination, overlap, principal.name)
    if rotated is None:
        raise CommandRefused(f"what goes to {found.address} is not signed: only webhooks have a secret")
    return NewSecret(destination=destination, secret=rotated.secret, old_until=rotated.old_until)


@router.get("/deliveries", dependencies=[needs("invoices:read", "read what became of deliveries")])
async def all_deliveries(
    connection: Reading,
    state: State | None = None,
    recipient: str | None = None,
    document: str | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[DeliveryShown]:
    """Documents on their way and what became of them, the newest first; of one state, one recipient, one document."""
    found = await queries.newest(
        connection, limit + 1, state=state, recipient=recipient, document=document, before=_key(cursor)
    )
    shown = [DeliveryShown.model_validate(one) for one in found]
    return page_of(shown, limit, lambda one: [one.asked_at.isoformat(), str(one.delivery)])


@router.post("/deliveries/{delivery}/retry", responses={404: PROBLEMS[404], 422: PROBLEMS[422]})
async def retry_delivery(connection: Connection, principal: Caller, delivery: UUID) -> DeliveryShown:
    """Have a document delivered that was refused, given up, or of which nobody knows whether it arrived."""
    _may(principal)
    found = await queries.delivery_of(connection, delivery)
    wanted = None if found is None else await destination_of(connection, found.destination)
    if found is None or wanted is None or not _is_theirs(principal, wanted.recipient):
        raise NotFound(f"there is no delivery {str(delivery)!r}")
    if not await try_again(connection, delivery, principal.name):
        raise CommandRefused(f"delivery {delivery} is not tried again: {why_not(found.state)}")
    again = await queries.delivery_of(connection, delivery)
    return DeliveryShown.model_validate(again)


def _may(principal: Principal) -> None:
    """Raises Forbidden for who may not say where any documents go."""
    principal.need("settings:write" if principal.sees_all else "accounts:write", "say where documents go")


def _is_theirs(principal: Principal, recipient: str | None) -> bool:
    """Whether they may say where this recipient's documents go, or everybody's."""
    return principal.sees_all or (recipient is not None and principal.reaches(customer=None, reseller=recipient))


def _key(cursor: str | None) -> tuple[datetime, UUID] | None:
    """Where a list by moment and id goes on."""
    at, last = key_of(cursor, ["", ""])
    if not at:
        return None
    try:
        moment, name = datetime.fromisoformat(at), UUID(last)
    except ValueError:
        moment, name = None, None
    if moment is None or name is None or moment.tzinfo is None:
        raise BadRequest("cursor: is none of this list; give `next` of the page before")
    return moment, name
