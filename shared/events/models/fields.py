"""The field types of the event models: what `values` reads, with its JSON form and its JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Final

from pydantic import Field, PlainSerializer, PlainValidator, StringConstraints, WithJsonSchema
from pydantic.types import Strict
from pydantic_core.core_schema import ValidationInfo

from shared.events import values

# Given as context where an event is read from JSON, so that what only our own code may give is refused there.
FROM_JSON: Final[Mapping[str, bool]] = {"from_json": True}

MAX_ID_LENGTH = 200  # four bytes a character, three of them in one index entry: PostgreSQL takes 2,704 bytes
ID_PATTERN = r"^[^\x00-\x1f\x7f]+$"
MAX_COUNT = 1_000_000_000  # fits PostgreSQL's integer

_DECIMAL_SCHEMA = {"type": "string", "pattern": f"^{values.DECIMAL_PATTERN}$"}
_NOT_NEGATIVE_SCHEMA = {"type": "string", "pattern": f"^{values.DECIMAL_PATTERN.removeprefix('-?')}$"}


def _as_months(value: object, info: ValidationInfo) -> int:
    if info.context is None and type(value) is int and 0 < value <= values.MAX_MONTHS:
        return value
    return values.months(value)


def _plain(value: Decimal) -> str:
    return format(value, "f")  # str() would write a small rate as 1E-7


_DecimalText = PlainSerializer(_plain, return_type=str, when_used="json")

Id = Annotated[str, Strict(), StringConstraints(min_length=1, max_length=MAX_ID_LENGTH, pattern=ID_PATTERN)]
Text = Annotated[str, Strict(), StringConstraints(max_length=2000, pattern=r"^[^\x00]*$")]
Currency = Annotated[
    str, PlainValidator(values.currency), WithJsonSchema({"type": "string", "pattern": f"^{values.CURRENCY_PATTERN}$"})
]
Flag = Annotated[bool, Strict()]
Quantity = Annotated[int, Strict(), Field(gt=0, le=MAX_COUNT)]
Total = Annotated[int, Strict(), Field(ge=0, le=MAX_COUNT)]
"""A number of licences that may be 0: whether 0 makes sense is for the rules to say."""
MonthCount = Annotated[int, Strict(), Field(ge=0, le=values.MAX_MONTHS)]
HourCount = Annotated[int, Strict(), Field(ge=0, le=1_000_000)]

Amount = Annotated[
    Decimal,
    PlainValidator(values.amount),
    _DecimalText,
    WithJsonSchema({"anyOf": [_NOT_NEGATIVE_SCHEMA, {"type": "integer", "minimum": 0}]}),
]
# A difference of amounts: negative where less is billed.
Balance = Annotated[
    Decimal,
    PlainValidator(values.decimal),
    _DecimalText,
    WithJsonSchema({"type": "string", "pattern": f"^{values.DECIMAL_PATTERN}$"}),
]
Rate = Annotated[
    Decimal,
    PlainValidator(values.rate),
    _DecimalText,
    WithJsonSchema({"anyOf": [_NOT_NEGATIVE_SCHEMA, {"type": "integer", "minimum": 0}]}),
]
TaxRate = Annotated[
    Decimal,
    PlainValidator(values.tax_rate),
    _DecimalText,
    WithJsonSchema({"anyOf": [_NOT_NEGATIVE_SCHEMA, {"type": "integer", "minimum": 0, "maximum": 1}]}),
]
ExchangeRate = Annotated[
    Decimal,
    PlainValidator(values.exchange_rate),
    _DecimalText,
    WithJsonSchema({"anyOf": [_NOT_NEGATIVE_SCHEMA, {"type": "integer", "exclusiveMinimum": 0}]}),
]
CivilDate = Annotated[
    date,
    PlainValidator(values.civil_date),
    PlainSerializer(date.isoformat, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date"}),
]
Moment = Annotated[
    values.Moment,
    PlainValidator(values.moment),
    PlainSerializer(values.moment_text, return_type=str, when_used="json"),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]}),
]
Months = Annotated[
    int,
    PlainValidator(_as_months),
    PlainSerializer(values.months_text, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": f"^{values.DURATION_PATTERN}$", "examples": ["P1M", "P1Y"]}),
]
# As `Months`, of what people and programs ask for: a number of months is no duration there.
Duration = Annotated[
    int,
    PlainValidator(values.months),
    PlainSerializer(values.months_text, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": f"^{values.DURATION_PATTERN}$", "examples": ["P1M", "P1Y"]}),
]
BillingDay = Annotated[
    int,
    PlainValidator(values.billing_day),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1, "maximum": values.LAST_DAY}, {"const": "last"}]}),
]
TimeZone = Annotated[
    str, PlainValidator(values.time_zone), WithJsonSchema({"type": "string", "examples": ["Europe/Athens"]})
]
SettingValue = Annotated[
    str,
    PlainValidator(values.setting),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "boolean"}, {"type": "null"}]}),
]
