"""What somebody typed into a form, as the body of a command: the service judges it, and its words are shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

Typed = Mapping[str, str]
"""The fields of a form by name, as typed; one that is not there is empty."""

_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_HUNDRED: Final = Decimal(100)


class Unclear(Exception):
    """What was typed cannot even be asked; the sentence says what to do."""


def whole(text: str) -> int | str:
    """A whole number; anything else as it is, for the service to refuse in its words."""
    plain = text.strip()
    return int(plain) if _WHOLE.fullmatch(plain) else plain


def rate(percent: str) -> str:
    """A rate of what was typed as per cent: 12.5 is 0.125. Raises Unclear for what is no number."""
    try:
        value = Decimal(percent.strip().removesuffix("%").strip())
    except InvalidOperation:
        raise Unclear(f"rate: {percent!r} is no number of per cent; give one like 10 or 12.5") from None
    if not value.is_finite():
        raise Unclear(f"rate: {percent!r} is no number of per cent; give one like 10 or 12.5")
    return f"{value / _HUNDRED:f}"


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
