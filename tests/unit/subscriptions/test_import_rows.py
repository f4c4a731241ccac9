"""Rows of subscriptions to take over: what a file says, and why a row cannot be read."""

from __future__ import annotations

import pytest

from services.subscriptions.import_rows import Format, NotRows, Refusal, Row, rows_of
from shared.events.models.blocks import PricingRule

HEADING = (
    "subscription_id,currency,customer.id,customer.billing_day,product.id,quantity,unit_price,started_at,"
    "billed_by_us_from,auto_renew,pricing"
)
JSON = (
    '{"subscription_id": "s-1", "currency": "EUR", "customer": {"id": "c-1"}, "product": {"id": "p"}, "quantity": 3, '
    '"unit_price": "10.00", "started_at": "2026-01-01", "billed_by_us_from": "2026-02-01"}'
)


def row(text: str, form: Format = "csv") -> Row | Refusal:
    (only,) = rows_of(text.splitlines(keepends=True), form)
    return only


def reason(text: str, form: Format = "csv") -> str:
    found = row(text, form)
    assert isinstance(found, Refusal)
    return found.reason


def test_a_line_of_csv_is_the_object_that_its_columns_name() -> None:
    pricing = '"[{""rule"": ""discount"", ""rate"": ""0.1""}]"'
    found = row(f"{HEADING}\ns-1,EUR,c-1,15,p,3,10.00,2026-01-01,2026-02-01,false,{pricing}")

    assert isinstance(found, Row)
    request = found.request
    assert (found.line, request.subscription_id, request.quantity) == (2, "s-1", 3)
    assert (request.customer.id, request.customer.billing_day, request.auto_renew) == ("c-1", 15, False)
    assert request.pricing == (PricingRule.model_validate({"rule": "discount", "rate": "0.1"}),)


def test_an_empty_cell_is_an_absent_field() -> None:
    found = row(f"{HEADING}\ns-1,EUR,c-1,,p,3,10.00,2026-01-01,2026-02-01,,")

    assert isinstance(found, Row)
    assert (found.request.customer.billing_day, found.request.auto_renew) == (None, None)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("s-1,EUR,c-1,,p,three,10.00,2026-01-01,2026-02-01,,", 'quantity: got "three"; give a whole number'),
        ("s-1,EUR,c-1,32,p,3,10.00,2026-01-01,2026-02-01,,", "customer.billing_day: got 32; give a day from 1 to 31"),
        ("s-1,EUR,c-1,,p,3,10.00,2026-02-30,2026-02-01,,", 'started_at: got "2026-02-30"; there is no such date'),
        ("s-1,EUR,c-1,,p,3,10.00,2026-01-01,2026-02-01,maybe,", 'auto_renew: got "maybe"; give true or false'),
        ("s-1,EUR,c-1,,p,3,10.00,2026-01-01,2026-02-01,,[", "pricing: is not JSON"),
        (",EUR,c-1,,p,3,10.00,2026-01-01,2026-02-01,,", "subscription_id: is missing; add it"),
        ("s-1,EUR,c-1", "does not have 11 cells"),
        ("s-1,EUR,c-1,,p,3,10.00,2026-01-01,2026-02-01,,,more", "does not have 11 cells"),
    ],
)
def test_a_line_that_cannot_be_read_says_why_and_where(line: str, why: str) -> None:
    assert reason(f"{HEADING}\n{line}").startswith(why)


def test_an_unknown_column_refuses_its_rows() -> None:
    line = "s-1,EUR,c-1,,p,3,10.00,2026-01-01,2026-02-01,,,red"

    assert reason(f"{HEADING},colour\n{line}").startswith("colour: ")


@pytest.mark.parametrize("text", ["", "id,quantity\n1,2\n"])
def test_a_file_without_the_heading_is_no_file_of_rows(text: str) -> None:
    with pytest.raises(NotRows, match="subscription_id among them"):
        rows_of(text.splitlines(keepends=True), "csv")


def test_a_column_that_stands_twice_is_no_heading() -> None:
    text = "subscription_id,quantity,currency,quantity\ns-1,1,EUR,2\n"
    with pytest.raises(NotRows, match="line 1, column quantity: stands there twice"):
        rows_of(text.splitlines(keepends=True), "csv")


def test_json_lines_are_objects_and_blank_lines_are_none() -> None:
    found = list(rows_of(["\n", f"{JSON}\n", "[1]\n", "{\n", JSON.replace('"p"', "1")], "jsonl"))

    assert [type(one) for one in found] == [Row, Refusal, Refusal, Refusal]
    assert [one.line for one in found] == [2, 3, 4, 5]
    reasons = [one.reason for one in found if isinstance(one, Refusal)]
    assert reasons[0] == "row: got [1]; give an object with named fields"
