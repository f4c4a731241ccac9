"""Taking over many subscriptions over HTTP: the rows go in as one body, what became of them comes out line by line."""

from __future__ import annotations

import asyncio
import io
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import asdict
from typing import IO, Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from services.subscriptions.bulk_import import Portion, Tally, import_all
from services.subscriptions.import_rows import Format, NotRows, rows_of
from shared.commands.combining import Bounds
from shared.web.access import Caller
from shared.web.commanding import PROBLEMS
from shared.web.errors import BadRequest
from shared.web.request_ids import RequestId

router = APIRouter()

# Some 20 ms of work: who asks for something else meanwhile waits no longer.
_PORTION = 25
# So that not every connection is an import's.
_one_after_the_other = asyncio.Semaphore(2)
# A body is kept on disk from a megabyte on: some million rows are a few hundred.
_IN_MEMORY = 1024 * 1024
_MOST_BYTES = 1024 * 1024 * 1024
_FORMATS: Mapping[str, Format] = {"text/csv": "csv", "application/x-ndjson": "jsonl"}
_EXAMPLE_CSV = """subscription_id,currency,customer.id,product.id,quantity,unit_price,started_at,billed_by_us_from
sub-1,EUR,cus-1,o365-business,8,10.00,2026-01-15,2026-07-01
"""
_EXAMPLE_JSON = (
    '{"subscription_id": "sub-1", "currency": "EUR", "customer": {"id": "cus-1"}, "product": {"id": "o365-business"}, '
    '"quantity": 8, "unit_price": "10.00", "started_at": "2026-01-15", "billed_by_us_from": "2026-07-01"}\n'
)
_EXAMPLE_ANSWER = """{"rows":1,"imported":1,"unchanged":0,"refused":0}
{"rows":1,"imported":1,"unchanged":0,"refused":0,"done":true}
"""
_ANSWER = (
    "a line for each refused row (line, subscription, reason), a line after each portion (rows, imported, unchanged, "
    "refused; with waits: true while too many events wait for the broker), and at the end the same with done: true"
)


def _lines_of(example: str) -> dict[str, Any]:
    """How lines of text are described."""
    return {"schema": {"type": "string"}, "examples": {"lines": {"value": example}}}


Check = Annotated[bool, Query(description="decide on every row, and take nothing over")]


@router.post(
    "/subscriptions/import",
    response_class=StreamingResponse,
    responses={
        **PROBLEMS,
        200: {"description": _ANSWER, "content": {"application/x-ndjson": _lines_of(_EXAMPLE_ANSWER)}},
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "text/csv": _lines_of(_EXAMPLE_CSV),
                "application/x-ndjson": _lines_of(_EXAMPLE_JSON),
            },
        }
    },
)
async def import_subscriptions(
    request: Request, caller: Caller, request_id: RequestId, check: Check = False
) -> StreamingResponse:
    """Take over subscriptions that were running before, from CSV or JSON Lines; run again it changes nothing.

    A row is as the body of POST /v1/subscriptions; a column `customer.id` of a CSV is the id of the customer.
    """
    caller.need("subscriptions:import", "import subscriptions")
    form = _FORMATS.get(request.headers.get("content-type", "").partition(";")[0].strip().lower())
    if form is None:
        raise BadRequest(f"Content-Type: give one of {', '.join(_FORMATS)}")
    body = await _received(request)
    try:
        rows = rows_of(io.TextIOWrapper(body, encoding="utf-8", errors="replace", newline=""), form)
    except NotRows as error:
        raise BadRequest(f"body: {error}") from None
    connections: AsyncConnectionPool = request.app.state.connections
    bounds: Bounds = request.app.state.bounds

    def portions(connection: AsyncConnection) -> AsyncIterator[Portion]:
        return import_all(
            connection, rows, caller, correlation=request_id, only_check=check, portion=_PORTION, outbox=bounds.outbox
        )

    return StreamingResponse(_lines(connections, portions, body), media_type="application/x-ndjson")


async def _received(request: Request) -> IO[bytes]:
    """All of the body: a client that sends before it reads would wait for us, and we for it."""
    body = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed once the answer is sent
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > _MOST_BYTES:
            raise BadRequest(f"body: is larger than {_MOST_BYTES:,} bytes; send it in parts")
        body.write(chunk)
    body.seek(0)
    return body


async def _lines(
    connections: AsyncConnectionPool, portions: Callable[[AsyncConnection], AsyncIterator[Portion]], body: IO[bytes]
) -> AsyncIterator[bytes]:
    tally = Tally()
    with body:
        async with _one_after_the_other, connections.connection() as connection:
            async for portion in portions(connection):
                tally = portion.tally
                for refusal in portion.refused:
                    yield _line(refusal._asdict())
                yield _line({**asdict(tally), "waits": True} if portion.waits else asdict(tally))
    yield _line({**asdict(tally), "done": True})


def _line(value: Mapping[str, object]) -> bytes:
    return orjson.dumps(value) + b"\n"
