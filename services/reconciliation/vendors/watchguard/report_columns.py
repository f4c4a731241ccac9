"""Columns and cells of an uploaded Allocation and Usage Report, by whichever names and forms they come.

UNVERIFIED AGAINST A LIVE TENANT: which columns the report's file has is not public. On its page WatchGuard speaks of
accounts, products, allocation types (term, subscription), allocated users, Quantity Used, a start date and an end date.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

from services.reconciliation.vendors.watchguard.answers import whole

ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "account id": ("account id", "wgc account id", "subscriber id", "managed account id"),
    "account": ("account", "account name", "managed account", "subscriber", "subscriber account", "customer", "client"),
    "product": ("product", "product name", "license name", "licence name", "license", "service"),
    "type": ("allocation type", "license type", "licence type", "type"),
    "licence": ("license key", "licence key", "serial or license", "serial number", "key"),
    "allocated": ("quantity allocated", "allocated quantity", "allocated", "allocation", "users allocated",
                  "allocated users", "endpoints allocated", "allocated endpoints", "total allocated", "quantity"),
    "used": ("quantity used", "used quantity", "used", "usage", "in use"),
    "start": ("start date", "start", "from", "from date"),
    "end": ("end date", "end", "to", "to date"),
    "expiry": ("expiration date", "expiry date", "expiration", "allocation expiration date", "license expiration date",
               "allocation expiry date", "license expiry date", "expires"),
}  # fmt: skip
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SLASHED = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})(?: .*)?")
_DAY_FIRST_WORDS = re.compile(r"([0-9]{1,2})[ -]([a-z]{3})[a-z]*[ ,-]+([0-9]{4})", re.IGNORECASE)
_MONTH_FIRST_WORDS = re.compile(r"([a-z]{3})[a-z]*\.? ([0-9]{1,2}),? ([0-9]{4})", re.IGNORECASE)
_OPEN: Final = frozenset({"", "-", "\u2013", "n/a", "none", "present", "unlimited", "no limit"})


class BadCell(ValueError):
    """A cell that cannot be read; the words begin with what it holds."""


class WrongOrder(BadCell):
    """A date that does not fit the order of day and month that the file is read in: then none of its dates is sure."""


def columns_of(cells: Sequence[str]) -> Mapping[str, int]:
    """Where each known column stands, by our name for it; unknown ones are left out. BadCell for one named twice."""
    found: dict[str, int] = {}
    for place, cell in enumerate(cells):
        letters = _letters(cell)
        for column, aliases in ALIASES.items():
            if any(letters == _letters(alias) for alias in aliases):
                if column in found:
                    raise BadCell(f"{_quoted(cells[found[column]])} and {_quoted(cell)} name the same column")
                found[column] = place
    return found


def missing_in(columns: Mapping[str, int]) -> list[str]:
    """The columns without which there is nothing to read, each with names that it may have."""
    missing = (
        []
        if {"account", "account id"} & columns.keys()
        else [f"an account ({_some('account')}, {_some('account id')})"]
    )
    for column, what in (("product", "a product"), ("allocated", "what is allocated")):
        if column not in columns:
            missing.append(f"{what} ({_some(column)})")
    return missing


def is_open(cell: str) -> bool:
    """Nothing, or a word for it."""
    return cell.strip().lower() in _OPEN


def seats(cell: str) -> int:
    number = whole(cell.strip())
    if number is None:
        raise BadCell(f"{_quoted(cell)} is no number of seats")
    return number


def day(cell: str, *, day_first: bool) -> date:
    """2026-03-31, 03/31/2026 or 31/03/2026 as the file is read, 31 Mar 2026, Mar 31, 2026; a time is left out."""
    written = cell.strip()
    try:
        if (match := _SLASHED.fullmatch(written)) is not None:
            first, second, year = map(int, match.groups())
            number, month = (first, second) if day_first else (second, first)
            if month > 12:
                order = "day/month/year" if day_first else "month/day/year"
                raise WrongOrder(f"{_quoted(cell)} is not {order}")
            return date(year, month, number)
        if (match := _DAY_FIRST_WORDS.fullmatch(written)) is not None:
            return date(int(match[3]), _month(match[2]), int(match[1]))
        if (match := _MONTH_FIRST_WORDS.fullmatch(written)) is not None:
            return date(int(match[3]), _month(match[1]), int(match[2]))
        return datetime.fromisoformat(written).date()
    except WrongOrder:
        raise
    except ValueError:
        raise BadCell(f"{_quoted(cell)} is no date") from None


def _month(name: str) -> int:
    return _MONTHS.index(name.lower()) + 1


def _some(column: str) -> str:
    return ", ".join(repr(alias.title()) for alias in ALIASES[column][:3])


def _quoted(cell: str) -> str:
    written = cell.strip()
    return repr(written if len(written) <= 40 else written[:37] + "...")


def _letters(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
