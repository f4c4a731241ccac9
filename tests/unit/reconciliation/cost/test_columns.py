"""Columns under any spelling; a required one that is missing is said aloud."""

from __future__ import annotations

import pytest

from services.reconciliation.cost.columns import COLUMNS, REQUIRED, ColumnsRefused, resolved
from tests.infrastructure import vendor_samples


def test_there_are_the_46_that_microsoft_documents() -> None:
    assert len(COLUMNS) == len(set(COLUMNS)) == 46
    assert set(COLUMNS) >= REQUIRED


@vendor_samples.needed
def test_they_are_those_of_the_documentation_in_its_order() -> None:
    documented = [one["Column"] for one in vendor_samples.sample_csv("nce_recon_columns.csv")]
    assert list(resolved(documented).items()) == list(zip(COLUMNS, documented, strict=True))


@pytest.mark.parametrize(
    "spelt",
    [str.lower, str.upper, lambda name: name[0].lower() + name[1:], lambda name: f"\ufeff{name}",
     lambda name: f"'{name}", lambda name: f" {name} "],
    ids=["lower", "upper", "camel", "after a mark", "apostrophe", "blanks"],
)  # fmt: skip
def test_their_spelling_does_not_matter(spelt: object) -> None:
    assert callable(spelt)
    given = [spelt(name) for name in COLUMNS]
    assert dict(resolved(given)) == dict(zip(COLUMNS, given, strict=True))


def test_other_names_of_a_column_are_known_and_its_own_goes_before_them() -> None:
    assert resolved([*REQUIRED, "totalForCustomer"])["Total"] == "totalForCustomer"
    assert resolved([*REQUIRED, "totalForCustomer", "total"])["Total"] == "total"


def test_an_unknown_column_is_left_to_the_row_as_it_came() -> None:
    assert "attributes/objectType" not in resolved([*REQUIRED, "attributes/objectType"]).values()


@pytest.mark.parametrize("column", sorted(REQUIRED))
def test_a_missing_required_column_is_named(column: str) -> None:
    with pytest.raises(ColumnsRefused, match=f"^{column} is missing: this is no reconciliation"):
        resolved(REQUIRED - {column})


def test_a_column_that_is_there_twice_is_refused() -> None:
    with pytest.raises(ColumnsRefused, match="column MpnId is there twice, as 'MPNID' and as 'mpnId'"):
        resolved([*REQUIRED, "MPNID", "mpnId"])
