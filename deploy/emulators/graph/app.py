"""The routes of the emulator: export, operation, manifest, blobs; and `/_emulator` to plant another version."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

from fastapi import FastAPI, Request, Response

from deploy.emulators.graph.seed import Invoice, Seed

_BOM = b"\xef\xbb\xbf"
_TYPE = "#microsoft.graph.partners.billing"


@dataclass(slots=True)
class Operation:
    """One export that somebody asked for; `left` looks until it is done."""

    reference: str
    invoice: Invoice | None
    left: int
    expired: bool = False


@dataclass(slots=True)
class State:
    """What is there, and what was asked so far: `asked` holds method and path of each request."""

    seed: Seed
    operations: dict[str, Operation] = field(default_factory=dict)
    begun: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


def create_app(seed: Seed) -> FastAPI:
    """The emulator of one partner tenant; `app.state.graph` is its State."""
    app = FastAPI(title="Microsoft Graph, billing exports, emulated", openapi_url=None)
    state = app.state.graph = State(seed)

    @app.post("/v1.0/reports/partners/billing/reconciliation/{kind}/export")
    async def export(kind: str, request: Request) -> Response:
        refused = _gate(state, request)
        if refused is not None:
            return refused
        body = await request.json()
        if body.get("attributeSet") != "full":
            return _error(400, "BadRequest", "attributeSet is full or basic")
        reference = str(body.get("invoiceId" if kind == "billed" else "currencyCode", ""))
        known = seed.invoices if kind == "billed" else seed.unbilled
        invoice = known.get(reference)
        number = state.begun[reference] = state.begun.get(reference, 0) + 1
        name = str(uuid4())
        left, expires = (0, 0) if invoice is None else (invoice.polls, invoice.expires)
        state.operations[name] = Operation(reference, invoice, left, number <= expires)
        place = f"{_root(request)}/v1.0/reports/partners/billing/operations/{name}"
        return Response(status_code=202, headers={"Location": place, "request-id": name})

    @app.get("/v1.0/reports/partners/billing/operations/{name}")
    async def operation(name: str, request: Request) -> Response:
        refused = _gate(state, request)
        if refused is not None:
            return refused
        found = state.operations.get(name)
        if found is None or found.expired:
            return _error(410, "Gone", "The operation has expired")
        shape: dict[str, Any] = {"id": name, "createdDateTime": "2026-11-07T08:12:53"}
        if found.left:
            found.left -= 1
            shape |= {"@odata.type": f"{_TYPE}.runningOperation", "status": "running"}
            return _json(shape, {"Retry-After": f"{seed.retry_after:g}"})
        failure = found.invoice.failure if found.invoice is not None else None
        if found.invoice is None or failure is not None:
            said = {"message": "No data available", "code": "5000"} if failure is None else failure.model_dump()
            return _json(shape | {"@odata.type": f"{_TYPE}.failedOperation", "status": "failed", "error": said})
        shape |= {"@odata.type": f"{_TYPE}.exportSuccessOperation", "status": "succeeded"}
        if found.invoice.manifest == "inline":
            return _json(shape | {"resourceLocation": _manifest(state, name, found, request)})
        link = f"{_root(request)}/v1.0/reports/partners/billing/manifests/{name}"
        return _json(shape | {"resourceLocation@odata.navigationLink": link})

    @app.get("/v1.0/reports/partners/billing/manifests/{name}")
    async def manifest(name: str, request: Request) -> Response:
        refused = _gate(state, request)
        if refused is not None:
            return refused
        found = state.operations.get(name)
        if found is None or found.invoice is None:
            return _error(404, "NotFound", "No such manifest")
        return _json(_manifest(state, name, found, request))

    @app.get("/blobs/{name}/{blob}")
    async def blob(name: str, blob: str, request: Request) -> Response:
        state.asked.append(f"GET {request.url.path}")
        if "authorization" in request.headers:
            return Response(b"<Error><Code>InvalidAuthenticationInfo</Code></Error>", 400)
        if unquote(request.url.query) != unquote(seed.signature):
            return Response(b"<Error><Code>AuthenticationFailed</Code></Error>", 403)
        found = state.operations.get(name)
        if found is None or found.invoice is None or blob not in _names(found.invoice):
            return Response(b"<Error><Code>BlobNotFound</Code></Error>", 404)
        content = _content(found.invoice, _names(found.invoice).index(blob))
        return Response(content, media_type="application/octet-stream")

    @app.put("/_emulator/invoices/{reference}", status_code=204)
    async def plant(reference: str, invoice: Invoice) -> None:
        seed.invoices[reference] = invoice

    return app


def _gate(state: State, request: Request) -> Response | None:
    """What every request to Graph passes: not too many at once, and with a token."""
    state.asked.append(f"{request.method} {request.url.path}")
    if state.seed.busy:
        state.seed.busy -= 1
        return _error(429, "TooManyRequests", "Too many requests", {"Retry-After": "0"})
    if not request.headers.get("authorization", "").startswith("Bearer "):
        return _error(401, "InvalidAuthenticationToken", "Access token is empty.")
    return None


def _manifest(state: State, name: str, operation: Operation, request: Request) -> dict[str, Any]:
    assert operation.invoice is not None
    names = _names(operation.invoice)
    return {
        "id": name,
        "schemaVersion": "1",
        "dataFormat": "compressedJSON",
        "createdDateTime": "2026-11-07T08:37:48.87Z",
        "eTag": operation.invoice.version(),
        "partnerTenantId": "0e195b37-4574-4539-bc42-0e539b9684c0",
        "rootDirectory": f"{_root(request)}/blobs/{name}",
        "sasToken": state.seed.signature,
        "partitionType": "Default",
        "blobCount": len(names) if operation.invoice.blob_count is None else operation.invoice.blob_count,
        "blobs": [{"name": one, "partitionValue": "default"} for one in names],
    }


def _names(invoice: Invoice) -> list[str]:
    return [f"part-{number:05}.c000.json.gz" for number in range(invoice.blobs)]


def _content(invoice: Invoice, number: int) -> bytes:
    """The rows of one blob, compressed in as many members as are wanted."""
    lines = invoice.lines()[number :: invoice.blobs]
    parts = [lines[member :: invoice.members] for member in range(invoice.members)]
    return b"".join(gzip.compress(("".join(f"{line}\n" for line in part)).encode()) for part in parts)


def _root(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _json(shape: dict[str, Any], headers: dict[str, str] | None = None, status: int = 200) -> Response:
    """As Microsoft's services answer: with a mark of the byte order before the body."""
    return Response(_BOM + json.dumps(shape).encode(), status, headers, "application/json")


def _error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    return _json({"error": {"code": code, "message": message}}, headers, status)
