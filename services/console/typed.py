"""What somebody typed into a form, as the body of a command: the service judges it, and its words are shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

Typed = Mapping[str, str]
"""The fields of a form by name, as typed; one that is not there is empty."""

# Python reads no longer ones; the service says how large one may be.
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,4000}", re.ASCII)
# What an amount of an event may have.
_AMOUNT: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,12})?", re.ASCII)
_PER_CENT: Final = re.compile(r"[0-9]{1,6}(\.[0-9]{1,10})?", re.ASCII)
_HUNDRED: Final = Decimal(100)
_SHOWN: Final = 40


class Unclear(Exception):
    """What was typed cannot even be asked; the sentence says what to do."""


def whole(text: str) -> int | str:
    """A whole number; anything else as it is, for the service to refuse in its words."""
    plain = text.strip()
    return int(plain) if _WHOLE.fullmatch(plain) else plain


def amount(text: str) -> str:
    """A price as it was typed. Raises Unclear for what is no plain number of 0 or more."""
    plain = text.strip()
    if not _AMOUNT.fullmatch(plain):
        raise Unclear(
            f"price: {_short(plain)} is no price; give one of 0 or more like 114.00, with at most 15 digits before the "
            "point and 12 after it"
        )
    return plain


def rate(percent: str) -> str:
    """A rate of what was typed as per cent: 12.5 is 0.125. Raises Unclear for what is no number of 0 or more."""
    plain = percent.strip().removesuffix("%").strip()
    if not _PER_CENT.fullmatch(plain):
        raise Unclear(
            f"rate: {_short(plain)} is no number of per cent; give one of 0 or more like 10 or 12.5, with at most 6 "
            "digits before the point"
        )
    return f"{Decimal(plain) / _HUNDRED:f}"


def _short(text: str) -> str:
    """What was typed, quoted; of much of it the beginning."""
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


def when(typed: Typed) -> dict[str, str]:
    """From when it is to hold: nothing for now, else the day. Raises Unclear for a later day that is not given."""
    if typed["when"] != "later":
        return {}
    if not typed["on"].strip():
        raise Unclear("on: choose the day, or Immediate")
    return {"effective_at": typed["on"].strip()}


def given(typed: Typed, *names: str) -> dict[str, Any]:
    """The fields that were filled in, as text."""
    return {name: typed[name].strip() for name in names if typed[name].strip()}
