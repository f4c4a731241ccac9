"""The table of a document's lines is opened with spreadsheets, by others than those who chose the ids in it."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest

from services.invoicing.paper.csv_lines import csv_lines
from tests.paper_samples import aggregated


def test_an_amount_that_is_negative_stays_a_number() -> None:
    document = aggregated("en").document
    document.lines[0].net = Decimal("-5.00")

    row = next(csv.DictReader(io.StringIO(csv_lines(document))))

    assert row["net"] == "-5.00"


@pytest.mark.parametrize("id", ["=cmd|' /C calc'!A0", "@SUM(1)", "+1", "-1", "\t=1"])
def test_an_id_that_looks_like_a_formula_is_text(id: str) -> None:
    document = aggregated("en").document
    document.recipient = document.lines[0].customer = document.lines[0].subscription = id

    row = next(csv.DictReader(io.StringIO(csv_lines(document))))

    assert {row["recipient"], row["customer"], row["subscription"]} == {f"'{id}"}
