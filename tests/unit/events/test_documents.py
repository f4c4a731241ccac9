"""Invoices and credit notes as events: names as `simulate` prints them, large ones in good time."""

import time
from datetime import date
from decimal import Decimal

import orjson
import pytest

from shared.events.envelope import INVOICE_MAX_BYTES
from shared.events.errors import Unreadable
from shared.events.models.documents import Document, DocumentLine, InvoiceIssued, TaxLine
from shared.events.reading import data_of, read_from_record
from tests.unit.events.records import JsonObject, binary, envelope

LINE: JsonObject = {
    "line": "sub-1/2026-02-01/2026-02-01",
    "customer": "cus-1",
    "subscription": "sub-1",
    "product": "o365-business",
    "kind": "recurring",
    "from": "2026-02-01",
    "to": "2026-02-28",
    "quantity": 8,
    "unit_price": "10.00",
    "net": "80.00",
}
INVOICE: JsonObject = {
    "kind": "invoice",
    "date": "2026-02-01",
    "recipient": "res-1",
    "customer": None,
    "currency": "EUR",
    "net": "80.00",
    "tax": "19.20",
    "gross": "99.20",
    "lines": [LINE],
    "number": "INV-2026-000001",
    "taxes": [{"rate": "0.24", "base": "80.00", "amount": "19.20"}],
}


def test_an_invoice_is_read_and_written_as_the_contract_has_it() -> None:
    model = read_from_record(*binary(envelope("InvoiceIssued", INVOICE))).model

    assert orjson.loads(data_of(model)) == INVOICE


def test_our_own_code_builds_an_invoice_from_values() -> None:
    line = DocumentLine(
        line="sub-1/2026-02-01/2026-02-01",
        customer="cus-1",
        subscription="sub-1",
        product="o365-business",
        kind="recurring",
        from_=date(2026, 2, 1),
        to=date(2026, 2, 28),
        quantity=8,
        unit_price=Decimal("10.00"),
        net=Decimal("80.00"),
    )
    invoice = InvoiceIssued(
        kind="invoice",
        date=date(2026, 2, 1),
        recipient="res-1",
        customer=None,
        currency="EUR",
        net=Decimal("80.00"),
        tax=Decimal("19.20"),
        gross=Decimal("99.20"),
        lines=(line,),
        number="INV-2026-000001",
        taxes=(TaxLine(rate=Decimal("0.24"), base=Decimal("80.00"), amount=Decimal("19.20")),),
    )

    assert orjson.loads(data_of(invoice)) == INVOICE


def test_a_document_without_number_and_taxes_is_what_simulate_prints() -> None:
    printed = {name: value for name, value in INVOICE.items() if name not in ("number", "taxes")}

    assert Document.model_validate(printed).model_dump(mode="json", by_alias=True) == printed


def test_days_and_the_returned_line_stand_only_where_they_are_given() -> None:
    credit = LINE | {"kind": "credit", "days": 7, "of_days": 28, "unit_net": "2.50", "returns": LINE["line"]}
    model = read_from_record(*binary(envelope("InvoiceIssued", INVOICE | {"lines": [LINE, credit]}))).model

    assert orjson.loads(data_of(model))["lines"] == [LINE, credit]


def test_an_invoice_is_no_credit_note() -> None:
    with pytest.raises(Unreadable, match=r"data.kind: got \"credit_note\"; give 'invoice'"):
        read_from_record(*binary(envelope("InvoiceIssued", INVOICE | {"kind": "credit_note"})))


def test_the_name_in_a_refusal_is_the_contracts() -> None:
    broken = LINE | {"from": "2026-02-30"}

    with pytest.raises(Unreadable, match=r"data.lines\[1\].from: got"):
        read_from_record(*binary(envelope("InvoiceIssued", INVOICE | {"lines": [LINE, broken]})))


def test_an_aggregated_invoice_of_20_000_lines_takes_no_more_than_seconds() -> None:
    lines = [LINE | {"line": f"sub-{number}/2026-02-01/2026-02-01"} for number in range(20_000)]
    key, value, headers = binary(envelope("InvoiceIssued", INVOICE | {"lines": lines}))

    began = time.process_time()
    model = read_from_record(key, value, headers, INVOICE_MAX_BYTES).model
    written = data_of(model)
    took = time.process_time() - began

    assert len(orjson.loads(written)["lines"]) == 20_000
    assert took < 5, f"reading and writing took {took:.2f} s"  # measured: 0.5 s
