"""What `seatledger invoices pdf`, `xml` and `csv` do: write one document into a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

from psycopg import AsyncConnection

from services.invoicing.paper import files
from services.invoicing.paper.fonts import told
from services.presentation import note, say
from shared.commands.operating import Database, read_now
from shared.errors import NOT_FOUND, UserError

Kind = Literal["pdf", "xml", "csv"]


def write(database: Database, kind: Kind, number: str, output: str | None) -> None:
    """Write a document into `output`, into NUMBER.kind without one; "-" is standard output. UserError says why not."""

    async def read(connection: AsyncConnection) -> bytes | None:
        if kind == "pdf":
            return await files.pdf_of(connection, number, _note_boxed)
        text = await (files.xml_of if kind == "xml" else files.csv_of)(connection, number)
        return None if text is None else text.encode()

    content = read_now(database, read)
    if content is None:
        raise UserError(
            f"there is no document {number!r}; `seatledger invoices list` shows those that there are", NOT_FOUND
        )
    if output == "-":
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    file = Path(output or f"{number.replace('/', '-')}.{kind}")
    try:
        file.write_bytes(content)
    except OSError as error:
        raise UserError(f"{file} cannot be written ({error.strerror}): name another with -o") from None
    say(f"{number} is in {file} ({len(content):,} bytes)")


def _note_boxed(number: str, letters: str) -> None:
    note([f"{number}: {told(letters)}"])
