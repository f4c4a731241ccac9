"""What is sent of a document: its head for webhooks, its files for letters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from psycopg import AsyncConnection
from psycopg.rows import class_row

from services.invoicing.paper.files import NotExpressible, csv_of, pdf_of, xml_of

_HEAD = """
SELECT number, kind, date, recipient, customer, currency, net, tax, gross FROM read.documents WHERE number = %s
"""


class NotThereYet(Exception):
    """A document that the projection does not have (any more, while it catches up): asked for again in a moment."""


@dataclass(frozen=True, slots=True)
class Head:
    """A document without its lines."""

    number: str
    kind: str
    date: date
    recipient: str
    customer: str | None
    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal


@dataclass(frozen=True, slots=True)
class File:
    """One file of a document; `media_type` is "application/pdf", say."""

    name: str
    media_type: str
    content: bytes


Files = Callable[[AsyncConnection, str], Awaitable[Sequence[File]]]


async def head_of(connection: AsyncConnection, number: str) -> Head:
    """Raises NotThereYet."""
    async with connection.cursor(row_factory=class_row(Head)) as cursor:
        head = await (await cursor.execute(_HEAD, [number])).fetchone()
    if head is None:
        raise NotThereYet(f"{number} is not projected yet")
    return head


async def files_of(connection: AsyncConnection, number: str) -> list[File]:
    """PDF, CSV and, where it can be said in it, XML. Raises NotThereYet, and what keeps it from being printed."""
    name = file_name(number)
    pdf = await pdf_of(connection, number)
    csv = await csv_of(connection, number)
    if pdf is None or csv is None:
        raise NotThereYet(f"{number} is not projected yet")
    files = [File(f"{name}.pdf", "application/pdf", pdf), File(f"{name}.csv", "text/csv", csv.encode())]
    try:
        xml = await xml_of(connection, number)
    except NotExpressible:
        return files  # what EN 16931 has no place for is on the PDF, and in the CSV
    return files if xml is None else [*files, File(f"{name}.xml", "application/xml", xml.encode())]


def file_name(number: str) -> str:
    """A number as a file may be called: series may have a slash in them."""
    return "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in number)
