"""Taking bills in: an invoice from Graph, a file from the portal; and saying that Microsoft voided one."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import AsyncConnection

from services.reconciliation.cost.blob_files import json_lines
from services.reconciliation.cost.csv_upload import InvoiceInFile, invoices_in, rows_of
from services.reconciliation.cost.graph_export import GraphExport
from services.reconciliation.cost.graph_wanted import Billed
from services.reconciliation.cost.import_store import MICROSOFT, Imported, Origin, cancel, counting, take_in
from services.reconciliation.cost.invoice_documents import voided
from services.reconciliation.cost.rows import BilledRow, RowRefused, read_json
from services.reconciliation.vendors.connector import NotReached
from shared.errors import BAD_REQUEST, NOT_FOUND, UserError
from shared.store.pool import connect

_APPLICATION = "seatledger costs"


async def import_billed(dsn: str, export: GraphExport, invoice: str, by: str) -> Imported:
    """Take in what was billed on an invoice ("G…"), unless this version of it counts already.

    `by` is who asked for it. Raises VendorError; UserError where the rows cannot be kept. Then nothing was taken in.
    """
    invoice = invoice.strip().upper()
    if not invoice:
        raise UserError("which invoice? give its number, as G016907411", BAD_REQUEST)
    async with await connect(dsn, application=_APPLICATION) as connection:
        seen = await counting(connection, MICROSOFT, invoice)
    manifest = await export.manifest(Billed(invoice))
    if seen.version == manifest.etag:
        return Imported(invoice, manifest.etag, "unchanged", seen.rows)
    with tempfile.TemporaryDirectory(prefix="seatledger-costs-") as folder:
        files = await export.download(manifest, Path(folder))
        origin = Origin(MICROSOFT, invoice, manifest.etag, "graph", by)
        async with _keeping(dsn, invoice) as connection:
            return await take_in(connection, origin, _exported(files, invoice), seen)


async def import_csv(dsn: str, path: Path, by: str) -> list[Imported]:
    """Take in a file from the portal, invoice by invoice, all or none; what counts already is left as it is.

    Raises UserError with every line that is wrong. Then nothing was taken in.
    """
    found = invoices_in(path)
    async with _keeping(dsn, path.name) as connection, connection.transaction():
        return [await take_in(connection, _origin(path, one, by), rows_of(path, one.invoice)) for one in found]


async def cancel_invoice(dsn: str, invoice: str, by: str, because: str) -> bool:
    """Have an invoice that Microsoft voided be compared no more (rule R7.7); False where it was so already.

    UserError for one that was never taken in.
    """
    if not because.strip():
        raise UserError(f"why is invoice {invoice} to be compared no more? give a reason", BAD_REQUEST)
    async with await connect(dsn, application=_APPLICATION) as connection:
        cancelled = await cancel(connection, MICROSOFT, invoice.strip().upper(), by, because.strip())
    if cancelled is None:
        raise UserError(f"invoice {invoice} was never taken in", NOT_FOUND)
    return cancelled


async def cancel_voided(dsn: str, documents: Iterable[Mapping[str, Any]], by: str) -> list[str]:
    """Cancel what Partner Center's list of invoices says was voided; the numbers that counted until now, in order.

    Of those that were never taken in nothing is kept.
    """
    async with await connect(dsn, application=_APPLICATION) as connection, connection.transaction():
        numbers = sorted(voided(documents))
        return [one for one in numbers if await cancel(connection, MICROSOFT, one, by, "voided by Microsoft")]


def _origin(path: Path, found: InvoiceInFile, by: str) -> Origin:
    return Origin(MICROSOFT, found.invoice, found.version, "csv", by, path.name)


def _exported(files: Iterable[Path], invoice: str) -> Iterator[tuple[BilledRow, str]]:
    """The rows of an export, each as it came. NotReached for one that cannot be read, or is of another invoice."""

    def refused(place: str, problem: str) -> NotReached:
        return NotReached(f"Microsoft's export of invoice {invoice}, {place}: {problem}; nothing was taken in")

    for place, line in json_lines(files):
        try:
            row = read_json(line)
        except RowRefused as error:
            raise refused(place, str(error)) from None
        if row.invoice not in ("", invoice):
            raise refused(place, f"is of invoice {row.invoice}")
        yield row, line


@asynccontextmanager
async def _keeping(dsn: str, what: str) -> AsyncIterator[AsyncConnection]:
    """A connection to keep rows through; what PostgreSQL cannot keep is said in a sentence."""
    async with await connect(dsn, application=_APPLICATION) as connection:
        try:
            yield connection
        except psycopg.DataError as error:
            said = error.diag.message_primary or "a value is out of range"
            raise UserError(f"{what} cannot be kept: {said}; nothing was taken in", BAD_REQUEST) from None
