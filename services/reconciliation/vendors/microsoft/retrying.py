"""When a request is made again: how often, after how long, and under which id."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID, uuid4

import stamina

from services.reconciliation.vendors.connector import NotReached

# Microsoft's own SDK: three times more, after 0.5, 1.5 and 3.5 seconds.
_ATTEMPTS: Final = 4
_FIRST_WAIT_S: Final = 0.5
_LONGEST_WAIT_S: Final = 30.0
_JITTER_S: Final = 0.5
# Who asks for a longer pause than this is asked again by the next sweep.
LONGEST_PAUSE_S: Final = 120.0


class TryAgain(NotReached):
    """It may go better at once. `after` is the wait in seconds that was asked for, None where none was."""

    def __init__(
        self, sentence: str, *, after: float | None = None, code: str | None = None, correlation: str | None = None
    ) -> None:
        super().__init__(sentence, code=code, correlation=correlation)
        self.after = after


def attempts() -> AsyncIterator[stamina.Attempt]:
    """Contexts to try in: left with TryAgain they are followed by another, at most three times.

    A wait that was asked for comes first, then a growing one with some chance in it.
    """
    return stamina.retry_context(
        on=_wait, attempts=_ATTEMPTS, timeout=None, wait_initial=_FIRST_WAIT_S, wait_max=_LONGEST_WAIT_S,
        wait_jitter=_JITTER_S,
    ).__aiter__()  # fmt: skip


def _wait(error: Exception) -> bool | float:
    if not isinstance(error, TryAgain):
        return False
    return True if error.after is None else error.after


class RequestIds:
    """MS-RequestId: the same again after no answer came, as the first may have been carried out; another after any.

    `first` is the caller's, so that the same change is under the same id when it is asked for again later.
    """

    def __init__(self, first: UUID | None = None) -> None:
        self._current = first if first is not None else uuid4()

    @property
    def current(self) -> str:
        return str(self._current)

    def answered(self) -> None:
        self._current = uuid4()


_MOST_REMEMBERED: Final = 10_000
_ANSWERED: Final[set[UUID]] = set()


def unanswered(wanted: UUID) -> UUID | None:
    """The id to begin with for a change that is always under the same; None for any, once that one was answered.

    Microsoft takes a request with the same id for the same request: only one that was never answered may be that.
    """
    return None if wanted in _ANSWERED else wanted


def answered(wanted: UUID) -> None:
    """Remember it for as long as this process lives: who tries again later has a connector of its own."""
    if len(_ANSWERED) >= _MOST_REMEMBERED:
        _ANSWERED.clear()
    _ANSWERED.add(wanted)
