"""A customer of a document is found by id or name; of thousands a page offers the first that fit."""

from __future__ import annotations

import pytest

from services.console.documents.finding import MOST, sought

FEW = [("cus-1", "Contoso"), ("cus-10", "Fabrikam"), ("cus-2", None)]
MANY = [(f"cus-{number:05}", f"Company {number}") for number in range(20_000)]


@pytest.mark.parametrize(
    ("text", "one"),
    [("cus-1", "cus-1"), ("CUS-10", "cus-10"), (" toso ", "cus-1"), ("cus-2", "cus-2"), ("cus", None), ("x", None),
     ("", None)],
)  # fmt: skip
def test_who_has_the_id_or_is_the_only_one_that_fits_is_found(text: str, one: str | None) -> None:
    assert sought(FEW, text).one == one


def test_few_are_offered_all_and_of_many_the_first() -> None:
    assert sought(FEW, "").is_all
    assert list(sought(FEW, "").first) == FEW
    for text, count in (("", 20_000), ("company 1", 11_111)):
        found = sought(MANY, text)
        assert (len(found.first), found.total, found.is_all) == (MOST, count, False)
    assert sought(MANY, "cus-19999").one == "cus-19999"


def test_without_a_search_the_only_customer_is_not_gone_to() -> None:
    assert sought(FEW[:1], "").one is None


def test_where_nobody_fits_nobody_is_offered() -> None:
    assert not sought(FEW, "nobody").is_all
