"""How what does not flow is named and chosen: records, streams, streams of the outbox."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Final, Literal, NamedTuple, get_args

from shared.errors import WrongUsage
from shared.projections.stopped import StreamName
from shared.store.dead_letters import Place

Kind = Literal["record", "stream", "outbox"]
Status = Literal["dead", "dropped", "taken_in", "parked"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
# What waits for somebody.
OPEN: Final[tuple[Status, ...]] = ("dead", "parked")
_OUTBOX = "outbox"
_RECORD = re.compile(r"([^/]+)/([0-9]{1,9})/([0-9]{1,18})")


class OutboxName(NamedTuple):
    """A stream that the relay keeps back; `str` is its name: outbox/STREAM."""

    stream: str

    def __str__(self) -> str:
        return f"{_OUTBOX}/{self.stream}"


Name = Place | StreamName | OutboxName


def kind_of(name: Name) -> Kind:
    """record, stream or outbox."""
    return "record" if isinstance(name, Place) else "stream" if isinstance(name, StreamName) else "outbox"


def name_of(text: str) -> Name:
    """What a name means. UserError for what can be none."""
    if form := _RECORD.fullmatch(text):
        return Place(form[1], int(form[2]), int(form[3]))
    first, slash, rest = text.partition("/")
    if slash and first == _OUTBOX and rest:
        return OutboxName(rest)
    scope, _, scope_id = rest.partition("/")
    if slash and first and scope:
        return StreamName(first, scope, scope_id)
    raise WrongUsage(
        f"{text!r} is no name: give TOPIC/PARTITION/OFFSET, PROJECTION/SCOPE/ID or outbox/STREAM, as "
        "seatledger dead-letters list has it"
    )


@dataclass(frozen=True, slots=True)
class Filters:
    """Which of them. None: any, but `status` None: those that wait for somebody. `reason` is a part of their reason.

    `search` is a part of their name, of what they are about or of their reason, in any case.
    """

    OPTIONS: ClassVar = ("--kind", "--topic", "--type", "--projection", "--reason", "--status")

    kind: Kind | None = None
    topic: str | None = None
    type: str | None = None
    projection: str | None = None
    reason: str | None = None
    status: Status | None = None
    search: str | None = None

    @property
    def statuses(self) -> tuple[Status, ...]:
        return OPEN if self.status is None else (self.status,)

    @property
    def options(self) -> list[str]:
        """What is asked for, as it is typed."""
        return [name for name in self.OPTIONS if getattr(self, name.removeprefix("--")) is not None]
