"""The pages of dead letters. They act as the command line does, on the database itself: no service owns these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from operator import attrgetter
from typing import Annotated, Final, TypeVar, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from services.console.dead_letters.payloads import payload
from services.console.exports import ROWS_ASKED, Field, Format, exported, in_parts
from services.console.formats import link
from services.console.rendering import page
from services.console.system import Operated, Owning
from services.console.viewer import Looking, shown_to
from shared.errors import UNAVAILABLE, UserError, WrongUsage
from shared.log.topics import DEAD_LETTERS, TOPICS
from shared.stopped import dropping, in_full
from shared.stopped.in_full import text_of
from shared.stopped.items import find
from shared.stopped.names import KINDS, Filters, Status, name_of
from shared.stopped.outcomes import WORDS
from shared.stopped.retrying import retry_all, there
from shared.store import dead_letters
from shared.web.errors import BadRequest
from shared.web.searching import Search

router = APIRouter(dependencies=[shown_to("operations:read")])
_ROWS: Final = 50
# What one form has go on: each is a transaction, and somebody waits for all of them.
_AT_ONCE: Final = 500
# Projectors and the relay answer within a second or two; the page says so where they have not yet.
_WAIT_S: Final = 5.0
_LONGEST: Final = 1_000
_STATUSES: Final[tuple[Status, ...]] = get_args(Status)
_TOPICS: Final = [(one.name, one.name) for one in TOPICS if one != DEAD_LETTERS]
_CAME: Final[Mapping[str, str]] = {
    **{str(came): shown for came, shown in WORDS.items()},
    "dropped": "dropped",
    "nothing": "nothing to retry",
    "left": "came meanwhile",
}
T = TypeVar("T", bound=str)
# The fields by which a form chooses, as the address of the list has them.
_ASKED: Final = ("q", "kind", "topic", "type", "projection", "reason", "status")
_WRITING = [shown_to("operations:write")]

Text = Annotated[str, Query(max_length=_LONGEST)]
_FIELDS = [
    Field("name", lambda item: str(item.name)),
    *(Field(name, attrgetter(name)) for name in ("kind", "status", "type", "subject", "topic", "projection")),
    Field("since", attrgetter("since")),
    Field("reason", attrgetter("reason")),
]


async def _filters(
    q: Search = "", kind: Text = "", topic: Text = "", type: Text = "", projection: Text = "", reason: Text = "",
    status: Text = "",
) -> Filters:  # fmt: skip
    """The filters of an address; what is empty filters nothing."""
    return Filters(
        _one_of("kind", kind, KINDS), topic or None, type or None, projection or None, reason or None,
        _one_of("status", status, _STATUSES), q.strip() or None,
    )  # fmt: skip


Chosen = Annotated[Filters, Depends(_filters)]


def _one_of(name: str, given: str, known: Sequence[T]) -> T | None:
    if given and given not in known:
        raise BadRequest(f"{name}: {given!r} is none of {', '.join(known)}")
    return next((one for one in known if one == given), None)


@router.get("/dead-letters")
async def letters(
    request: Request, connection: Owning, filters: Chosen, after: Text = "", came: Text = "",
    format: Format | None = None,
) -> Response:  # fmt: skip
    """The list; as a file too."""
    if format is not None:
        found = await find(connection, filters, None, ROWS_ASKED)
        return await exported(format, "dead-letters", _FIELDS, in_parts(found))
    found = await find(connection, filters, name_of(after) if after else None, _ROWS + 1)
    return page(
        request, "dead_letters/list.html", items=found[:_ROWS], filters=filters, came=_came(came), after=after,
        next=str(found[_ROWS - 1].name) if len(found) > _ROWS else None, kinds=KINDS, topics=_TOPICS,
        statuses=_STATUSES, counts=await dead_letters.counts(connection), now=datetime.now(UTC),
    )  # fmt: skip


@router.get("/dead-letters/retry", dependencies=_WRITING)
async def retry_several(request: Request, connection: Owning, filters: Chosen) -> Response:
    """Asks before all that fit are retried."""
    found = await find(connection, filters, None, _AT_ONCE + 1)
    return page(
        request, "dead_letters/retry.html", found=found[:_AT_ONCE], are_more=len(found) > _AT_ONCE, filters=filters,
        newest=max((item.since for item in found[:_AT_ONCE]), default=None),
        asked={name: value for name, value in request.query_params.items() if value and name in _ASKED},
    )  # fmt: skip


@router.post("/dead-letters/retry", dependencies=_WRITING)
async def retry(
    request: Request, viewer: Looking, system: Operated, name: Annotated[str, Form(max_length=_LONGEST)] = "",
    newest: Annotated[datetime | None, Form()] = None,
) -> Response:  # fmt: skip
    """One of a name, or all that the fields of the form choose, and of these none after the `newest` that was shown."""
    if not system.specs:
        raise UserError("this console was started without projections: retry on the command line", UNAVAILABLE)
    form = await request.form()
    chosen = await _filters(**{field: str(form.get(field, "")) for field in _ASKED})
    async with await system.connect() as connection:
        found = [] if name else await find(connection, chosen, None, _AT_ONCE)
        shown = [item.name for item in found if newest is None or item.since <= newest]
        names = list(await there(connection, [name_of(name)])) if name else shown
        outcomes = await retry_all(connection, system.specs, names, by=viewer.principal.name, wait_s=_WAIT_S)
    told = ",".join(f"{came}:{count}" for came, count in Counter(one.came for one in outcomes).items()) or "nothing:0"
    if len(found) > len(shown):
        told += f",left:{len(found) - len(shown)}"
    is_still_there = name and outcomes[0].came not in ("flows", "waits")
    where = link("dead-letters", name) if is_still_there else "/dead-letters"
    return RedirectResponse(f"{where}?{urlencode({'came': told})}", HTTPStatus.SEE_OTHER)


@router.post("/dead-letters/drop", dependencies=_WRITING)
async def drop(
    viewer: Looking,
    system: Operated,
    name: Annotated[str, Form(max_length=_LONGEST)],
    reason: Annotated[str, Form(max_length=_LONGEST)] = "",
) -> Response:
    """A record is done without from now on."""
    if not reason.strip():
        raise BadRequest("reason: is empty; say why the record is done without, for whoever comes later")
    place = dropping.record(name_of(name))
    async with await system.connect() as connection:
        await dropping.drop(connection, [place], reason.strip(), viewer.principal.name)
    return RedirectResponse(link("dead-letters", name) + "?came=dropped:1", HTTPStatus.SEE_OTHER)


@router.get("/dead-letters/{name:path}")
async def letter(
    request: Request, connection: Owning, name: str, came: Text = "", raw: Annotated[bool, Query()] = False
) -> Response:
    """One with all that is known of it; `raw`: its bytes as they came, as a file."""
    found = await in_full.found(connection, name_of(name))
    if raw:
        if not found.has_record:
            raise WrongUsage(f"{name} is a stream, which has no bytes of its own")
        saved = {"Content-Disposition": 'attachment; filename="record.bin"'}
        return Response(found.value or b"", media_type="application/octet-stream", headers=saved)
    return page(
        request, "dead_letters/one.html", one=found, item=found.item, came=_came(came),
        payload=payload(found.value) if found.has_record else None, key=text_of(found.key),
        headers=[(header, text_of(content)) for header, content in found.headers],
    )  # fmt: skip


def _came(told: str) -> list[tuple[str, str, int]]:
    """What came of the form before, as its redirect says: the outcome, in words, and of how many."""
    found = []
    for part in told.split(",") if told else ():
        came, _, count = part.partition(":")
        if came in _CAME and count.isdecimal():
            found.append((came, _CAME[came], int(count)))
    return found
