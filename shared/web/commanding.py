"""Commands over HTTP: what a route hands to the combiner of its application, and how the outcome is answered.

A route names its command and awaits `ask`; who asks, the keys and versions of the headers, and whether it is only a
preview are found here, in one place for every command.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import orjson
from fastapi import Depends, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from shared.commands.combining import Combiner, Overloaded
from shared.commands.decision import Decided
from shared.commands.desk import Asked
from shared.commands.handling import Busy, Outcome
from shared.web.errors import BadRequest, Unavailable

_LONGEST_KEY = 200

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=_LONGEST_KEY,
        description="the same request with the same key, within a week, is answered as the first time, and done once",
    ),
]
IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description='the ETag it was read with, or "*"; when it has changed since: 412'),
]
Preview = Annotated[bool, Query(description="say what would come of it and what it would cost, and change nothing")]


class Asking:
    """One request that asks for a command."""

    def __init__(self, request: Request, about: Asked[Any]) -> None:
        self._request = request
        self._about = about

    async def decided(self, command: object) -> Decided:
        """What came of a command. Raises CommandRefused, Unavailable, psycopg.Error, or what broke."""
        combiner: Combiner[Any] = self._request.app.state.commands
        try:
            return await combiner.ask(replace(self._about, command=command))
        except Overloaded as overloaded:
            raise Unavailable(str(overloaded), overloaded.retry_after_s) from None
        except Busy as busy:
            raise Unavailable(str(busy)) from None

    async def outcomes(self, commands: Sequence[object]) -> list[Outcome]:
        """What came of several commands, carried out in the order given; each has an idempotency key by its place."""
        combiner: Combiner[Any] = self._request.app.state.commands
        key = self._about.idempotency_key
        # No key that a request can bring has a line break in it.
        keys = (None if key is None else f"{key}\n{place}" for place in range(len(commands)))
        asked: list[Asked[Any]] = [
            replace(self._about, command=command, idempotency_key=one)
            for command, one in zip(commands, keys, strict=True)
        ]
        return await combiner.ask_in_order(asked)

    @property
    def about(self) -> Asked[Any]:
        """Who asks, and how."""
        return self._about

    async def __call__(self, command: object) -> Response:
        """The answer to a command: 201 for something new, else 200; with the version of the thing as its ETag."""
        decided = await self.decided(command)
        headers = {} if decided.etag is None else {"ETag": etag(decided.etag)}
        content = orjson.dumps(decided.body)
        return Response(content, 201 if decided.created else 200, headers, media_type="application/json")


def etag(version: str) -> str:
    """A version as the header ETag has it."""
    return f'"{version}"'


async def _asking(
    request: Request, idempotency_key: IdempotencyKey = None, if_match: IfMatch = None, preview: Preview = False
) -> Asking:
    # Both were found before: the caller by the dependency of all routes, which are asked in order. Naming them here has
    # their dependencies solved once more, a tenth of what a request costs.
    principal, request_id = request.state.caller, request.state.request_id
    about = Asked(None, principal, datetime.now(UTC), request_id, idempotency_key, _version(if_match), preview)
    return Asking(request, about)


def _version(if_match: str | None) -> str | None:
    """The version in a header: in quotes, or the star for any that exists."""
    if if_match is None or if_match == "*":
        return if_match
    if len(if_match) > 1 and if_match[0] == if_match[-1] == '"' and '"' not in if_match[1:-1]:
        return if_match[1:-1]
    raise BadRequest(f"If-Match: {if_match!r} is no version; give the ETag of an answer, in its quotes")


Ask = Annotated[Asking, Depends(_asking)]


class Problem(BaseModel):
    """Why something was not done (RFC 9457); `type` is urn:seatledger:problem: and the kind of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:seatledger:problem:not-found",
                    "title": "Not Found",
                    "status": 404,
                    "detail": "there is no subscription 'sub-7'",
                }
            ]
        }
    )

    type: str = Field(pattern="^urn:seatledger:problem:[a-z-]+$")
    title: str
    status: int
    detail: str


class EventDone(BaseModel):
    """An event that a command came to. Source and id are how the log, `explain` and rejected events name it."""

    type: str
    id: str
    source: str
    sequence: int


MEANINGS: Final[Mapping[int, str]] = {
    400: "the request cannot be read; the detail says where and what to give",
    401: "no token, or one that is not good",
    403: "whoever asks may not do this",
    404: "there is no such thing, or it is not theirs",
    409: "it is there already",
    412: "it has changed since the version in If-Match",
    422: "refused, with the reason; or an idempotency key that was used for another request",
    500: "a fault of ours; the log has the reason, under the X-Request-Id",
    503: "not now; the header Retry-After says when to ask again",
}
# What a route of a command declares beside its answer; what holds for every route comes from `shared.web.openapi`.
PROBLEMS: Final[Mapping[int | str, dict[str, Any]]] = {
    status: {"description": MEANINGS[status]} for status in (404, 409, 412, 422)
}
# What a route that reads one thing declares: the answer has a version.
VERSIONED: Final[Mapping[int | str, dict[str, Any]]] = {200: {"headers": {"ETag": {}}}}
