"""Commands on orders, as their pages send them: quoting the version that was looked at, done once per form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import RedirectResponse

from services.console.afterwards import go
from services.console.formats import link
from services.console.orders import queries
from services.console.orders.queries import Item, Order
from services.console.service_calls import Answer, NotDone, ServiceAway, calls, new_key
from services.console.typed import Typed
from services.console.viewer import Viewer, reading_now
from shared.web.commanding import etag
from shared.web.errors import NotFound

CONFLICT: Final = HTTPStatus.PRECONDITION_FAILED


@dataclass(frozen=True, slots=True)
class Sent:
    """What a form of a command brings back beside its fields: the version that was looked at, and its key."""

    version: str | None
    key: str


async def form_of(request: Request) -> tuple[Typed, Sent]:
    """The text fields of the form that was sent."""
    form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    return form, Sent(form.get("version") or None, form.get("key") or new_key())


async def found(request: Request, viewer: Viewer, order_id: str) -> tuple[Order, list[Item]]:
    """The order as it is shown now, with its items."""
    async with reading_now(request, viewer) as connection:
        order = await queries.order(connection, order_id)
        if order is None:
            raise NotFound(f"there is no order {order_id}")
        return order, await queries.items(connection, order_id)


def once_more(order: Order, no: NotDone | None = None, sent: Sent | None = None) -> Sent:
    """What a form carries: the order as it is shown, and a key of its own.

    Where nobody knows whether it was done, it is what was sent: sent again, both count once.
    """
    return sent if sent is not None and isinstance(no, ServiceAway) else Sent(order.version, new_key())


def part(*names: str) -> str:
    """The path of a command in the API: ids may have anything in them."""
    return "/v1/orders" + "".join(f"/{quote(name, safe='')}" for name in names)


async def asked(
    request: Request, viewer: Viewer, method: str, path: str, body: Mapping[str, Any] | None = None,
    sent: Sent | None = None,
) -> Answer:  # fmt: skip
    """What the service answers; without what a form sent it is only asked what would come of it. Raises NotDone."""
    version = None if sent is None else sent.version
    return await calls(request).ask(
        request, viewer, "orders", method, path, body, preview=sent is None,
        if_match=None if version is None else etag(version), key=None if sent is None else sent.key,
    )  # fmt: skip


async def then(
    request: Request, viewer: Viewer, order_id: str, answer: Answer, sent: Sent, sentence: str, *, is_new: bool = False
) -> RedirectResponse:
    """To the order's page, once it shows what was done."""
    before = "" if is_new else sent.version
    if before and answer.etag == etag(before):
        before, sentence = None, "It was so already: nothing was changed."
    return await go(
        request, viewer, link("orders", order_id), sentence, before=before,
        version_of=lambda connection: queries.version(connection, order_id),
    )  # fmt: skip


def status_of(refused: NotDone) -> HTTPStatus:
    """With which status a page shows a refusal; what is not there for the viewer has no page."""
    status = HTTPStatus(refused.status)
    if status is HTTPStatus.NOT_FOUND:
        raise NotFound(str(refused))
    return status
