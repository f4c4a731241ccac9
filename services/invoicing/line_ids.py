"""The ids of lines as people type them, and what to say of one that no line has."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from difflib import get_close_matches

from shared.billing.ledger import LayerKey
from shared.errors import NOT_FOUND, UserError

FORM = (
    "a line id is SUBSCRIPTION/CYCLE-START/LAYER-START, from the second line of a layer on with its number: "
    "sub-1/2019-02-01/2019-02-22/2"
)
NEAR = 5


def parsed(line: str) -> LayerKey | None:
    """The layer of a line's id; None for what is none. A subscription's own id may have slashes."""
    parts = line.split("/")
    if len(parts) > 3 and parts[-1].isdecimal():
        parts.pop()
    try:
        cycle_start, layer_start = date.fromisoformat(parts[-2]), date.fromisoformat(parts[-1])
    except (IndexError, ValueError):
        return None
    subscription = "/".join(parts[:-2])
    return LayerKey(subscription, cycle_start, layer_start) if subscription else None


def revision_of(line: str) -> int:
    """Which line of its layer an id names: the first has no number."""
    parts = line.split("/")
    return int(parts[-1]) if len(parts) > 3 and parts[-1].isdecimal() else 1


def subscription_in(line: str) -> str:
    """The subscription that an id is most likely meant for."""
    key = parsed(line)
    return line.partition("/")[0] if key is None else key.subscription


def nearest(line: str, known: Iterable[str]) -> list[str]:
    """The ids that are most like one, the most like first."""
    return get_close_matches(line, sorted(set(known)), NEAR, cutoff=0)


def unknown(line: str, near: Iterable[str]) -> UserError:
    """One sentence: there is no such line, what an id looks like, and which ones are near."""
    listed = ", ".join(near)
    return UserError(
        f"there is no line {line!r}: {FORM}; {f'near it are {listed}' if listed else 'no line is near it'}",
        NOT_FOUND,
    )
