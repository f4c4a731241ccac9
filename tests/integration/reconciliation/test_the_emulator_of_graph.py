"""The emulator as a process of its own: an export over HTTP into the database, and what it says to a wrong seed."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from services.reconciliation.cost.graph_export import GraphExport
from services.reconciliation.cost.import_store import Imported
from services.reconciliation.cost.imports import import_billed
from tests.integration.reconciliation.costs import INVOICE
from tests.unit.reconciliation.cost.bill import row

TOKEN = "eyJ-a-bearer-token"


@contextmanager
def emulator(folder: Path, **seed: Any) -> Iterator[str]:
    """Its address, for the time of the block."""
    file = folder / "seed.json"
    file.write_text(json.dumps(seed, default=str))
    command = [sys.executable, "-m", "deploy.emulators.graph", "--port", "0", "--seed", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().rpartition(" ")[2].strip()
        finally:
            process.terminate()


async def taken_in(dsn: str, address: str) -> Imported:
    async def give() -> str:
        return TOKEN

    export = GraphExport(give, address)
    try:
        return await import_billed(dsn, export, INVOICE, "ada")
    finally:
        await export.aclose()


@pytest.mark.database
def test_an_export_over_http_leaves_rows_and_no_secret_in_the_database(prepared: str, tmp_path: Path) -> None:
    rows = [row(SubscriptionId=f"sub-{number}") for number in range(500)]
    invoice = {"rows": rows, "blobs": 3, "members": 2, "expires": 1}
    with emulator(tmp_path, invoices={INVOICE: invoice}, retry_after=0, signature="sp=rl&sig=of%2Btheirs") as address:
        found = asyncio.run(taken_in(prepared, address))
        again = asyncio.run(taken_in(prepared, address))

    assert (found.outcome, found.rows, again.outcome) == ("imported", 500, "unchanged")
    told = _everything_in(prepared)
    assert "sub-499" in told
    assert not [secret for secret in (TOKEN, "sig=", "theirs") if secret in told]


def test_another_version_can_be_planted_while_it_runs(tmp_path: Path) -> None:
    with emulator(tmp_path) as address:
        place = f"{address.removesuffix('/v1.0')}/_emulator/invoices/{INVOICE}"
        assert httpx.put(place, json={"rows": [{"a": 1}]}).status_code == 204
        assert httpx.put(place, json={"row": []}).status_code == 422


def test_a_blob_is_not_given_with_a_token_or_without_its_signature(tmp_path: Path) -> None:
    with emulator(tmp_path) as address:
        blob = f"{address.removesuffix('/v1.0')}/blobs/1/part"
        assert httpx.get(blob, headers={"Authorization": "Bearer x"}).status_code == 400
        assert httpx.get(f"{blob}?sig=wrong").status_code == 403


def test_without_a_token_nothing_is_given(tmp_path: Path) -> None:
    with emulator(tmp_path) as address:
        assert httpx.post(f"{address}/reports/partners/billing/reconciliation/billed/export").status_code == 401


@pytest.mark.parametrize(
    ("seed", "sentence"),
    [('{"invoices": {"G1": {"row": []}}}', "invoices.G1.row: Extra inputs are not permitted"), ("{", "the file: "),
     (None, "cannot be read (No such file or directory)")],
)  # fmt: skip
def test_a_wrong_seed_is_said_in_a_sentence(tmp_path: Path, seed: str | None, sentence: str) -> None:
    file = tmp_path / "seed.json"
    if seed is not None:
        file.write_text(seed)
    command = [sys.executable, "-m", "deploy.emulators.graph", "--port", "0", "--seed", str(file)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(f"{file}: ")
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr


def _everything_in(dsn: str) -> str:
    """All rows of all tables of ours, as text."""
    with psycopg.connect(dsn) as connection:
        tables = connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
            "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        return "".join(
            str(connection.execute(f"SELECT one::text FROM {table} AS one".encode()).fetchall()) for (table,) in tables
        )
