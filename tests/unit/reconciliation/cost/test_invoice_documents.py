"""Which invoices Microsoft voided, by its own list."""

from __future__ import annotations

from typing import Any

import pytest

from services.reconciliation.cost.invoice_documents import voided
from tests.infrastructure import vendor_samples

NOTE = {"id": "g2", "documentType": "void_note", "amendsOf": "G1"}


@pytest.mark.parametrize(
    ("documents", "numbers"),
    [
        ([{"id": "G1", "documentType": "invoice"}], set()),
        ([{"id": "G1", "documentType": "invoice"}, NOTE], {"G1", "G2"}),
        ([{"Id": "G1", "DocumentType": "invoice", "Amendments": [{"Id": "G2", "DocumentType": "VoidNote"}]}], {"G1"}),
        ([{"id": "G3", "documentType": "adjustment_note", "amendsOf": "G1"}], set()),
        ([{"id": "G2", "documentType": "void_note", "amendsOf": None, "amendments": None}], {"G2"}),
    ],
    ids=["an invoice", "with its void note", "by its amendments", "an adjustment", "a note without its invoice"],
)
def test_what_was_voided(documents: list[dict[str, Any]], numbers: set[str]) -> None:
    assert voided(documents) == numbers


@vendor_samples.needed
def test_the_invoice_of_the_documentation_holds() -> None:
    assert voided([vendor_samples.sample_json("pc_invoice_by_id.json")]) == set()
