"""What Microsoft posts to us, without a token of ours: believed by its signature, kept as a hint, answered at once.

Nothing is asked of Microsoft here: the worker looks at the account (`timers.Hints`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final

import httpx
import structlog
from fastapi import APIRouter, FastAPI, Request, Response

from services.reconciliation import hints
from services.reconciliation.vendors.configured import configured_vendors
from services.reconciliation.vendors.connector import Misconfigured, NotReached
from services.reconciliation.vendors.microsoft.config import from_environment
from services.reconciliation.vendors.microsoft.signatures import SignatureCheck, Unsigned
from services.reconciliation.vendors.microsoft.webhooks import UnreadableEvent, Webhooks
from shared.web.errors import BadRequest, NotFound, Unavailable, problem

_MICROSOFT: Final = "microsoft"
_CERTIFICATE_S: Final = 10.0
# An event is some 400 bytes; whoever posts more is not who signs.
_MOST_BYTES: Final = 64 * 1024
_AGAIN_S: Final = 60
_log = structlog.get_logger("webhooks")


@asynccontextmanager
async def _receiving(app: FastAPI) -> AsyncIterator[None]:
    """What receives events of Microsoft, for as long as the application runs; None where it is not configured."""
    app.state.microsoft = None
    async with httpx.AsyncClient(timeout=_CERTIFICATE_S, follow_redirects=False) as client:
        if _MICROSOFT in configured_vendors():
            try:
                app.state.microsoft = Webhooks(SignatureCheck(from_environment(), client))
            except Misconfigured as error:
                _log.error("no webhooks are taken", vendor=_MICROSOFT, reason=str(error))
        yield


router = APIRouter(prefix="/webhooks", include_in_schema=False, lifespan=_receiving)


@router.post("/microsoft")
async def microsoft(request: Request) -> Response:
    """Keep what an event of Partner Center points to. 200 also for one that points to nothing, or came before."""
    webhooks: Webhooks | None = request.app.state.microsoft
    if webhooks is None:
        raise NotFound("no webhooks of Microsoft are taken here")
    try:
        event = await webhooks.received(request.headers, await _body(request))
    except Unsigned as error:
        _log.warning("webhook refused", vendor=_MICROSOFT, reason=str(error))
        detail = "this is not signed by Microsoft, as far as can be told; the log has the reason"
        return problem(HTTPStatus.UNAUTHORIZED, detail, headers={"WWW-Authenticate": "Signature"})
    except UnreadableEvent as error:
        raise BadRequest(str(error)) from None
    except NotReached as error:
        raise Unavailable(str(error), _AGAIN_S) from None
    hint = event.hint()
    if hint is not None:
        what = " ".join([hint.operation, *sorted(hint.subscription_ids)])
        async with request.app.state.connections.connection(timeout=5.0) as connection:
            is_new = await hints.keep(connection, _MICROSOFT, hint.account_id, hint.at, what)
        _log.info("hint", vendor=_MICROSOFT, account=hint.account_id, what=what, is_new=is_new)
    return Response(status_code=HTTPStatus.OK)


async def _body(request: Request) -> bytes:
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > _MOST_BYTES:
            raise BadRequest(f"body: is longer than {_MOST_BYTES:,} bytes, which no event is")
    return bytes(content)
