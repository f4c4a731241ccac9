"""Bills that are taken in: each version once, all of it or nothing, another version in place of the one before."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from services.reconciliation.cost.columns import COLUMNS
from services.reconciliation.cost.import_store import Origin, counting, rows_in, take_in
from services.reconciliation.cost.imports import cancel_invoice, cancel_voided, import_csv
from services.reconciliation.cost.rows import parsed
from services.reconciliation.cost.verdicts import Period
from services.reconciliation.vendors.connector import NotReached
from shared.errors import UserError
from shared.store.pool import connect
from tests.infrastructure import vendor_samples
from tests.integration.reconciliation.costs import CURRENT, INVOICE, Graph, portal_file, query, run
from tests.unit.reconciliation.cost.bill import billed, row

pytestmark = pytest.mark.database

ROWS = [row(SubscriptionId=f"SUB-{number}", ReferenceId=f"r{number}") for number in range(3)]
YEAR = Period(billed().start.replace(month=1, day=1), billed().start.replace(month=12, day=31))


def rows_that_count(dsn: str) -> list[Any]:
    async def scenario() -> list[Any]:
        async with await connect(dsn) as connection:
            return await rows_in(connection, "microsoft", YEAR)

    return run(scenario())


def test_an_invoice_is_kept_with_all_that_came_and_by_whom(prepared: str) -> None:
    found = run(Graph({INVOICE: ROWS}).take_in(prepared))

    assert (found.outcome, found.rows, found.replaced) == ("imported", 3, None)
    kept = query(prepared, CURRENT)
    assert kept == [(INVOICE, found.version, "graph", "ada", 3, {"EUR": "302.40"}, True, 3)]
    came = [one for (one,) in query(prepared, "SELECT row FROM reconciliation.cost_row ORDER BY place")]
    assert came == json.loads(json.dumps(ROWS, default=str))
    assert rows_that_count(prepared) == [parsed(one) for one in ROWS]


def test_the_same_version_again_is_not_even_fetched(prepared: str) -> None:
    graph = Graph({INVOICE: ROWS})
    first = run(graph.take_in(prepared))
    fetched = [one for one in graph.asked if one.startswith("GET /blobs/")]

    again = run(graph.take_in(prepared))

    assert (again.outcome, again.rows, again.version) == ("unchanged", 3, first.version)
    assert [one for one in graph.asked if one.startswith("GET /blobs/")] == fetched
    assert len(query(prepared, CURRENT)) == 1


def test_another_version_replaces_the_one_before_and_both_are_seen(prepared: str) -> None:
    graph = Graph({INVOICE: ROWS})
    first = run(graph.take_in(prepared))
    graph.has(ROWS[:2])

    second = run(graph.take_in(prepared, by="bob"))

    assert (second.outcome, second.replaced) == ("replaced", first.version)
    assert [(version, by, counts, rows) for _, version, _, by, _, _, counts, rows in query(prepared, CURRENT)] == [
        (first.version, "ada", False, 3), (second.version, "bob", True, 2),
    ]  # fmt: skip
    assert len(rows_that_count(prepared)) == 2
    ((replaced_by,),) = query(
        prepared, "SELECT replaced_by FROM reconciliation.cost_import WHERE version = %s", first.version
    )
    assert query(prepared, "SELECT version FROM reconciliation.cost_import WHERE id = %s", replaced_by) == [
        (second.version,)
    ]


def test_two_at_once_take_it_in_once(prepared: str) -> None:
    graph = Graph({INVOICE: ROWS * 50})

    async def both() -> list[str]:
        results = await asyncio.gather(graph.take_in(prepared), graph.take_in(prepared))
        return sorted(one.outcome for one in results)

    assert run(both()) == ["imported", "unchanged"]
    assert len(rows_that_count(prepared)) == 150


def test_what_was_asked_for_before_does_not_replace_what_came_meanwhile(prepared: str) -> None:
    """Given an export that takes long; when a newer version is taken in meanwhile; then the older one is not."""

    async def scenario() -> None:
        async with await connect(prepared) as connection:
            seen = await counting(connection, "microsoft", INVOICE)
            await Graph({INVOICE: ROWS}).take_in(prepared)
            slow = Origin("microsoft", INVOICE, "an older version", "graph", "ada")
            with pytest.raises(UserError, match=f"another version of invoice {INVOICE} was taken in meanwhile"):
                await take_in(connection, slow, [(billed(), "{}")], seen)

    run(scenario())
    assert len(rows_that_count(prepared)) == 3


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [({"Subtotal": "much"}, "blob 1, line 2: Subtotal: got 'much'; give a number"),
     ({"InvoiceNumber": "G000000002"}, "line 2: is of invoice G000000002")],
)  # fmt: skip
def test_an_export_with_a_row_that_is_none_is_not_taken_in_at_all(
    prepared: str, wrong: dict[str, Any], sentence: str
) -> None:
    graph = Graph({INVOICE: [ROWS[0], ROWS[1] | wrong]})
    with pytest.raises(NotReached, match=f"{sentence}.*nothing was taken in"):
        run(graph.take_in(prepared))
    assert query(prepared, CURRENT) == []


def test_what_a_database_cannot_keep_is_said_in_a_sentence(prepared: str) -> None:
    with pytest.raises(UserError, match=f"{INVOICE} cannot be kept: .*; nothing was taken in"):
        run(Graph({INVOICE: [row(CustomerName="a\0b")]}).take_in(prepared))
    assert query(prepared, CURRENT) == []


def test_a_file_of_the_portal_gives_the_same_rows_as_the_export(prepared: str, tmp_path: Path) -> None:
    american = {"OrderDate": "6/18/2021", "ChargeStartDate": "6/18/2021", "ChargeEndDate": "7/17/2021"}
    rows = [one | american for one in ROWS]
    header = [{"MpnId": "MPNID", "ReferenceId": "ReferenceID", "Total": "totalForCustomer"}.get(c, c) for c in COLUMNS]

    (found,) = run(import_csv(prepared, portal_file(tmp_path / "June.csv", rows, header), "ada"))

    assert (found.invoice, found.outcome, found.rows) == (INVOICE, "imported", 3)
    assert rows_that_count(prepared) == [parsed(one) for one in rows]
    ((came,),) = query(prepared, "SELECT row FROM reconciliation.cost_row WHERE place = 1")
    assert list(came) == sorted(header, key=lambda name: (len(name), name))
    assert (came["UnitPrice"], came["ChargeStartDate"]) == ("'10.08", "6/18/2021")
    assert query(prepared, "SELECT source, file FROM reconciliation.cost_import") == [("csv", "June.csv")]


def test_a_file_twice_is_taken_in_once_and_one_with_other_rows_replaces_it(prepared: str, tmp_path: Path) -> None:
    first = run(import_csv(prepared, portal_file(tmp_path / "a.csv", ROWS), "ada"))
    again = run(import_csv(prepared, portal_file(tmp_path / "b.csv", ROWS), "bob"))
    other = run(import_csv(prepared, portal_file(tmp_path / "c.csv", ROWS[:1]), "bob"))
    back = run(import_csv(prepared, portal_file(tmp_path / "d.csv", ROWS), "bob"))

    assert [one.outcome for (one,) in (first, again, other, back)] == ["imported", "unchanged", "replaced", "replaced"]
    assert len(rows_that_count(prepared)) == 3


def test_an_invoice_from_the_portal_is_replaced_by_its_export_and_never_doubled(prepared: str, tmp_path: Path) -> None:
    run(import_csv(prepared, portal_file(tmp_path / "a.csv", ROWS), "ada"))
    assert run(Graph({INVOICE: ROWS}).take_in(prepared)).outcome == "replaced"
    assert len(rows_that_count(prepared)) == 3


def test_a_file_with_several_invoices_is_several_imports(prepared: str, tmp_path: Path) -> None:
    rows = [ROWS[0], ROWS[1] | {"InvoiceNumber": "g000000002"}, ROWS[2]]
    found = run(import_csv(prepared, portal_file(tmp_path / "a.csv", rows), "ada"))
    assert [(one.invoice, one.rows) for one in found] == [(INVOICE, 2), ("G000000002", 1)]


def test_every_line_that_is_wrong_is_named_and_nothing_is_taken_in(prepared: str, tmp_path: Path) -> None:
    rows = [ROWS[0], ROWS[1] | {"Subtotal": "1,234.50"}, ROWS[2] | {"OrderDate": "31/12/2020"},
            ROWS[0] | {"InvoiceNumber": ""}]  # fmt: skip
    path = portal_file(tmp_path / "June.csv", rows)
    with path.open("a") as file:
        file.write("one,two\n")

    with pytest.raises(UserError) as caught:
        run(import_csv(prepared, path, "ada"))

    assert str(caught.value).splitlines() == [
        "June.csv, line 3: Subtotal: got '1,234.50'; give a number with a point and without other marks",
        "June.csv, line 4: OrderDate: got '31/12/2020'; give a date as 2026-11-23, or as 11/23/2026 (month first)",
        "June.csv, line 5: InvoiceNumber is empty: what is not billed yet is no bill",
        "June.csv, line 6: has 2 cells, and the header has 46",
        "nothing was taken in",
    ]
    assert query(prepared, CURRENT) == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"a,b\n1,2\n", "InvoiceNumber, .* are missing"), (b"", "are missing"), (b"\xff\xfe", "is no text in UTF-8"),
     (",".join(COLUMNS).encode(), "has a header and no rows"), (b'"a', "is no CSV"), (None, "cannot be read")],
)  # fmt: skip
def test_what_is_no_such_file_is_refused(prepared: str, tmp_path: Path, content: bytes | None, sentence: str) -> None:
    path = tmp_path / "file.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=sentence):
        run(import_csv(prepared, path, "ada"))


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_are_found_out(prepared: str, tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "file.csv"
    cells = [str(value) for value in row(PriceAdjustmentDescription="").values()]
    path.write_text(f"{delimiter.join(COLUMNS)}\r\n{delimiter.join(cells)}\r\n")
    (found,) = run(import_csv(prepared, path, "ada"))
    assert found.rows == 1


def test_an_invoice_that_was_voided_counts_no_more_and_stays(prepared: str) -> None:
    run(Graph({INVOICE: ROWS}).take_in(prepared))

    assert run(cancel_invoice(prepared, INVOICE.lower(), "ada", "voided, see G000000009")) is True
    assert run(cancel_invoice(prepared, INVOICE, "bob", "again")) is False

    assert rows_that_count(prepared) == []
    assert len(query(prepared, CURRENT)) == 1
    graph = Graph({INVOICE: ROWS[:1]})
    assert run(graph.take_in(prepared)).voided
    assert rows_that_count(prepared) == []
    kept = query(prepared, "SELECT cancelled_by, cancelled_because FROM reconciliation.cost_invoice")
    assert kept == [("ada", "voided, see G000000009")]


def test_what_partner_center_lists_as_voided_counts_no_more(prepared: str) -> None:
    run(Graph({INVOICE: ROWS}).take_in(prepared))
    listed = [{"id": INVOICE, "documentType": "invoice"},
              {"id": "G000000009", "documentType": "void_note", "amendsOf": INVOICE}]  # fmt: skip

    assert run(cancel_voided(prepared, listed[:1], "timer")) == []
    assert len(rows_that_count(prepared)) == 3
    assert run(cancel_voided(prepared, listed, "timer")) == [INVOICE]
    assert run(cancel_voided(prepared, listed, "timer")) == []
    assert rows_that_count(prepared) == []


def test_an_invoice_that_nobody_knows_cannot_be_voided(prepared: str) -> None:
    with pytest.raises(UserError, match="invoice G9 was never taken in"):
        run(cancel_invoice(prepared, "G9", "ada", "voided"))
    with pytest.raises(UserError, match="give a reason"):
        run(cancel_invoice(prepared, INVOICE, "ada", " "))


def test_the_database_itself_lets_no_two_versions_count(prepared: str) -> None:
    run(Graph({INVOICE: ROWS}).take_in(prepared))
    with psycopg.connect(prepared) as connection, pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute(
            "INSERT INTO reconciliation.cost_import (vendor, invoice, version, source, imported_by) "
            "SELECT vendor, invoice, 'x', source, imported_by FROM reconciliation.cost_import"
        )


@pytest.mark.parametrize(("sees", "rows"), [("all", True), ("reseller", False), ("customer", False), ("", False)])
def test_the_apis_show_it_to_the_organisation_alone(prepared: str, sees: str, rows: bool) -> None:
    run(Graph({INVOICE: ROWS}).take_in(prepared))
    with psycopg.connect(prepared) as connection:
        connection.execute("SELECT set_config('seatledger.sees', %s, true)", [sees])
        connection.execute("SELECT set_config('seatledger.reseller', 'res-1', true)")
        connection.execute("SET LOCAL ROLE seatledger_api")
        for table in ("cost_import", "cost_invoice", "cost_row"):
            name = psycopg.sql.Identifier("reconciliation", table)
            found = connection.execute(psycopg.sql.SQL("SELECT count(*) > 0 FROM {}").format(name)).fetchone()
            assert found == (rows,), table


def test_no_digit_of_a_price_is_lost(prepared: str) -> None:
    run(Graph({INVOICE: [row(EffectiveUnitPrice=Decimal("0.0209496384791679"), Subtotal="0E-20")]}).take_in(prepared))
    kept = query(prepared, "SELECT effective_unit_price, subtotal FROM reconciliation.cost_row")
    assert kept == [(Decimal("0.0209496384791679"), Decimal("0E-20"))]


@vendor_samples.needed
def test_the_rows_of_the_documentation_are_kept_as_they_came(prepared: str) -> None:
    items = vendor_samples.sample_json("pc_lineitems_billed_onetime_nce.json")["items"]
    rows = [item | {"invoiceNumber": INVOICE} for item in items]

    run(Graph({INVOICE: rows}).take_in(prepared))

    came = [one for (one,) in query(prepared, "SELECT row FROM reconciliation.cost_row ORDER BY place")]
    assert [one["subtotal"] for one in came] == ["0", "720", 820, 16]
    assert [sorted(one) for one in came] == [sorted(item) for item in rows]
