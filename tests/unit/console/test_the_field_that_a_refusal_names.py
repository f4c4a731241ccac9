"""Only the field that a refusal names is marked, and leads to the sentence beside its own help."""

from __future__ import annotations

import pytest

from services.console.formats import is_about
from services.console.rendering import _environment


@pytest.mark.parametrize(
    ("refusal", "field"),
    [
        ("quantity: give a whole number", "quantity"),
        ("items[0].quantity: give a whole number", "quantity"),
        ("product: is none; quantity: give a whole number", "quantity"),
        ("subscription.customer.id: give one", "customer"),
    ],
)
def test_a_refusal_is_about_the_field_that_it_names(refusal: str, field: str) -> None:
    assert is_about(refusal, field)


@pytest.mark.parametrize(
    "refusal",
    [None, "orders does not answer; try again", "subscription s: quantity is taken", "term: no quantity: none"],
)
def test_a_refusal_is_about_no_other(refusal: str | None) -> None:
    assert not is_about(refusal, "quantity")


def shown(refusal: str | None) -> str:
    """Two fields, as a form with this refusal has them."""
    forms = _environment().from_string(
        '{% from "forms.html" import field %}{{ field("quantity", "Licences", typed, help="All", wrong=wrong) }}'
        '{{ field("unit_price", "Price", typed, wrong=wrong, called="price") }}'
    )
    return forms.render(typed={"quantity": "", "unit_price": ""}, wrong=refusal)


def test_a_field_with_help_that_is_refused_has_both() -> None:
    page = shown("quantity: give a whole number")
    assert page.count("aria-invalid") == 1
    assert 'aria-invalid="true" aria-describedby="quantity-help wrong"' in page


def test_a_field_that_refusals_call_otherwise_is_found() -> None:
    page = shown("price: is none")
    assert page.count("aria-invalid") == 1
    assert 'aria-describedby="quantity-help"' in page
    assert 'aria-describedby="wrong"' in page


def test_what_is_about_no_field_marks_none() -> None:
    assert "aria-invalid" not in shown("orders does not answer; try again")
    assert "aria-invalid" not in shown(None)
