"""The pages on which a subscription is changed: a form, what it will cost, and only then the change itself.

The form asks with GET, for asking changes nothing: what was asked stands in the address. Confirming is a POST that
quotes the version that was looked at.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.console.afterwards import go
from services.console.costs import Costs, costs
from services.console.formats import link
from services.console.rendering import page
from services.console.service_calls import NotDone, ServiceAway, calls, new_key
from services.console.subscriptions import queries
from services.console.subscriptions.changes import CHANGES, Change, Json, has_plan
from services.console.subscriptions.queries import One
from services.console.typed import Typed, Unclear
from services.console.viewer import Looking, Viewer, reading_now, shown_to
from shared.web.commanding import etag
from shared.web.errors import NotFound

router = APIRouter()
_CONFLICT = HTTPStatus.PRECONDITION_FAILED


def _pages(change: Change) -> None:
    """The two routes of a change. Who may not do it finds no such page."""
    path, allowed = f"/subscriptions/{{subscription_id:path}}/{change.path}", list(map(shown_to, change.permissions))

    @router.get(path, dependencies=allowed, name=change.title)
    async def look(request: Request, viewer: Looking, subscription_id: str) -> Response:
        one, version = await _found(request, viewer, subscription_id)
        asked = request.query_params
        typed = {name: asked.get(name, at_first(one)) for name, at_first in change.fields.items()}
        is_asked = not change.asks or any(name in asked for name in change.fields)
        return await _Page(request, viewer, change, one, version, typed).shown(is_asked=is_asked)

    @router.post(path, dependencies=allowed, name=change.title)
    async def confirm(request: Request, viewer: Looking, subscription_id: str) -> Response:
        one, version = await _found(request, viewer, subscription_id)
        form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
        typed = {name: form.get(name, "") for name in change.fields}
        shown = _Page(request, viewer, change, one, version, typed)
        return await shown.confirmed(Sent(form.get("version") or None, form.get("key") or new_key()))


class Sent(NamedTuple):
    """What a confirmation brings back beside its fields: the version that was looked at, and its key."""

    version: str | None
    key: str


class _Page:
    """One page of a change, as somebody looks at it: `typed` stands in its form."""

    def __init__(
        self, request: Request, viewer: Viewer, change: Change, one: One, version: str | None, typed: Typed
    ) -> None:
        self._request, self._viewer, self._change = request, viewer, change
        self._one, self._version, self._typed = one, version, typed

    async def shown(self, *, is_asked: bool, conflict: bool = False) -> Response:
        """The form; asked for, with what it will cost, or why it cannot be."""
        why_not = self._change.why_not(self._one)
        if why_not is not None:
            sentence = f"subscription {self._one.subscription}: {why_not}"
            return await self._rendered(HTTPStatus.CONFLICT, wrong=sentence, form=False)
        if not is_asked:
            return await self._rendered(HTTPStatus.OK)
        try:
            found = costs(await self._asked(), self._one.currency)
        except Unclear as unclear:
            return await self._rendered(HTTPStatus.BAD_REQUEST, wrong=str(unclear))
        except NotDone as refused:
            return await self._refused(refused)
        return await self._rendered(_CONFLICT if conflict else HTTPStatus.OK, found=found, conflict=conflict)

    async def confirmed(self, sent: Sent) -> Response:
        """The change itself, and then the subscription; or the form again with the reason why not."""
        version = sent.version
        try:
            answer = await self._ask(preview=False, if_match=None if version is None else etag(version), key=sent.key)
        except Unclear as unclear:
            return await self._rendered(HTTPStatus.BAD_REQUEST, wrong=str(unclear))
        except ServiceAway as away:
            # Sent once more as it was, it counts once: so nothing of it may be another.
            return await self._rendered(HTTPStatus(away.status), wrong=str(away), again=sent)
        except NotDone as refused:
            if refused.status == _CONFLICT:
                return await self.shown(is_asked=True, conflict=True)
            return await self._refused(refused)
        name = self._one.subscription
        events = answer["events"]
        names = dict((await self._choices()).products)
        done = self._change.done(self._typed, answer, names)
        sentence = done if events else "It was so already: nothing was changed."
        return await go(
            self._request, self._viewer, link("subscriptions", name), sentence, before=version if events else None,
            version_of=lambda connection: queries.version(connection, name),
        )  # fmt: skip

    async def _asked(self) -> Any:
        return await self._ask(preview=True)

    async def _ask(self, *, preview: bool, if_match: str | None = None, key: str | None = None) -> Any:
        body: Json | None = self._change.body(self._typed)
        path = f"/v1/subscriptions/{quote(self._one.subscription, safe='')}/{self._change.route}"
        answer = await calls(self._request).ask(
            self._request, self._viewer, "subscriptions", self._change.method, path, body, preview=preview,
            if_match=if_match, key=key,
        )  # fmt: skip
        return answer.document

    async def _refused(self, refused: NotDone) -> Response:
        status = HTTPStatus(refused.status)
        if status is HTTPStatus.NOT_FOUND:
            raise NotFound(str(refused))
        return await self._rendered(status, wrong=str(refused))

    async def _rendered(
        self, status: HTTPStatus, *, wrong: str | None = None, found: Costs | None = None, form: bool = True,
        conflict: bool = False, again: Sent | None = None,
    ) -> Response:  # fmt: skip
        choices = await self._choices()
        return page(
            self._request, "subscriptions/change.html", status, one=self._one, change=self._change, typed=self._typed,
            sent=again or Sent(self._version, new_key()), is_open=again is not None, wrong=wrong, costs=found,
            form=form, conflict=conflict, has_plan=has_plan(self._one), choices=choices,
            address=link("subscriptions", self._one.subscription),
        )  # fmt: skip

    async def _choices(self) -> queries.Choices:
        async with reading_now(self._request, self._viewer) as connection:
            return await queries.choices(connection, self._one)


async def _found(request: Request, viewer: Viewer, subscription_id: str) -> tuple[One, str | None]:
    """The subscription as it is shown now, and its version."""
    async with reading_now(request, viewer) as connection:
        one = await queries.subscription(connection, subscription_id)
        if one is None:
            raise NotFound(f"there is no subscription {subscription_id}")
        return one, await queries.version(connection, subscription_id)


for _change in CHANGES:
    _pages(_change)
