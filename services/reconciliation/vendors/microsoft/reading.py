"""Reading what Partner Center answers: bytes that may begin with a mark, names in two cases, dates that mean "none"."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

Resource = Mapping[str, object]

_ID: Final = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_MOST: Final = 1_000_000_000
# .NET writes year 1 for "no date" and 9999 for "no end". Events take 1900 to 2199, and an offset may move a year's end.
_YEARS: Final = range(1901, 2199)


def parsed(content: bytes) -> object:
    """The JSON of a body. It is read from the bytes, which may begin with EF BB BF. Raises ValueError.

    Source: Azure/msrest-for-python issue 144, on the byte order mark of Partner Center's answers.
    """
    try:
        return json.loads(content)
    except RecursionError:
        raise ValueError("nested too deep") from None


def resource(value: object) -> Resource:
    """A JSON object, or one without fields where there is something else."""
    return value if isinstance(value, dict) else {}


def field(of: object, name: str) -> object:
    """The field `name` (camelCase) of an object, also where its first letter is a capital; None where it is missing."""
    found = resource(of)
    return found[name] if name in found else found.get(capitalised(name))


def capitalised(name: str) -> str:
    return name[:1].upper() + name[1:]


def spelled(of: Resource, name: str) -> str:
    """The name under which an object has a field, or would have it: as it writes its others."""
    if name in of:
        return name
    other = capitalised(name)
    return other if other in of or any(key[:1].isupper() for key in of) else name


def text(value: object) -> str | None:
    """Characters without blanks around them; None for nothing and for what is no text.

    JSON can hold halves of characters, and zeros, which neither a database nor a log takes.
    """
    if not isinstance(value, str):
        return None
    return value.encode(errors="replace").decode().replace("\x00", " ").strip() or None


def identifier(value: object) -> str | None:
    """An id in lower case, as Partner Center writes the same GUID in either; None where it is none."""
    found = text(value)
    return found.lower() if found is not None and _ID.fullmatch(found.lower()) else None


def count(value: object) -> int | None:
    """A whole number that is not negative, also where it comes as text or as 5.0; None where it is none."""
    if isinstance(value, str):
        value = int(value) if re.fullmatch(r"\s*[0-9]{1,10}\s*", value) else None
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= _MOST else None


def flag(value: object) -> bool | None:
    """True or false, also where it comes as text; None where it is neither."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def moment(value: object) -> datetime | None:
    """A moment in UTC; None for years like 1 and 9999, which stand for none, and for what cannot be read.

    Seven digits of a second are cut to six; without an offset it is UTC.
    """
    found = local_moment(value)
    return None if found is None else found.astimezone(UTC)


def local_moment(value: object) -> datetime | None:
    """The same with the offset that it came with, for what is counted in days."""
    found = text(value)
    if found is None:
        return None
    try:
        read = datetime.fromisoformat(found)
    except ValueError:
        return None
    if read.year not in _YEARS:
        return None
    return read if read.tzinfo is not None else read.replace(tzinfo=UTC)
