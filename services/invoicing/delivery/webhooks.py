"""A document told to an endpoint: a signed POST of JSON that says which document there is, and where.

A receiver knows by `webhook-id` what it had already (it is the same at every try), so what may or may not have arrived
is sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

import httpx
import orjson

from services.invoicing.delivery.outcomes import Delivered, Later, Outcome, Refused
from services.invoicing.delivery.papers import Head
from services.invoicing.delivery.reaching import NotFound, NotPublic, address_of

_WITHIN_S: Final = 20.0
_CONNECT_S: Final = 5.0
# What a receiver answers that may be otherwise in a while; anything else of 4xx would be the same again.
_PASSING: Final = frozenset({408, 409, 425, 429})
_TYPES: Final = {"invoice": "invoice.issued", "credit_note": "credit_note.issued"}
_PORTS: Final = {"https": 443, "http": 80}


def body_of(head: Head, documents_url: str | None) -> bytes:
    """What is told of a document: the same bytes at every try.

    `path` is where the API of invoicing has it with all its lines; `url` goes along where that address is configured.
    """
    path = f"/v1/documents/{quote(head.number, safe='/')}"
    data = {
        "number": head.number, "kind": head.kind, "date": head.date.isoformat(), "recipient": head.recipient,
        "customer": head.customer, "currency": head.currency, "net": str(head.net), "tax": str(head.tax),
        "gross": str(head.gross), "path": path,
    }  # fmt: skip
    if documents_url is not None:
        data["url"] = documents_url.rstrip("/") + path
    return orjson.dumps({"type": _TYPES.get(head.kind, "document.issued"), "data": data})


def new_client() -> httpx.AsyncClient:
    """What posts. No proxy of the environment: where it connects to is looked at before. No redirect is followed."""
    return httpx.AsyncClient(
        timeout=httpx.Timeout(_WITHIN_S, connect=_CONNECT_S), follow_redirects=False, trust_env=False
    )


async def post(
    client: httpx.AsyncClient, address: str, body: bytes, headers: Mapping[str, str], *, insecure: bool
) -> Outcome:
    """Post a body to an endpoint; what came of it. Nothing of an answer's body is read: only its status counts."""
    url = httpx.URL(address)
    if url.scheme != "https" and not insecure:
        return Refused("it is not encrypted: give an https:// URL (or set SEATLEDGER_WEBHOOKS_INSECURE)")
    try:
        async with asyncio.timeout(_WITHIN_S):
            at = await address_of(url.host, url.port or _PORTS[url.scheme], insecure=insecure)
            # The name stays in the header and in the certificate's check; the connection goes to what was looked at.
            request = client.build_request(
                "POST", url.copy_with(host=at), content=body, extensions={"sni_hostname": url.raw_host.decode()},
                headers={**headers, "Host": url.netloc.decode(), "Content-Type": "application/json"},
            )  # fmt: skip
            response = await client.send(request, stream=True)
            await response.aclose()
    except NotPublic as error:
        return Refused(str(error))
    except NotFound as error:
        return Later(str(error))
    except TimeoutError:
        return Later(f"no answer within {_WITHIN_S:.0f} s")
    except httpx.TransportError as error:
        return Later(f"it cannot be reached: {' '.join(str(error).split()) or type(error).__name__}")
    return _meant(response)


def _meant(response: httpx.Response) -> Outcome:
    status = response.status_code
    said = f"HTTP {status} {_phrase(status)}".rstrip()
    if response.is_success:
        return Delivered(said)
    if response.is_server_error or status in _PASSING:
        return Later(said, _asked_for(response.headers.get("Retry-After"), datetime.now(UTC)))
    if response.is_redirect:
        return Refused(f"{said}: redirects are not followed, give the URL that it leads to")
    return Refused(said)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _asked_for(header: str | None, now: datetime) -> timedelta | None:
    """How long a receiver asks to be left alone: in seconds, or until a moment (RFC 9110, 10.2.3)."""
    if header is None:
        return None
    if header.isascii() and header.isdigit():
        return timedelta(seconds=min(int(header), 10**6))
    try:
        until = parsedate_to_datetime(header)
    except ValueError:
        return None  # what cannot be read asks for nothing
    return (until if until.tzinfo else until.replace(tzinfo=UTC)) - now
