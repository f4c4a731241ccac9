"""The values events are made of, read from JSON one by one: money, rates, dates, moments, durations, zones.

Every function takes what stood in the JSON (or the Python value, when our own code builds an event) and gives the
value, or raises ValueError with the second half of a sentence: what was got, what to give instead. The bounds are not
the rules of billing; they keep out what arithmetic or a database column could not hold, so no record can stop a
consumer later.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo

from shared.events.errors import got

Moment = datetime | date
_M = TypeVar("_M", datetime, date)

LAST_DAY = 31
MAX_MONTHS = 1200
_FIRST_YEAR, _LAST_YEAR = 1900, 2199  # room for a term on either side without leaving datetime's range

# 15 + 12 digits: a product with a quantity stays exact within decimal's 28 digits.
DECIMAL_PATTERN = r"-?[0-9]{1,15}(\.[0-9]{1,12})?"
DURATION_PATTERN = r"P[1-9][0-9]{0,3}[MY]"
CURRENCY_PATTERN = r"[A-Z]{3}"

_DECIMAL = re.compile(DECIMAL_PATTERN)
_LONG_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_FEWER_DIGITS = "give a number of at most 15 digits before the point and 12 after it"
_PERCENT = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?) ?%")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_DURATION = re.compile(DURATION_PATTERN)
_CURRENCY = re.compile(CURRENCY_PATTERN)
_LARGEST_WHOLE = 10**15


def decimal(value: object) -> Decimal:
    """A decimal string or a JSON integer; a JSON float is refused, it has lost digits before it came here."""
    if isinstance(value, str):
        if not _DECIMAL.fullmatch(value):
            long = _LONG_DECIMAL.fullmatch(value) is not None
            raise ValueError(
                got(value, _FEWER_DIGITS if long else 'give a plain decimal number in quotes, like "10.00"')
            )
        return Decimal(value)
    if isinstance(value, float):
        raise ValueError(got(value, _quoted(value)))
    if isinstance(value, int) and not isinstance(value, bool):
        if abs(value) >= _LARGEST_WHOLE:
            raise ValueError(got(value, _FEWER_DIGITS))
        return Decimal(value)
    if isinstance(value, Decimal) and value.is_finite():
        return value
    raise ValueError(got(value, 'give a decimal number in quotes, like "10.00"'))


def amount(value: object) -> Decimal:
    """A price or another sum that cannot be negative."""
    number = decimal(value)
    if number < 0:
        raise ValueError(got(value, "give an amount of 0 or more"))
    return number


def rate(value: object) -> Decimal:
    """A fraction that cannot be negative: "0.05" is 5 %."""
    percent = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    if percent is not None:
        fraction = (Decimal(percent[1]) / 100).normalize()
        raise ValueError(got(value, f'give a fraction: {percent[1]} % is "{fraction:f}"'))
    number = decimal(value)
    if number < 0:
        raise ValueError(got(value, "give a rate of 0 or more"))
    return number


def tax_rate(value: object) -> Decimal:
    """A fraction from 0 to 1: 24 written for "0.24" is a mistake that would reach an invoice."""
    number = rate(value)
    if number > 1:
        raise ValueError(got(value, 'give a fraction from 0 to 1: 24 % is "0.24"'))
    return number


def exchange_rate(value: object) -> Decimal:
    number = decimal(value)
    if number <= 0:
        raise ValueError(got(value, "give a rate greater than 0"))
    return number


def civil_date(value: object) -> date:
    """A date without a time, as YYYY-MM-DD."""
    if isinstance(value, str):
        if not _DATE.fullmatch(value):
            raise ValueError(got(value, "give a date like 2026-01-31"))
        return in_range(_parsed_date(value), value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return in_range(value, value)
    raise ValueError(got(value, 'give a date in quotes, like "2026-01-31"'))


def moment(value: object) -> Moment:
    """A date, or an RFC 3339 time with its offset, given back in UTC: 12:00+02:00 and 10:00Z are the same moment."""
    if isinstance(value, str):
        if len(value) == 10:
            return civil_date(value)
        return in_range(_parsed_datetime(value), value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(got(value, "give the offset too"))
        return in_range(in_utc(value), value)
    if isinstance(value, date):
        return in_range(value, value)
    raise ValueError(got(value, 'give a date or a time with its offset in quotes, like "2026-01-31T10:00:00Z"'))


def in_utc(value: datetime) -> datetime:
    """The same instant with the offset Z."""
    return value if value.tzinfo is UTC else value.astimezone(UTC)


def moment_text(value: Moment) -> str:
    """As written in events, one text for one moment: 2026-01-31, or 2026-01-31T10:00:00Z with the fraction if any."""
    if isinstance(value, datetime):
        return in_utc(value).isoformat().replace("+00:00", "Z")
    return value.isoformat()


def months(value: object) -> int:
    """A duration PnM or PnY, in months: P1Y is 12."""
    if not isinstance(value, str) or not _DURATION.fullmatch(value):
        raise ValueError(got(value, 'give a duration in whole months or years, like "P1M" or "P1Y"'))
    count = int(value[1:-1]) * (12 if value.endswith("Y") else 1)
    if count > MAX_MONTHS:
        raise ValueError(got(value, "give a duration of at most 100 years"))
    return count


def months_text(count: int) -> str:
    """12 is "P1Y", 3 is "P3M"."""
    return f"P{count // 12}Y" if count % 12 == 0 else f"P{count}M"


def billing_day(value: object) -> int:
    """1 to 31, or "last", which is 31 (days past a month's end are clamped to it, rule R0.7)."""
    if value == "last":
        return LAST_DAY
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LAST_DAY:
        return value
    raise ValueError(got(value, 'give a day from 1 to 31, or "last"'))


def time_zone(value: object) -> str:
    if isinstance(value, str) and _is_zone(value):
        return value
    raise ValueError(got(value, 'give a time zone of the IANA database, like "Europe/Athens"'))


def currency(value: object) -> str:
    if isinstance(value, str) and _CURRENCY.fullmatch(value):
        return value
    raise ValueError(got(value, 'give a currency of three capital letters, like "EUR"'))


def setting(value: object) -> str:
    """A setting's value as text: true is "true", 168 is "168", null is "none"."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str) and value and "\0" not in value and len(value) <= 200 and _is_unicode(value):
        return value
    if isinstance(value, float):
        raise ValueError(got(value, _quoted(value)))
    raise ValueError(got(value, "give a text, a whole number, true or false"))


def _quoted(value: float) -> str:
    """How to give a number that stood there as a JSON float: 1e-07 is "0.0000001", and 1e+30 too long for us."""
    plain = f"{Decimal(repr(value)):f}"
    if not _DECIMAL.fullmatch(plain):
        return _FEWER_DIGITS
    return f'a JSON float is not exact; quote it: "{plain}"'


def _is_unicode(value: str) -> bool:
    """Whether a text can be written: Python's own JSON lets half a surrogate pair through."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _parsed_date(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(got(value, "there is no such date; give one of the calendar")) from None


def _parsed_datetime(value: str) -> datetime:
    form = _DATETIME.fullmatch(value)
    if form is None:
        raise ValueError(got(value, "give a date or a time with its offset, like 2026-01-31T10:00:00Z"))
    if form[2] is None:
        raise ValueError(got(value, "the offset is missing; end it with Z or one like +02:00"))
    try:
        return in_utc(datetime.fromisoformat(value.upper()))
    except (ValueError, OverflowError):
        raise ValueError(got(value, "there is no such time; give one of calendar and clock")) from None


def in_range(parsed: _M, value: object = None) -> _M:
    """What was parsed of `value`, if there is room for it. Raises ValueError."""
    if not _FIRST_YEAR <= parsed.year <= _LAST_YEAR:
        raise ValueError(got(value, f"give a year from {_FIRST_YEAR} to {_LAST_YEAR}"))
    return parsed


@lru_cache(maxsize=1024)
def _is_zone(name: str) -> bool:
    # ZoneInfo raises whatever looking for a file of that name raises.
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
