"""Single values of a reconciliation row, as tolerant as Microsoft is in writing them; a float is never among them.

Seen in Microsoft's own samples: numbers as numbers and as strings, `0E-20`, the apostrophe by which Excel is kept from
reading a number, dates with seven fractional digits, with offsets, in American order, and the year 1 for none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

Value = object
"""What JSON or CSV gives; JSON is read with `parse_float=Decimal`."""

_AMERICAN = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: .*)?")


class ValueRefused(ValueError):
    """A value that is none of its column; the sentence says what was given and what is wanted."""


def text(value: Value) -> str:
    """As text, without blanks at the ends and the apostrophe for Excel; "" for none."""
    if value is None:
        return ""
    return str(value).strip().removeprefix("'").strip()


def identifier(value: Value) -> str:
    """An id, lower case and without the `org:` that some customer ids have: only so they can be compared."""
    return text(value).casefold().removeprefix("org:")


def number(value: Value) -> Decimal:
    """A number, exactly as it is written. ValueRefused for anything else."""
    if isinstance(value, bool | float):
        raise ValueRefused(f"got {value!r}; a number is read as it is written, never as a float")
    if isinstance(value, int | Decimal):
        found = Decimal(value)
    else:
        written = text(value)
        try:
            found = Decimal(written)
        except InvalidOperation:
            raise ValueRefused(f"got {written!r}; give a number with a point and without other marks") from None
    if not found.is_finite():
        raise ValueRefused(f"got {value!r}; give a number")
    return found


def moment(value: Value) -> datetime | None:
    """A date or a time, in UTC; None for an empty one and for the years 1 and 9999, which stand for none."""
    written = text(value)
    if not written or written.startswith(("0001-", "9999-")):
        return None
    american = _AMERICAN.fullmatch(written)
    try:
        if american is not None:
            month, day, year = (int(part) for part in american.groups())
            return None if year in (1, 9999) else datetime(year, month, day, tzinfo=UTC)
        found = datetime.fromisoformat(written)
    except ValueError:
        raise ValueRefused(f"got {written!r}; give a date as 2026-11-23, or as 11/23/2026 (month first)") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def listed(value: Value) -> tuple[str, ...]:
    """A list, also one that is JSON inside a string; () for none."""
    inside = _inside(value)
    if isinstance(inside, list | tuple):
        return tuple(text(one) for one in inside)
    return (text(inside),) if text(inside) else ()


def reference(value: Value) -> str:
    """The id of transactions that belong together: plain, or within an object; "" for none.

    An object of which no id is known is written out with its keys sorted: equal ones stay equal.
    """
    inside = _inside(value)
    if isinstance(inside, Mapping):
        by_name = {str(name).casefold(): one for name, one in inside.items()}
        plain = by_name.get("referenceid", by_name.get("id"))
        return json.dumps(inside, sort_keys=True, default=str).casefold() if plain is None else identifier(plain)
    return identifier(inside)


def _inside(value: Value) -> Value:
    """What a string holds, where it is JSON of a list or an object."""
    if isinstance(value, str) and text(value)[:1] in ("[", "{"):
        try:
            return json.loads(text(value), parse_float=Decimal)
        except ValueError:
            return value
    return value
