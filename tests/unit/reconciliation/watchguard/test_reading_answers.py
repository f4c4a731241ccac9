"""Reading what a vendor answers, value by value."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from services.reconciliation.vendors.watchguard.answers import (
    MAX_SEATS,
    Unreadable,
    decoded,
    field,
    last_moment,
    one_line,
    text,
    whole,
)
from services.reconciliation.vendors.watchguard.rules import UsageRow
from services.reconciliation.vendors.watchguard.summary import allocations_in
from services.reconciliation.vendors.watchguard.usage import usage_in

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)


@pytest.mark.parametrize("written", [5, 5.0, "5", " 5 ", "5.0", "5.00", "005"])
def test_numbers_of_seats(written: Any) -> None:
    assert whole(written) == 5


@pytest.mark.parametrize(
    "written", [-1, 5.5, "5.5", "five", "", None, True, [5], {"quantity": 5}, 10**10, "1,25", "1.250", "\u0665", "1e3",
                float("nan"), float("inf")],
)  # fmt: skip
def test_what_is_no_number_of_seats(written: Any) -> None:
    assert whole(written) is None


@given(seats=st.integers(0, MAX_SEATS))
def test_a_number_is_read_however_it_is_written(seats: int) -> None:
    for written in (seats, str(seats), f"{seats:,}", f"{seats}.0", str(Decimal(seats))):
        assert whole(written) == seats


@pytest.mark.parametrize("name", ["accountId", "account_id", "AccountID", "ACCOUNT-ID"])
def test_fields_are_found_by_their_letters(name: str) -> None:
    assert field({"other": 1, name: "a"}, "accountId") == "a"


def test_of_several_names_the_first_that_holds_something_counts() -> None:
    assert field({"b": 2, "a": None, "c": 3}, "a", "b", "c") == 2


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-03-31", datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC)),
        ("2026-03-31T10:00:00Z", datetime(2026, 3, 31, 10, tzinfo=UTC)),
        ("2026-03-31T10:00:00", datetime(2026, 3, 31, 10, tzinfo=UTC)),
        ("2026-03-31T10:00:00-08:00", datetime(2026, 3, 31, 18, tzinfo=UTC)),
        ("2026-03-31T10:00:00.3667635Z", datetime(2026, 3, 31, 10, 0, 0, 366763, tzinfo=UTC)),
        ("0001-01-01T00:00:00", None), ("9999-12-31", None), (None, None), ("", None),
    ],
)  # fmt: skip
def test_moments(written: str | None, moment: datetime | None) -> None:
    assert last_moment(written) == moment


def test_what_is_no_date_is_said() -> None:
    with pytest.raises(Unreadable, match="'next year' is no date"):
        last_moment("next year")


@given(content=st.binary(max_size=50))
def test_any_bytes_are_json_or_unreadable(content: bytes) -> None:
    try:
        decoded(content)
    except Unreadable as error:
        said = str(error)
    else:
        return
    assert said in ("the answer is no JSON", "the answer is an HTML page")


def test_depth_is_no_way_to_break_the_reader() -> None:
    with pytest.raises(Unreadable):
        decoded(b"[" * 100_000)


@given(written=st.text(max_size=30))
def test_text_can_stand_in_an_id_and_a_sentence(written: str) -> None:
    found = text(written)
    assert found is None or (found.isprintable() and found == found.strip() and found.encode())


def test_a_reason_is_one_line_without_tags_and_secrets() -> None:
    shown = one_line("<p>no\nuse of  s3cret.</p>", {"s3cret": "(password)"})
    assert shown == "no use of (password)"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["items", "productName", "product", "quantity", "allocated", "licenseExpiryDate",
                         "daysUntilExpiry", "allocationType", "used", "date", "unallocated"]) | st.text(max_size=4),
        inner, max_size=4,
    ),
    max_leaves=10,
)  # fmt: skip


@given(answer=JSON)
def test_any_summary_is_read_or_unreadable(answer: Any) -> None:
    try:
        found = allocations_in(json.loads(json.dumps(answer)), "acc-1", NOW)
    except Unreadable:
        return
    assert all(each.quantity >= 0 and each.vendor_subscription_id.isprintable() for each in found)
    assert len({each.vendor_subscription_id for each in found}) == len(found)


@given(answer=JSON)
def test_any_usage_is_read_or_unreadable(answer: Any) -> None:
    try:
        rows = usage_in(answer)
    except Unreadable:
        return
    assert all(row.quantity >= 0 for row in rows)


def test_usage_of_one_product_is_read_wherever_it_stands() -> None:
    """Unverified against a live tenant."""
    answer: JsonValue = {
        "contracts": [
            {"productSku": "EDR", "usageDetails": [
                {"usageDate": "2026-03-01", "quantity": 5, "product": "EDR"},
                {"usageDate": "2026-03-11T00:00:00Z", "quantity": "6"},
                {"usageDate": "2026-03-01", "quantity": 9, "product": "EPP"},
            ]},
        ]
    }  # fmt: skip
    assert usage_in(answer, "edr") == [UsageRow(date(2026, 3, 1), 5, 0), UsageRow(date(2026, 3, 11), 6, 1)]


def test_seats_that_are_not_allocated_are_nobody_s() -> None:
    answer: JsonValue = {"endpoint": {"unallocated": [{"productName": "EPDR", "quantity": 900}], "allocated": []}}
    assert allocations_in(answer, "acc-1", NOW) == ()


@pytest.mark.parametrize(
    "answer", [[], {"items": []}, {"items": [], "totalItems": 0, "pageControls": {"limit": 25}}, {"endpoint": {}},
               {"endpoint": {"assets": []}, "users": []}],
)  # fmt: skip
def test_an_account_that_holds_nothing_is_said_by_an_empty_list(answer: Any) -> None:
    assert allocations_in(answer, "acc-1", NOW) == ()


@pytest.mark.parametrize(
    "answer", [None, {}, "", 7, {"message": "soon"}, {"summary": {"headline": "well"}}, ["words"],
               {"items": [], "assets": [{"colour": "red"}]}],
)  # fmt: skip
def test_an_answer_that_says_nothing_is_not_an_account_that_holds_nothing(answer: Any) -> None:
    with pytest.raises(Unreadable):
        allocations_in(answer, "acc-1", NOW)


def allocated(quantity: int, expiry: str | None) -> JsonValue:
    return {"productName": "EPDR", "allocationType": "Term", "quantity": quantity, "licenseExpiryDate": expiry}


@pytest.mark.parametrize(
    ("rows", "quantity"),
    [
        ([(5, "2026-01-31"), (7, "2027-01-31")], 7),
        ([(7, None), (5, "2026-01-31")], 7),
        ([(5, "2025-01-31"), (6, "2026-01-31"), (4, "2024-01-31")], 6),
    ],
)
def test_a_renewed_allocation_is_the_one_that_runs(rows: list[tuple[int, str | None]], quantity: int) -> None:
    (found,) = allocations_in([allocated(*row) for row in rows], "acc-1", NOW)
    assert found.quantity == quantity


def test_an_end_beyond_the_years_of_events_is_none_and_the_allocation_runs() -> None:
    (found,) = allocations_in([allocated(5, "2999-12-31")], "acc-1", NOW)
    assert (found.entitlement(NOW).term_end, found.entitlement(NOW).status) == (None, "active")
    (near,) = allocations_in([allocated(5, "2198-12-31")], "acc-1", NOW)
    assert near.entitlement(NOW).term_end == datetime(2198, 12, 31, 23, 59, 59, tzinfo=UTC)


def test_two_allocations_that_run_and_cannot_be_told_apart_are_unreadable() -> None:
    with pytest.raises(Unreadable, match="'EPDR' is allocated 2 times"):
        allocations_in([allocated(5, "2027-01-31"), allocated(5, None)], "acc-1", NOW)


def test_names_with_slashes_and_foreign_letters_make_ids_that_are_not_mistaken() -> None:
    (one,) = allocations_in([{"productName": "A/B", "allocationType": "C", "quantity": 1}], "acc-1", NOW)
    (other,) = allocations_in([{"productName": "A", "allocationType": "B/C", "quantity": 1}], "acc-1", NOW)
    (foreign,) = allocations_in([{"productName": "ÉPP", "quantity": 1}], "acc-1", NOW)
    assert one.vendor_subscription_id == "acc-1/a%2fb/c"
    assert other.vendor_subscription_id == "acc-1/a/b%2fc"
    assert foreign.vendor_subscription_id == foreign.vendor_subscription_id.lower()
