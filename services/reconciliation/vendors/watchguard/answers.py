"""Reading what WatchGuard answers: no value is trusted, no name's spelling is relied on.

Names of fields vary between its APIs (accountId, account_id) and enumerations grow within a version, so a field is
found by its letters alone, and a value that is none of the known is the caller's to keep as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Final

from pydantic import JsonValue

MAX_SEATS: Final = 1_000_000_000
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+")
_NUMBER = re.compile(r"[0-9]{1,12}(?:\.0{1,2})?")
_TAG = re.compile(r"<[a-zA-Z!/][^>]*>")
_LONGEST_REASON = 200
# Dates that stand for "none" in systems like this one.
_FIRST_YEAR, _LAST_YEAR = 1970, 9000

Record = Mapping[str, JsonValue]


class Unreadable(ValueError):
    """An answer is not what it should be; the words say what of it, never with more than a few characters of it."""


def decoded(content: bytes) -> JsonValue:
    """The JSON of a body, None for an empty one; a byte order mark is no part of it. Unreadable for anything else."""
    if not content.strip():
        return None
    try:
        value: JsonValue = json.loads(content)
    except (ValueError, RecursionError):
        looks = "an HTML page" if _TAG.search(content[:500].decode("utf-8", "replace")) else "no JSON"
        raise Unreadable(f"the answer is {looks}") from None
    return value


def field(record: Record, *names: str) -> JsonValue:
    """The first of these fields that is there and not null, whatever the case and separators of its name."""
    by_letters = {_letters(name): value for name, value in record.items() if value is not None}
    for name in names:
        if (value := by_letters.get(_letters(name))) is not None:
            return value
    return None


def scalar(record: Record, *names: str) -> bool:
    """Whether one of these fields is there and is no list and no object; null counts."""
    letters = {_letters(name) for name, value in record.items() if not isinstance(value, list | dict)}
    return any(_letters(name) in letters for name in names)


def text(value: JsonValue) -> str | None:
    """A word or a number as printable text without blanks around it; None for nothing, flags and structures."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    # What cannot be printed (control characters, halves of a character) stands in no id and no sentence.
    return "".join(each if each.isprintable() else " " for each in str(value)).strip() or None


def whole(value: JsonValue) -> int | None:
    """A number of seats, 0 or more: 5, 5.0, "5", "1,250". None for what is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if 0 <= value <= MAX_SEATS else None
    if isinstance(value, float):
        return whole(int(value)) if value.is_integer() else None
    if isinstance(value, str):
        return _whole_of(value.strip())
    return None


def _whole_of(written: str) -> int | None:
    if _GROUPED.fullmatch(written):
        written = written.replace(",", "")
    if not written.isascii() or not _NUMBER.fullmatch(written):
        return None
    try:
        return whole(int(Decimal(written)))
    except InvalidOperation:
        return None


def flag(value: JsonValue) -> bool | None:
    if isinstance(value, bool):
        return value
    return (
        {"true": True, "yes": True, "false": False, "no": False}.get(value.strip().lower())
        if isinstance(value, str)
        else None
    )


def last_moment(value: JsonValue) -> datetime | None:
    """The last moment that an end covers, in UTC: a day is covered whole, a time is meant as it is.

    "The license expires the day after the expiration date at 00 UTC" (WatchGuard's help, of Compliance Reporting).
    Years that stand for "none" (1, 9999) are none. Unreadable for text that is no date.
    """
    written = text(value)
    if written is None:
        return None
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise Unreadable(f"{written[:40]!r} is no date") from None
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        return None
    if len(written) == len("2026-03-31"):
        return end_of(moment.date())
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def end_of(day: date) -> datetime:
    """Its last second, UTC."""
    return datetime.combine(day, time(23, 59, 59), UTC)


def said(content: bytes) -> tuple[str | None, str]:
    """Code and reason of an answer that is an error, in one line of the vendor's words; ("", for none)."""
    try:
        value = decoded(content)
    except Unreadable as error:
        return None, str(error)
    while isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict):
        return None, text(value) or "no reason is given"
    inner = field(value, "error", "errors")
    if isinstance(inner, list) and inner:
        inner = inner[0]
    record = {**value, **inner} if isinstance(inner, dict) else value
    code = text(field(record, "code", "errorCode", "error"))
    reason = text(field(record, "message", "error_description", "detail", "description", "title", "errorMessage"))
    if reason is None:
        reason = code if code is not None else "no reason is given"
    return code, reason


def one_line(reason: str, secrets: Mapping[str, str]) -> str:
    """A reason as it may stand in a sentence: one line, no tags, not long, and none of the secrets in it."""
    for secret, stands_for in secrets.items():
        reason = reason.replace(secret, stands_for)
    return " ".join(_TAG.sub(" ", reason).split())[:_LONGEST_REASON].rstrip(".")


def _letters(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
