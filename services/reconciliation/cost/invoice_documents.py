"""Partner Center's list of invoices, as far as it says which of them hold no more. Pure.

Source: Partner Center, invoice resource: a void note names in `amendsOf` the invoice that it voids, and that one lists
it under `amendments`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

_VOID: Final = "voidnote"


def voided(documents: Iterable[Mapping[str, Any]]) -> set[str]:
    """The numbers of invoices that were voided, and of the notes that did it: neither is compared (rule R7.7)."""
    found: set[str] = set()
    for document in documents:
        given = {str(name).casefold(): value for name, value in document.items()}
        amendments = given.get("amendments")
        amendments = [one for one in amendments if isinstance(one, Mapping)] if isinstance(amendments, list) else []
        if _is_void(given):
            found |= {_number(given.get("id")), _number(given.get("amendsof"))}
        elif any(_is_void({str(name).casefold(): value for name, value in one.items()}) for one in amendments):
            found.add(_number(given.get("id")))
    return found - {""}


def _is_void(document: Mapping[str, Any]) -> bool:
    return str(document.get("documenttype", "")).replace("_", "").casefold() == _VOID


def _number(value: object) -> str:
    return "" if value is None else str(value).strip().upper()
