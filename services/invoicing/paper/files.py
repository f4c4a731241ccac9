"""The files of one issued document, for whoever reads the connection: PDF, EN 16931 XML, CSV.

Row-level security decides whose documents there are. Rendering is work for a core, so it is done in a thread.
"""

from __future__ import annotations

import asyncio

from psycopg import AsyncConnection

from services.invoicing import queries
from services.invoicing.paper.csv_lines import csv_lines
from shared.errors import UserError


class NotExpressible(UserError):
    """A document that EN 16931 has no place for, with the reason and what to do; it can be printed all the same."""


async def pdf_of(connection: AsyncConnection, number: str) -> bytes | None:
    """The document as PDF, with its XML in it where it has one; None where there is no such document for who asks."""
    if await queries.document(connection, number) is None:
        return None
    raise UserError(f"{number} cannot be printed yet")


async def xml_of(connection: AsyncConnection, number: str) -> str | None:
    """The document as EN 16931 XML; None where there is no such document. NotExpressible says why there is no XML."""
    if await queries.document(connection, number) is None:
        return None
    raise NotExpressible(f"{number} cannot be written as XML yet")


async def csv_of(connection: AsyncConnection, number: str) -> str | None:
    """All lines of the document as CSV; None where there is no such document for who asks."""
    document = await queries.document(connection, number)
    return None if document is None else await asyncio.to_thread(csv_lines, document)
