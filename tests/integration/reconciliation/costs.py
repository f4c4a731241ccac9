"""Bills for tests of imports: exports of Graph's emulator, files of the portal, and what the database has of them."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psycopg

from deploy.emulators.graph.app import create_app
from deploy.emulators.graph.seed import Invoice, Seed
from services.reconciliation.cost.columns import COLUMNS
from services.reconciliation.cost.graph_export import GraphExport, Patience
from services.reconciliation.cost.import_store import Imported
from services.reconciliation.cost.imports import import_billed

T = TypeVar("T")
INVOICE = "G000000001"
CURRENT = """
SELECT i.invoice, i.version, i.source, i.imported_by, i.rows, i.amounts, i.replaced_at IS NULL AS counts, count(r.*)
FROM reconciliation.cost_import i LEFT JOIN reconciliation.cost_row r ON r.import = i.id
GROUP BY i.id ORDER BY i.id
"""


def run(scenario: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(scenario)


def query(dsn: str, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(statement.encode(), arguments).fetchall()


class Graph:
    """Microsoft Graph with some invoices; `asked` is what it was asked so far."""

    def __init__(self, invoices: Mapping[str, Sequence[Mapping[str, Any]]], **behaviour: Any) -> None:
        self.seed = Seed(
            invoices={name: Invoice(rows=[dict(row) for row in rows], **behaviour) for name, rows in invoices.items()},
            retry_after=0,
        )
        self._app = create_app(self.seed)

    @property
    def asked(self) -> list[str]:
        return list(self._app.state.graph.asked)

    def has(self, rows: Iterable[Mapping[str, Any]], invoice: str = INVOICE) -> None:
        """From now on another version of an invoice."""
        self.seed.invoices[invoice].rows = [dict(row) for row in rows]

    async def take_in(self, dsn: str, invoice: str = INVOICE, by: str = "ada") -> Imported:
        async def token() -> str:
            return "a-token"

        async def at_once(seconds: float) -> None:
            assert seconds >= 0

        client = httpx.AsyncClient(transport=httpx.ASGITransport(self._app))
        export = GraphExport(
            token, "https://graph.test/v1.0", client=client, patience=Patience(first_wait=0), sleep=at_once
        )
        try:
            return await import_billed(dsn, export, invoice, by)
        finally:
            await export.aclose()


def portal_file(path: Path, rows: Iterable[Mapping[str, Any]], header: Sequence[str] = COLUMNS) -> Path:
    """A file as the portal gives it: a mark of its byte order, and an apostrophe before each number."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for row in rows:
            writer.writerow([_cell(row[column]) for column in COLUMNS])
    return path


def _cell(value: object) -> str:
    written = str(value)
    return f"'{written}" if written.replace(".", "").replace("-", "").isdigit() else written
