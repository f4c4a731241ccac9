"""The files of one issued document, for whoever reads the connection: PDF, EN 16931 XML, CSV.

Row-level security decides whose documents there are. Rendering is work for a core, so it is done in a thread: typst
lets go of the interpreter meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from psycopg import AsyncConnection

from services.invoicing import queries
from services.invoicing.paper.content import Paper, paper_of
from services.invoicing.paper.csv_lines import csv_lines
from services.invoicing.paper.en16931 import NotExpressible, xml
from services.invoicing.paper.pdf import log_boxed, pdf

__all__ = ["NotExpressible", "csv_of", "pdf_of", "rendered_pdf", "xml_of"]


async def pdf_of(
    connection: AsyncConnection, number: str, say_boxed: Callable[[str, str], None] = log_boxed
) -> bytes | None:
    """The document as PDF, with its XML in it where it has one; None where there is no such document for who asks."""
    paper = await paper_of(connection, number)
    return None if paper is None else await asyncio.to_thread(rendered_pdf, paper, say_boxed)


async def xml_of(connection: AsyncConnection, number: str) -> str | None:
    """The document as EN 16931 XML; None where there is no such document. NotExpressible says why there is no XML."""
    paper = await paper_of(connection, number)
    return None if paper is None else await asyncio.to_thread(xml, paper)


async def csv_of(connection: AsyncConnection, number: str) -> str | None:
    """All lines of the document as CSV; None where there is no such document for who asks."""
    document = await queries.document(connection, number)
    return None if document is None else await asyncio.to_thread(csv_lines, document)


def rendered_pdf(paper: Paper, say_boxed: Callable[[str, str], None] = log_boxed) -> bytes:
    """The PDF of what was read; without XML where EN 16931 has no place for it. Takes a core for a while.

    `say_boxed` is told its number and the letters that no font has; else the log is.
    """
    try:
        content = xml(paper)
    except NotExpressible:
        return pdf(paper, None, say_boxed)
    return pdf(paper, content, say_boxed)
