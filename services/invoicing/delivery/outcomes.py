"""What comes of a try to deliver, and what follows: done, tried again later, or ended with the reason. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

State = Literal["pending", "sending", "delivered", "failed", "given_up", "unknown"]

GIVES_UP_AFTER: Final = timedelta(days=3)
_FIRST_WAIT: Final = timedelta(seconds=15)
_LONGEST_WAIT: Final = timedelta(hours=4)
# What a receiver asks for is honoured up to here; beyond that it would have asked for a day without a try.
_LONGEST_ASKED: Final = timedelta(days=1)
_MOST_LETTERS: Final = 500


@dataclass(frozen=True, slots=True)
class Delivered:
    """It arrived: the receiver said so."""

    answer: str


@dataclass(frozen=True, slots=True)
class Refused:
    """It did not arrive, and the same again would not either."""

    answer: str


@dataclass(frozen=True, slots=True)
class Later:
    """It did not arrive, or may arrive twice without harm: tried again, not before `after` where that was asked for."""

    answer: str
    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can say whether it arrived, and twice is worse than a person who looks: it is not tried again."""

    answer: str


Outcome = Delivered | Refused | Later | Unknown


@dataclass(frozen=True, slots=True)
class Then:
    """How a delivery stands after a try."""

    state: State
    answer: str
    next_at: datetime | None


def then(outcome: Outcome, *, tries: int, first_try_at: datetime, at: datetime) -> Then:
    """How a delivery stands after its try number `tries` (from 1) at `at`; its first one was at `first_try_at`.

    Each wait is twice as long as the one before, from 15 s to 4 h, for three days.
    """
    answer = outcome.answer[:_MOST_LETTERS]
    if isinstance(outcome, Delivered):
        return Then("delivered", answer, None)
    if isinstance(outcome, Refused):
        return Then("failed", answer, None)
    if isinstance(outcome, Unknown):
        return Then("unknown", answer, None)
    if at - first_try_at >= GIVES_UP_AFTER:
        return Then("given_up", answer, None)
    # Two to the twentieth of 15 s is half a year: more than that need not be reckoned.
    wait = min(_FIRST_WAIT * 2 ** min(tries - 1, 20), _LONGEST_WAIT)
    asked = min(outcome.after or timedelta(), _LONGEST_ASKED)
    return Then("pending", answer, at + max(wait, asked))
