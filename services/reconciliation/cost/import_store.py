"""Imports in PostgreSQL: a version of an invoice counts once, another one replaces it and is seen to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from services.reconciliation.cost.rows import BilledRow
from services.reconciliation.cost.verdicts import Period
from shared.billing.money import written
from shared.errors import UserError

MICROSOFT: Final = "microsoft"

_COLUMNS = (
    "customer_id, subscription_id, orders, order_date, product_id, sku_id, product_name, charge_type, unit_price, "
    "effective_unit_price, quantity, subtotal, currency, pricing_currency, exchange_rate, first_day, last_day, "
    "subscription_start, billing_frequency, unit_type, reference_id, qualifiers"
)
_FIELDS = tuple(field.name for field in fields(BilledRow))
_KNOWN = "INSERT INTO reconciliation.cost_invoice (vendor, invoice) VALUES (%s, %s) ON CONFLICT DO NOTHING"
_LOCK = """
SELECT cancelled_at IS NOT NULL FROM reconciliation.cost_invoice WHERE vendor = %s AND invoice = %s FOR UPDATE
"""
_CURRENT = """
SELECT id, version, rows FROM reconciliation.cost_import
WHERE vendor = %s AND invoice = %s AND replaced_at IS NULL
"""
_NEXT = "SELECT nextval(pg_get_serial_sequence('reconciliation.cost_import', 'id'))"
_REPLACE = "UPDATE reconciliation.cost_import SET replaced_at = clock_timestamp(), replaced_by = %s WHERE id = %s"
_ADD = """
INSERT INTO reconciliation.cost_import (id, vendor, invoice, version, source, file, imported_by)
OVERRIDING SYSTEM VALUE VALUES (%s, %s, %s, %s, %s, %s, %s)
"""
_COPY = f"COPY reconciliation.cost_row (import, place, {_COLUMNS}, row) FROM STDIN"
_COUNTED = """
UPDATE reconciliation.cost_import SET rows = %s, from_day = %s, to_day = %s, amounts = %s WHERE id = %s
"""
_CANCEL = """
UPDATE reconciliation.cost_invoice SET cancelled_at = clock_timestamp(), cancelled_by = %s, cancelled_because = %s
WHERE vendor = %s AND invoice = %s AND cancelled_at IS NULL
"""
_IS_KNOWN = "SELECT cancelled_at IS NOT NULL FROM reconciliation.cost_invoice WHERE vendor = %s AND invoice = %s"
_IN_PERIOD = f"""
SELECT one.invoice, {_COLUMNS}
FROM reconciliation.cost_import AS one
JOIN reconciliation.cost_invoice AS invoice USING (vendor, invoice)
JOIN reconciliation.cost_row AS row ON row.import = one.id
WHERE one.vendor = %(vendor)s AND one.replaced_at IS NULL AND invoice.cancelled_at IS NULL
    AND one.from_day <= %(last)s AND one.to_day >= %(first)s
    AND first_day <= %(last)s AND last_day >= %(first)s
ORDER BY one.invoice, place
"""


@dataclass(frozen=True, slots=True)
class Origin:
    """Which version of which invoice is taken in, where it comes from (`file` for a CSV) and who does it."""

    vendor: str
    invoice: str
    version: str
    source: Literal["graph", "csv"]
    by: str
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of it. `unchanged`: this version is the one that counts already. `replaced` is the version before.

    `voided`: the invoice was said to be voided, so none of its versions counts.
    """

    invoice: str
    version: str
    outcome: Literal["imported", "replaced", "unchanged"]
    rows: int
    replaced: str | None = None
    voided: bool = False


class Counting(NamedTuple):
    """The version of an invoice that counts, None where none was taken in, and how many rows it has."""

    version: str | None
    rows: int


async def counting(connection: AsyncConnection, vendor: str, invoice: str) -> Counting:
    """What counts now."""
    found = await (await connection.execute(_CURRENT, [vendor, invoice])).fetchone()
    return Counting(None, 0) if found is None else Counting(found[1], found[2])


async def take_in(
    connection: AsyncConnection, origin: Origin, rows: Iterable[tuple[BilledRow, str]], seen: Counting | None = None
) -> Imported:
    """Keep the rows of a version, each with all of it as it came (JSON), and have it count from now on.

    All or nothing, and nothing at all where this version counts already. `seen` is what counted when the rows were
    asked for: they may be older than what was taken in since, which raises UserError. psycopg.DataError for a row that
    PostgreSQL cannot keep.
    """
    place = [origin.vendor, origin.invoice]
    async with connection.transaction():
        await connection.execute(_KNOWN, place)
        locked = await (await connection.execute(_LOCK, place)).fetchone()
        voided = locked is not None and bool(locked[0])
        before = await (await connection.execute(_CURRENT, place)).fetchone()
        if before is not None and before[1] == origin.version:
            return Imported(origin.invoice, origin.version, "unchanged", before[2], voided=voided)
        if seen is not None and seen.version != (None if before is None else before[1]):
            raise UserError(f"another version of invoice {origin.invoice} was taken in meanwhile: ask for it again")
        found = await (await connection.execute(_NEXT)).fetchone()
        assert found is not None
        number = int(found[0])
        if before is not None:
            await connection.execute(_REPLACE, [number, before[0]])
        await connection.execute(_ADD, [number, *place, origin.version, origin.source, origin.file, origin.by])
        counted = await _copied(connection, number, rows)
        await connection.execute(_COUNTED, [*counted, number])
    outcome: Literal["imported", "replaced"] = "imported" if before is None else "replaced"
    return Imported(origin.invoice, origin.version, outcome, counted[0], None if before is None else before[1], voided)


async def cancel(connection: AsyncConnection, vendor: str, invoice: str, by: str, because: str) -> bool | None:
    """Have an invoice count no more: whether it did until now, None where it is not known."""
    cancelled = await connection.execute(_CANCEL, [by, because, vendor, invoice])
    if cancelled.rowcount:
        return True
    return None if await (await connection.execute(_IS_KNOWN, [vendor, invoice])).fetchone() is None else False


async def rows_in(connection: AsyncConnection, vendor: str, period: Period) -> list[BilledRow]:
    """The rows that count and have days in a period, as they were taken in."""
    arguments = {"vendor": vendor, "first": period.first, "last": period.last}
    rows = await (await connection.execute(_IN_PERIOD, arguments)).fetchall()
    return [_billed(row) for row in rows]


async def _copied(
    connection: AsyncConnection, number: int, rows: Iterable[tuple[BilledRow, str]]
) -> tuple[int, date | None, date | None, Jsonb]:
    """How many rows there were, the days that they are for, and how much in which currency."""
    count, first, last = 0, None, None
    amounts: dict[str, Decimal] = {}
    async with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for count, (row, as_it_came) in enumerate(rows, start=1):
            await copy.write_row((number, count, *_values(row), as_it_came))
            first = row.start if first is None else min(first, row.start)
            last = row.end if last is None else max(last, row.end)
            amounts[row.currency] = amounts.get(row.currency, Decimal(0)) + row.subtotal
    return count, first, last, Jsonb({currency: written(amount) for currency, amount in sorted(amounts.items())})


def _values(row: BilledRow) -> tuple[object, ...]:
    return (
        row.customer_id, row.subscription_id, list(row.orders), row.order_date, row.product_id, row.sku_id,
        row.product_name, row.charge_type, row.unit_price, row.effective_unit_price, row.quantity, row.subtotal,
        row.currency, row.pricing_currency, row.exchange_rate, row.start, row.end, row.subscription_start,
        row.billing_frequency, row.unit_type, row.reference_id, list(row.qualifiers),
    )  # fmt: skip


def _billed(row: Sequence[Any]) -> BilledRow:
    """A row as `_values` gave it, with its invoice before it."""
    given = dict(zip(_FIELDS, row, strict=True))
    return BilledRow(**given | {"orders": tuple(given["orders"]), "qualifiers": tuple(given["qualifiers"])})
