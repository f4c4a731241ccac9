"""What a service gives so that its commands can be handled: a desk that opens sessions, sessions that decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from psycopg import AsyncConnection

from shared.commands.decision import Decided
from shared.commands.principal import Principal

C_co = TypeVar("C_co", covariant=True)
C_contra = TypeVar("C_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Asked(Generic[C_co]):
    """A command with who asks, and when (UTC). `preview` asks what would come of it, and changes nothing.

    `correlation` goes into the events; `idempotency_key` has the same request answered as the first time; `if_match` is
    the version (ETag, without quotes) that the thing must still have.
    """

    command: C_co
    principal: Principal
    at: datetime
    correlation: str | None = None
    idempotency_key: str | None = None
    if_match: str | None = None
    preview: bool = False


class Session(Protocol[C_contra]):
    """All that some commands need, read under their locks. Pure from here on."""

    def decide(self, asked: Asked[C_contra]) -> Decided:
        """What a command comes to; raises CommandRefused. The next one sees what this one decided, unless a preview."""


class Desk(Protocol[C_contra]):
    """Where the commands of a service are decided.

    `projection` is the one whose live generation is read: the connection's search_path is set to it.
    """

    @property
    def projection(self) -> str: ...

    async def open(self, connection: AsyncConnection, asked: Sequence[Asked[C_contra]]) -> Session[C_contra]:
        """Lock and read what these commands need, in the caller's transaction."""
