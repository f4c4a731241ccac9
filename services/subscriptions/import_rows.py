"""Rows of subscriptions to take over, from CSV or JSON Lines. A row that cannot be read is a refused one, no more.

In CSV a column is named as the field of SubscriptionImported, with a dot where it stands in a part: `customer.id`,
`product.name`. An empty cell is an absent field; lists (`pricing`) are written as JSON.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal, NamedTuple

import orjson
from pydantic import ValidationError

from services.subscriptions.commands.bodies import Import
from shared.events.errors import unreadable_of
from shared.events.models.fields import FROM_JSON

Format = Literal["csv", "jsonl"]

_WHOLE_NUMBERS: Final = frozenset(
    {"quantity", "price_protection_months", "change_window_hours", "full_refund_hours", "customer.billing_day"}
)
_FLAGS: Final = frozenset(
    {"nce", "free_period", "bill_while_suspended", "auto_renew", "user_price", "customer.separate_invoices",
     "customer.tax_exempt", "reseller.tax_exempt"}
)  # fmt: skip
_LISTS: Final = frozenset({"pricing"})


class Row(NamedTuple):
    """A row of a file; `line` counts from 1, the heading of a CSV included."""

    line: int
    request: Import


class Refusal(NamedTuple):
    """A row that was not taken over, and why."""

    line: int
    subscription: str | None
    reason: str


class NotRows(Exception):
    """The file is not rows of subscriptions at all; the sentence says what it should be."""


def rows_of(lines: Iterable[str], form: Format) -> Iterator[Row | Refusal]:
    """The rows of a file, one at a time. NotRows at once for a CSV whose heading is none, or names a column twice."""
    return _of_csv(lines) if form == "csv" else _of_json_lines(lines)


def _of_json_lines(lines: Iterable[str]) -> Iterator[Row | Refusal]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            yield Refusal(number, None, f"is not JSON ({error}); give one object a line")
            continue
        yield _row(number, value)


def _of_csv(lines: Iterable[str]) -> Iterator[Row | Refusal]:
    reader = csv.DictReader(lines, strict=True)
    try:
        heading = reader.fieldnames
    except csv.Error as error:
        raise NotRows(f"the first line cannot be read as CSV ({error})") from None
    if heading is None or "subscription_id" not in heading:
        raise NotRows("the first line has to name the columns, subscription_id among them")
    twice = next((name for place, name in enumerate(heading) if name in heading[:place]), None)
    if twice is not None:
        raise NotRows(f"line 1, column {twice}: stands there twice; leave one of them out")
    return _csv_rows(reader, heading)


def _csv_rows(reader: csv.DictReader[str], heading: Sequence[str]) -> Iterator[Row | Refusal]:
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield Refusal(reader.line_num, None, f"cannot be read as CSV ({error})")
            continue
        if cells is None:
            return
        if None in cells or None in cells.values():
            yield Refusal(reader.line_num, cells.get("subscription_id"), f"does not have {len(heading)} cells")
            continue
        try:
            yield _row(reader.line_num, _object(cells))
        except ValueError as error:
            yield Refusal(reader.line_num, cells["subscription_id"] or None, str(error))


def _object(cells: dict[str, str]) -> dict[str, object]:
    """The cells of a line as the object that they stand for."""
    found: dict[str, object] = {}
    for name, text in cells.items():
        if text == "":
            continue
        part, _, inner = name.rpartition(".")
        place = found.setdefault(part, {}) if part else found
        if isinstance(place, dict):
            place[inner] = _value(name, text)
    return found


def _value(name: str, text: str) -> object:
    if name in _WHOLE_NUMBERS and text.isascii() and text.isdigit():
        return int(text)
    if name in _FLAGS and text in ("true", "false"):
        return text == "true"
    if name in _LISTS:
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise ValueError(f"{name}: is not JSON ({error})") from None
    return text


def _row(line: int, value: object) -> Row | Refusal:
    try:
        return Row(line, Import.model_validate(value, context=FROM_JSON))
    except ValidationError as error:
        unreadable = unreadable_of(error)
        name = value.get("subscription_id") if isinstance(value, dict) else None
        where = unreadable.where.removeprefix("data").removeprefix(".") or "row"
        return Refusal(line, name if isinstance(name, str) else None, f"{where}: {unreadable.what}")
