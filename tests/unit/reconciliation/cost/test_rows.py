"""A row in any of the ways that Microsoft has been seen to write it is the same row; numbers stay what is written."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reconciliation.cost import values
from services.reconciliation.cost.rows import RowRefused, parsed, read_json
from services.reconciliation.cost.values import ValueRefused
from tests.infrastructure import vendor_samples
from tests.unit.reconciliation.cost.bill import billed, row


@pytest.mark.parametrize(
    ("given", "amount"),
    [("14.4", "14.4"), (820, "820"), (Decimal("0.0209496384791679"), "0.0209496384791679"), ("'22.000", "22.000"),
     ("0E-20", "0E-20"), (" -9.408 ", "-9.408"), ("' -9.408", "-9.408")],
)  # fmt: skip
def test_a_number_is_what_is_written(given: object, amount: str) -> None:
    assert str(values.number(given)) == amount


@pytest.mark.parametrize("given", ["", None, "1,234.50", "ten", "NaN", "Infinity", True, 0.1])
def test_what_is_no_number_is_refused(given: object) -> None:
    with pytest.raises(ValueRefused, match="got "):
        values.number(given)


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        ("2021-05-20T18:30:06.6045692Z", datetime(2021, 5, 20, 18, 30, 6, 604569, tzinfo=UTC)),
        ("2019-02-04T09:22:40.1767993-08:00", datetime(2019, 2, 4, 17, 22, 40, 176799, tzinfo=UTC)),
        ("2019-02-04T20:00:00-08:00", datetime(2019, 2, 5, 4, tzinfo=UTC)),
        ("2021-06-18", datetime(2021, 6, 18, tzinfo=UTC)),
        ("9/1/2020", datetime(2020, 9, 1, tzinfo=UTC)),
        ("'10/3/2020 12:00:00 AM", datetime(2020, 10, 3, tzinfo=UTC)),
        ("0001-01-01T00:00:00", None), ("1/1/0001", None), ("9999-12-31T23:59:59Z", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_a_date_in_any_of_its_ways(given: object, moment: datetime | None) -> None:
    assert values.moment(given) == moment


@pytest.mark.parametrize("given", ["31/12/2020", "2021-13-01", "soon"])
def test_what_is_no_date_is_refused(given: str) -> None:
    with pytest.raises(ValueRefused, match="month first"):
        values.moment(given)


@pytest.mark.parametrize(
    ("given", "listed"),
    [(["AddOn", "Trial"], ("AddOn", "Trial")), ('["Add-on"]', ("Add-on",)), ("Trial", ("Trial",)), ([], ()), ("", ()),
     (None, ()), ("[broken", ("[broken",))],
)  # fmt: skip
def test_a_list_also_inside_a_string(given: object, listed: tuple[str, ...]) -> None:
    assert values.listed(given) == listed


@pytest.mark.parametrize(
    "given",
    ["025D68A6-1BD6", "025d68a6-1bd6", {"referenceId": "025D68A6-1BD6", "kind": 1}, '{"Id": "025d68a6-1bd6"}'],
)
def test_a_reference_plain_or_as_an_object(given: object) -> None:
    assert values.reference(given) == "025d68a6-1bd6"


def test_a_reference_of_unknown_shape_stays_equal_to_itself() -> None:
    assert values.reference({"a": 1, "b": 2}) == values.reference('{"b": 2, "a": 1}') != values.reference({"a": 2})


def test_spelling_and_writing_of_a_row_do_not_matter() -> None:
    plain = billed()

    as_text = {name: f"'{value}" if isinstance(value, int | Decimal) else value for name, value in row().items()}
    lower = {name[0].lower() + name[1:]: value for name, value in row().items()}
    upper_ids = row(SubscriptionId=row()["SubscriptionId"].upper(), CustomerId=f"org:{row()['CustomerId']}".upper())
    american = row(ChargeStartDate="6/18/2021", ChargeEndDate="7/17/2021", SubscriptionStartDate="6/18/2021")

    assert [parsed(one) for one in (as_text, lower, upper_ids, american)] == [plain] * 4
    assert read_json(json.dumps(row(), default=str)) == plain


def test_what_is_compared_of_a_row() -> None:
    found = billed(
        OrderId="0ET2qaZvJGfF9wgSKnWzR5JLmhp10lOc1, 6dc5c039750a", AlternateId="6DC5C039750A", BillableQuantity="3.5",
        ChargeType="addQuantity", ProductQualifiers='["Add-on"]',
    )  # fmt: skip

    assert found.orders == ("0et2qazvjgff9wgsknwzr5jlmhp10loc1", "6dc5c039750a")
    assert (found.start, found.end, found.days) == (date(2021, 6, 18), date(2021, 7, 17), 30)
    assert (found.quantity, found.charge_type, found.qualifiers) == (Decimal("3.5"), "addquantity", ("Add-on",))
    assert found.product_key == "cfq7ttc0ldpb:0001"


def test_a_credit_without_days_counts_on_the_day_of_its_order() -> None:
    found = billed(ChargeType="customerCredit", ChargeStartDate="", ChargeEndDate="0001-01-01T00:00:00")
    assert (found.start, found.end) == (date(2021, 6, 18), date(2021, 6, 18))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"Subtotal": ""}, r"Subtotal: got ''; give a number"),
        ({"ChargeEndDate": "2021-06-01"}, "ChargeEndDate 2021-06-01 lies before ChargeStartDate 2021-06-18"),
        ({"Currency": ""}, "Currency: is empty"),
        ({"PricingCurrency": "USD", "PCToBCExchangeRate": ""}, "PCToBCExchangeRate is empty, and USD is billed in EUR"),
        ({"ChargeStartDate": "", "OrderDate": ""}, "a row needs the days that it is for"),
    ],
)
def test_what_cannot_be_compared_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(RowRefused, match=sentence):
        billed(**changes)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [("{", "this is no JSON"), ("[1]", "a row is an object with columns, not list"), ("{}", "are missing")],
)
def test_a_line_that_is_no_row_is_refused(line: str, sentence: str) -> None:
    with pytest.raises(RowRefused, match=sentence):
        read_json(line)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=16, min_value=-(10**9), max_value=10**9))
def test_no_digit_is_lost_on_the_way(amount: Decimal) -> None:
    line = json.dumps(row(Subtotal=0), default=str).replace('"Subtotal": 0', f'"Subtotal": {amount:f}')
    assert f"{read_json(line).subtotal:f}" == f"{amount:f}"


@vendor_samples.needed
@pytest.mark.parametrize(
    "name",
    ["pc_lineitems_billed_onetime_nce.json", "pc_lineitems_billed_onetime_nce_2.json",
     "pc_lineitems_unbilled_nce_p1.json", "pc_lineitems_unbilled_nce_p2.json", "pc_lineitems_unbilled_nce_p3.json"],
)  # fmt: skip
def test_every_row_of_the_documentation_is_read(name: str) -> None:
    items = vendor_samples.sample_json(name)["items"]
    rows = [parsed(item) for item in items]
    assert [row.subtotal for row in rows] == [Decimal(str(item["subtotal"])) for item in items]
    assert all(not row.customer_id.startswith("org:") for row in rows)


@vendor_samples.needed
def test_the_sample_values_of_the_documentation_are_read() -> None:
    (sample,) = vendor_samples.sample_csv("nce_recon_sample_values.csv")
    found = parsed(sample)
    assert (found.order_date, found.start, found.end) == (
        datetime(2020, 10, 3, tzinfo=UTC), date(2020, 9, 1), date(2020, 9, 30),
    )  # fmt: skip
    assert (found.subtotal, found.exchange_rate, found.pricing_currency, found.qualifiers) == (
        Decimal("0.01"), Decimal("0.846202666"), "USD", ("Add-on",),
    )  # fmt: skip


@vendor_samples.needed
def test_legacy_rows_say_that_they_are_no_new_commerce() -> None:
    item = vendor_samples.sample_json("pc_lineitems_billed_office_legacy_p1.json")["items"][0]
    wanted = r"ProductId, SkuId, .* are missing: this is no reconciliation of new commerce"
    with pytest.raises(RowRefused, match=wanted):
        parsed(item)
