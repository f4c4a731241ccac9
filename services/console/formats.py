"""How pages write what the read models hold: amounts with all their digits, days as ISO 8601, words for codes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final
from urllib.parse import quote

from babel.numbers import format_decimal

from shared.billing.periods import duration_of, months_of

_LOCALE: Final = "en"
NOTHING: Final = "\N{EN DASH}"
_PLACES_SHOWN = 2
# A refusal has one sentence for each place: "items[0].quantity: give one; items[0].term: is none".
_NAMED: Final = re.compile(r"(?:^|; )([\w.\[\]]+):")
_PARTS: Final = re.compile(r"[.\[\]]+")


def number(value: int | Decimal | None) -> str:
    """A number with its thousands apart, and with every digit it has."""
    if value is None:
        return NOTHING
    return format_decimal(value, locale=_LOCALE, decimal_quantization=False)


def money(value: Decimal | str | None, currency: str | None = None) -> str:
    """An amount with at least two places and every further one it has, before its currency: 1,234.50 EUR.

    As text it is as APIs write it.
    """
    if value is None:
        return NOTHING
    value = Decimal(value)
    exponent = value.as_tuple().exponent
    places = max(_PLACES_SHOWN, -exponent if isinstance(exponent, int) else 0)
    text = format_decimal(value, format=f"#,##0.{'0' * places}", locale=_LOCALE, decimal_quantization=False)
    return text if currency is None else f"{text}\N{NO-BREAK SPACE}{currency}"


def percent(value: Decimal | None) -> str:
    """A rate, of which 0.24 is 24 %."""
    return NOTHING if value is None else f"{number((value * 100).normalize() + 0)}\N{NO-BREAK SPACE}%"


def sentence(text: str) -> str:
    """A sentence that something says, as one begins and ends; what stands in it stays as it is."""
    return text if not text else text[0].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def is_about(refusal: str | None, *fields: str) -> bool:
    """Whether a refusal names one of these fields, at the beginning of a sentence."""
    return any(part in fields for place in _NAMED.findall(refusal or "") for part in _PARTS.split(place))


def as_json(value: object) -> str:
    """A value as indented JSON, its names in the order they have."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def day(value: date | str | None) -> str:
    """A day as ISO 8601."""
    if value is None:
        return NOTHING
    return value if isinstance(value, str) else value.isoformat()


def moment(value: datetime | None) -> str:
    """A moment in UTC, to the second."""
    return NOTHING if value is None else f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def words(code: str | None) -> str:
    """A code as people read it: credit_note is "Credit note"."""
    return NOTHING if not code else (code[0].upper() + code[1:]).replace("_", " ")


def with_words(codes: Iterable[str]) -> list[tuple[str, str]]:
    """Codes to choose from, each with how people read it."""
    return [(code, words(code)) for code in codes]


def lower_first(title: str) -> str:
    """A title inside a sentence."""
    return title[:1].lower() + title[1:]


def durations(codes: Iterable[str]) -> list[tuple[str, str]]:
    """Durations to choose from, the shortest first, each with how people read it: P1M is "1 month"."""
    return [(duration_of(count), duration(duration_of(count))) for count in sorted({months_of(code) for code in codes})]


def duration(code: str | None) -> str:
    """An ISO 8601 duration of months or years in words: P1Y is "1 year"."""
    if code is None:
        return NOTHING
    count, unit = int(code[1:-1]), "year" if code.endswith("Y") else "month"
    return f"{count} {unit}{'' if count == 1 else 's'}"


def every(code: str) -> str:
    """How often, after "every": P1M is "month", P3M "3 months"."""
    return duration(code).removeprefix("1 ")


def instant(value: str | None) -> str:
    """A day, or a moment with its offset, as upstream gave it."""
    return day(value) if value is None or "T" not in value else moment(datetime.fromisoformat(value))


def text(value: object) -> str:
    """What it is, or a dash where there is nothing."""
    return NOTHING if value is None or value == "" else str(value)


def link(*parts: str) -> str:
    """An address on this console; ids may have anything in them, slashes too."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


FILTERS: Final[Mapping[str, Callable[..., object]]] = {
    "number": number, "money": money, "percent": percent, "day": day, "moment": moment, "words": words, "text": text,
    "with_words": with_words, "sentence": sentence, "json": as_json,
    "lower_first": lower_first, "durations": durations, "duration": duration, "every": every,
    "instant": instant,
}  # fmt: skip
