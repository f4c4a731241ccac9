"""Text for files that people open with a spreadsheet, which calculates what looks like a formula."""

from __future__ import annotations

from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def never_calculated(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would calculate it: others chose the words of it.

    A sign alone is no formula: the Billing Plan of what has none is "-".
    """
    return f"'{text}" if len(text) > 1 and text.startswith(_FORMULA) else text
