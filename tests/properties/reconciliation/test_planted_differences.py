"""Whatever both sides hold: differences that were planted are found, each with its verdict, and no others (R7.4)."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.reconciliation.compare import compare
from services.reconciliation.delay import Policy
from services.reconciliation.sides import ENDED, Look, Ours, Theirs
from services.reconciliation.verdicts import Compared
from shared.events.models.reconciliation import Status

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=30)
RUNNING: list[Status] = ["active", "suspended"]
OVER: list[Status] = sorted(ENDED)


@dataclass(frozen=True)
class Pair:
    """A subscription on both sides, and what is wrong with it: nothing, or what was planted."""

    ours: Ours | None
    theirs: Theirs | None
    account: str
    verdict: str


@st.composite
def pairs(draw: st.DrawFn, number: int) -> Pair:
    account = f"acc-{draw(st.integers(1, 4))}"
    seats, status = draw(st.integers(0, 1000)), draw(st.sampled_from(RUNNING))
    ours = Ours(f"sub-{number}", f"cus of {account}", "office", seats, status, LONG_AGO, f"v{number}", account)
    theirs = Theirs(account, f"v{number}", "office:1", seats, status, status)
    planted = draw(
        st.sampled_from(["OK", "over", "seats", "status", "both", "ended there", "ended here", "vendor", "bss", "gone"])
    )
    more = draw(st.integers(1, 50))
    other: Status = "suspended" if status == "active" else "active"
    ended = draw(st.sampled_from(OVER))
    match planted:
        case "over":
            return Pair(replace(ours, status=ended), replace(theirs, status=draw(st.sampled_from(OVER))), account, "OK")
        case "seats":
            return Pair(ours, replace(theirs, quantity=seats + more), account, "QUANTITY_MISMATCH")
        case "status":
            return Pair(ours, replace(theirs, status=other), account, "STATUS_MISMATCH")
        case "both":
            both = replace(theirs, status=other, quantity=seats + more)
            return Pair(ours, both, account, "QUANTITY_MISMATCH STATUS_MISMATCH")
        case "ended there":
            return Pair(ours, replace(theirs, status=ended, quantity=seats + more), account, "STATUS_MISMATCH")
        case "ended here":
            return Pair(replace(ours, status=ended), theirs, account, "STATUS_MISMATCH")
        case "vendor":
            return Pair(ours, None, account, "MISSING_IN_VENDOR")
        case "bss":
            return Pair(None, theirs, account, "MISSING_IN_BSS")
        case "gone":
            return Pair(None, replace(theirs, status=ended), account, "")
        case _:
            return Pair(ours, theirs, account, "OK")


@st.composite
def installations(draw: st.DrawFn) -> list[Pair]:
    return [draw(pairs(number)) for number in range(draw(st.integers(0, 25)))]


def found(rows: list[Compared]) -> dict[str | None, str]:
    return {row.vendor_subscription: " ".join(row.verdicts) for row in rows}


def compared(some: list[Pair], failed: frozenset[str], shuffle: random.Random) -> list[Compared]:
    ours = [pair.ours for pair in some if pair.ours is not None]
    theirs = [pair.theirs for pair in some if pair.theirs is not None]
    shuffle.shuffle(ours)
    shuffle.shuffle(theirs)
    looks = {f"acc-{n}": Look("snapshot", NOW, failed="away" if f"acc-{n}" in failed else None) for n in range(1, 5)}
    return list(compare(ours, theirs, looks, NOW, Policy()))


@given(installations(), st.randoms(use_true_random=False))
def test_planted_differences_are_found_exactly(some: list[Pair], shuffle: random.Random) -> None:
    rows = compared(some, frozenset(), shuffle)

    planted = {f"v{number}": pair.verdict for number, pair in enumerate(some) if pair.verdict}
    assert found(rows) == planted


@given(
    installations(),
    st.frozensets(st.sampled_from([f"acc-{n}" for n in range(1, 5)])),
    st.randoms(use_true_random=False),
)
def test_an_account_that_failed_costs_only_itself(
    some: list[Pair], failed: frozenset[str], shuffle: random.Random
) -> None:
    rows = compared(some, failed, shuffle)

    expected = {
        f"v{number}": "NOT_COMPARABLE" if pair.account in failed else pair.verdict
        for number, pair in enumerate(some)
        if pair.verdict
    }
    assert found(rows) == expected


@given(installations(), st.randoms(use_true_random=False))
def test_every_row_says_what_can_be_done_about_it_or_needs_nothing(some: list[Pair], shuffle: random.Random) -> None:
    for row in compared(some, frozenset(), shuffle):
        assert bool(row.actions) == (row.verdicts != ("OK",))
