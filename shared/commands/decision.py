"""What is asked and what is decided: the vocabulary of every command. Pure.

`decide` of a service is given state and command and gives `Decided`, or raises one of the refusals below. Each is one
sentence that says what is wrong and what to do, and becomes one answer of the API and one line of the command line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from shared.billing.facts import Fact
from shared.events.envelope import CloudEvent
from shared.events.models.base import EventModel


class CommandRefused(Exception):
    """A command that is not carried out, and changes nothing. `kind` names the problem, `status` is HTTP's."""

    kind: ClassVar[str] = "refused"
    status: ClassVar[int] = 422


class Forbidden(CommandRefused):
    """Who asks may not do this."""

    kind = "forbidden"
    status = 403


class Unknown(CommandRefused):
    """There is no such thing, or it is not theirs to see."""

    kind = "not-found"
    status = 404


class Exists(CommandRefused):
    """What is to be created is there already."""

    kind = "exists"
    status = 409


class Outdated(CommandRefused):
    """The thing has changed since the version in If-Match."""

    kind = "outdated"
    status = 412


class KeyReused(CommandRefused):
    """An idempotency key that was used for another request."""

    kind = "idempotency-key-reused"
    status = 422


class Appending(NamedTuple):
    """Events to append to a stream after the sequence `expected` (0: a new stream): `shared.commands.envelopes`.

    `models` is what they say, `events` what is stored of them, `facts` what billing takes from them.
    """

    stream_id: str
    expected: int
    models: Sequence[EventModel]
    events: Sequence[CloudEvent]
    facts: Sequence[Fact]


@dataclass(frozen=True, slots=True)
class Decided:
    """What a command comes to. Without events it asked for what is so already.

    `body` is the answer (JSON values), `etag` the version of the thing afterwards.
    """

    body: Mapping[str, object]
    appending: Sequence[Appending] = field(default=())
    etag: str | None = None
    created: bool = False
