"""The ledger in PostgreSQL, as invoice runs write it: issued lines, returnable tax and numbers. No line ever changes.

What is there is read by `shared.store.ledger`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

import orjson
from psycopg import AsyncConnection

from shared.billing.documents import Document, Group
from shared.billing.ledger import IssuedLine
from shared.events.shapes import why_shape
from shared.store.ledger import LINE_COLUMNS

SELLER = "default"
_SERIES = {"invoice": "INV", "credit_note": "CN"}
_NUMBER = re.compile(r"(INV|CN)-([0-9]{4})-([0-9]{6,9})")

# What explains a line is written with it, and read by who asks for it: a run reckons without.
_COPY_LINES = f"COPY invoicing.issued_line ({LINE_COLUMNS}, why) FROM STDIN"
_TAX_OF = "SELECT document, rate, amount FROM invoicing.returnable_tax WHERE document = ANY(%s) FOR UPDATE"
_SET_TAX = """
INSERT INTO invoicing.returnable_tax (document, rate, amount) VALUES (%s, %s, %s)
ON CONFLICT (document, rate) DO UPDATE SET amount = excluded.amount
"""
_TAKE_NUMBERS = """
INSERT INTO invoicing.document_counter AS counter (seller, series, year, last) VALUES (%s, %s, %s, %s)
ON CONFLICT (seller, series, year) DO UPDATE SET last = counter.last + excluded.last
RETURNING last
"""
_KEEP_NUMBER = """
INSERT INTO invoicing.document_counter AS counter (seller, series, year, last) VALUES (%s, %s, %s, %s)
ON CONFLICT (seller, series, year) DO UPDATE SET last = greatest(counter.last, excluded.last)
"""
# As `take_numbers` writes them; lpad would cut off what has more digits.
_NOT_THERE = """
SELECT number FROM (
    SELECT series || '-' || year || '-' || to_char(place, 'FM000000') AS number, series, year, place
    FROM invoicing.document_counter, generate_series(1, last) AS place WHERE place < 1000000
    UNION ALL
    SELECT series || '-' || year || '-' || place, series, year, place
    FROM invoicing.document_counter, generate_series(1000000, last) AS place
) AS given
WHERE NOT EXISTS (SELECT FROM store.event WHERE stream_id = 'document-' || number AND sequence = 1)
ORDER BY series, year, place
"""


async def add_lines(connection: AsyncConnection, lines: Iterable[IssuedLine]) -> None:
    """Store the lines of new documents. psycopg.errors.UniqueViolation when one was issued already."""
    async with connection.cursor() as cursor, cursor.copy(_COPY_LINES) as copy:
        for line in lines:
            await copy.write_row(_row(line))


async def returnable_tax(connection: AsyncConnection, documents: Sequence[str]) -> dict[tuple[str, Decimal], Decimal]:
    """What is left of the tax of some invoices, by invoice and rate; locked until the transaction ends (rule R3.4)."""
    rows = await (await connection.execute(_TAX_OF, [list(documents)])).fetchall()
    return {(document, rate): amount for document, rate, amount in rows}


async def set_returnable_tax(connection: AsyncConnection, tax_left: dict[tuple[str, Decimal], Decimal]) -> None:
    """Store what is left after new documents."""
    async with connection.cursor() as cursor:
        await cursor.executemany(_SET_TAX, [(document, rate, amount) for (document, rate), amount in tax_left.items()])


async def take_numbers(connection: AsyncConnection, groups: Sequence[Group], day: date) -> dict[Group, str]:
    """A number for each group, in order, from the series of its kind (INV-2026-000001): no gaps, no doubles.

    The counters stay locked until the transaction ends: a run that is rolled back gives its numbers back.
    """
    numbers: dict[Group, str] = {}
    for kind, series in sorted(_SERIES.items()):
        wanted = [group for group in groups if group.kind == kind]
        if not wanted:
            continue
        cursor = await connection.execute(_TAKE_NUMBERS, [SELLER, series, day.year, len(wanted)])
        row = await cursor.fetchone()
        assert row is not None
        first = int(row[0]) - len(wanted) + 1
        numbers |= {group: f"{series}-{day.year}-{first + place:06d}" for place, group in enumerate(wanted)}
    return numbers


async def keep_numbers(connection: AsyncConnection, numbers: Iterable[str]) -> None:
    """Have each series go on after these numbers, which were given before. ValueError for one of no series of ours."""
    last: dict[tuple[str, int], int] = {}
    for number in numbers:
        form = _NUMBER.fullmatch(number)
        if form is None:
            raise ValueError(f"{number!r} is no number of a document")
        place = (form[1], int(form[2]))
        last[place] = max(last.get(place, 0), int(form[3]))
    async with connection.cursor() as cursor:
        await cursor.executemany(_KEEP_NUMBER, [(SELLER, *place, one) for place, one in sorted(last.items())])


async def numbers_not_there(connection: AsyncConnection) -> list[str]:
    """The numbers that were given and that no document has, in order: none, where nothing was lost."""
    rows = await (await connection.execute(_NOT_THERE)).fetchall()
    return [number for (number,) in rows]


def document_lines(documents: Iterable[Document]) -> list[IssuedLine]:
    """The lines of documents, one after the other."""
    return [line for document in documents for line in document.lines]


def _row(line: IssuedLine) -> tuple[object, ...]:
    return (
        *line.key, line.revision, line.document, line.kind, line.customer, line.recipient, line.product, line.currency,
        line.start, line.end, line.quantity, line.unit_price, line.unit_net, line.net, line.tax_rate, line.days,
        line.of_days, line.returns, line.reverse_charge,
        None if line.why is None else orjson.dumps(why_shape(line.why)).decode(),
    )  # fmt: skip
