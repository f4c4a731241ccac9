"""Reading the data: what is taken, what is refused and how the refusal is worded."""

import copy
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from shared.events.envelope import event_of
from shared.events.errors import UnknownVersion, Unreadable
from shared.events.models.catalog import PriceChanged
from shared.events.models.orders import OrderExecuted
from shared.events.models.subscriptions import LicensesChanged, SubscriptionImported
from shared.events.reading import addressed, data_of, read, read_from_record
from shared.events.values import Moment
from tests.unit.events.records import LICENSES, ORDER, JsonObject, binary, envelope, structured

PRICE: JsonObject = {
    "product_id": "o365-business",
    "currency": "EUR",
    "unit_price": "11.00",
    "effective_from": "2026-06-01",
}


def order(**changes: object) -> JsonObject:
    """The contract's example with fields set by their path: `items__0__quantity=0`; `...` takes one away."""
    whole = copy.deepcopy(ORDER)
    for path, value in changes.items():
        place, *steps = [int(step) if step.isdigit() else step for step in path.split("__")][::-1]
        part: Any = whole
        for step in reversed(steps):
            part = part[step]
        if value is ...:
            del part[place]
        else:
            part[place] = value
    return whole


def model_of(event_type: str, data: object) -> Any:
    return read_from_record(*binary(envelope(event_type, data))).model


def refusal_of(event_type: str, data: object) -> str:
    with pytest.raises(Unreadable) as refusal:
        model_of(event_type, data)
    assert "pydantic" not in refusal.value.reason
    assert "\n" not in refusal.value.reason
    return refusal.value.reason


def test_the_contracts_example_is_read() -> None:
    model = model_of("OrderExecuted", ORDER)

    assert isinstance(model, OrderExecuted)
    assert model.customer.billing_day == 1
    assert model.items[0].unit_price == Decimal("10.00")
    assert model.items[0].term == 1
    assert model.effective_at is None


def test_three_events_are_enough_and_their_shortest_form_is_read() -> None:
    shortest = {
        "order_id": "o",
        "currency": "EUR",
        "customer": {"id": "c"},
        "items": [{"subscription_id": "s", "product": {"id": "p"}, "quantity": 1, "unit_price": 10}],
    }

    assert model_of("OrderExecuted", shortest)
    assert model_of("LicensesChanged", LICENSES)
    assert model_of("PriceChanged", PRICE)


def test_unknown_fields_are_ignored_wherever_they_stand() -> None:
    data = order(items__0__colour="blue", customer__loyalty={"points": 1.5}, unheard_of=[1.25])

    assert model_of("OrderExecuted", data) == model_of("OrderExecuted", ORDER)


def test_null_is_an_absent_field() -> None:
    assert model_of("LicensesChanged", LICENSES | {"billing": None, "effective_at": None}) == model_of(
        "LicensesChanged", LICENSES
    )


@pytest.mark.parametrize(("written", "months"), [("P1M", 1), ("P12M", 12), ("P1Y", 12), ("P3Y", 36), ("P100Y", 1200)])
def test_durations_are_months(written: object, months: int) -> None:
    assert model_of("OrderExecuted", order(items__0__term=written)).items[0].term == months


@pytest.mark.parametrize(("written", "day"), [(1, 1), (31, 31), ("last", 31)])
def test_billing_days(written: object, day: int) -> None:
    assert model_of("OrderExecuted", order(customer__billing_day=written)).customer.billing_day == day


@pytest.mark.parametrize("pricing", [{"rule": "margin", "rate": "0.5"}, [{"rule": "margin", "rate": "0.5"}]])
def test_pricing_is_one_rule_or_a_list(pricing: object) -> None:
    (rule,) = model_of("OrderExecuted", order(items__0__pricing=pricing)).items[0].pricing

    assert (rule.rule, rule.rate) == ("margin", Decimal("0.5"))


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-01-15", date(2026, 1, 15)),
        ("2026-01-15T00:00:00Z", datetime(2026, 1, 15, tzinfo=UTC)),
        ("2026-01-15T01:30:00+02:00", datetime(2026, 1, 14, 23, 30, tzinfo=UTC)),
        ("2026-01-15t10:00:00z", datetime(2026, 1, 15, 10, tzinfo=UTC)),
    ],
)
def test_effective_at_is_a_date_or_an_instant(written: object, moment: Moment) -> None:
    assert model_of("LicensesChanged", LICENSES | {"effective_at": written}).effective_at == moment


@pytest.mark.parametrize(
    ("event_type", "data", "sentence"),
    [
        ("LicensesChanged", LICENSES | {"quantity": -1}, "data.quantity: got -1; give a whole number of 0 or more"),
        ("LicensesChanged", LICENSES | {"quantity": 8.0}, "data.quantity: got 8.0; give a whole number, as 8"),
        ("LicensesChanged", LICENSES | {"quantity": 8.5}, "data.quantity: got 8.5; give a whole number"),
        ("LicensesChanged", LICENSES | {"quantity": 1e30}, "got 1e+30; give a whole number of fewer digits"),
        ("LicensesChanged", LICENSES | {"quantity": True}, "data.quantity: got true; give a whole number"),
        ("LicensesChanged", LICENSES | {"quantity": "8"}, 'data.quantity: got "8"; give a whole number'),
        ("LicensesChanged", LICENSES | {"quantity": 10**10}, "give a whole number of at most 1000000000"),
        ("LicensesChanged", {"subscription_id": "s", "quantity": 1}, "data.customer_id: is missing; add it"),
        ("LicensesChanged", LICENSES | {"subscription_id": 5}, "data.subscription_id: got 5; give a text in quotes"),
        ("LicensesChanged", LICENSES | {"subscription_id": ""}, "data.subscription_id: is empty; give a text"),
        ("LicensesChanged", LICENSES | {"reason": "a\0b"}, "give a text without control characters"),
        (
            "LicensesChanged",
            LICENSES | {"effective_at": "2026-02-30"},
            'data.effective_at: got "2026-02-30"; there is no such date; give one of the calendar',
        ),
        ("LicensesChanged", LICENSES | {"effective_at": 20260115}, "data.effective_at: got 20260115; give a date"),
        ("LicensesChanged", LICENSES | {"keeps_next_term": "no"}, 'got "no"; give true or false'),
        ("LicensesChanged", LICENSES | {"billing": "later"}, "got \"later\"; give 'normal' or 'none'"),
        ("LicensesChanged", [1], "data: got [1]; give a JSON object"),
        ("PriceChanged", PRICE | {"unit_price": 11.5}, 'got 11.5; a JSON float is not exact; quote it: "11.5"'),
        ("PriceChanged", PRICE | {"unit_price": 1e-7}, 'got 1e-7; a JSON float is not exact; quote it: "0.0000001"'),
        ("PriceChanged", PRICE | {"unit_price": 1e30}, "unit_price: got 1e+30; give a number of at most 15 digits"),
        ("PriceChanged", PRICE | {"unit_price": "NaN"}, 'data.unit_price: got "NaN"; give a plain decimal number'),
        ("PriceChanged", PRICE | {"unit_price": "Infinity"}, "give a plain decimal number"),
        ("PriceChanged", PRICE | {"unit_price": "1e3"}, "give a plain decimal number"),
        ("PriceChanged", PRICE | {"unit_price": "1,50"}, "give a plain decimal number"),
        ("PriceChanged", PRICE | {"unit_price": "-0.01"}, "give an amount of 0 or more"),
        ("PriceChanged", PRICE | {"unit_price": 10**15}, "give a number of at most 15 digits"),
        ("PriceChanged", PRICE | {"unit_price": False}, "data.unit_price: got false; give a decimal number"),
        ("PriceChanged", PRICE | {"currency": "eur"}, "give a currency of three capital letters"),
        ("PriceChanged", PRICE | {"effective_from": "2026-06-01T00:00:00Z"}, "give a date like 2026-01-31"),
        ("PriceChanged", PRICE | {"term": "monthly"}, 'got "monthly"; give a duration in whole months or years'),
        ("PriceChanged", PRICE | {"term": 12}, "data.term: got 12; give a duration in whole months or years"),
        ("PriceChanged", PRICE | {"term": "P0M"}, "give a duration in whole months or years"),
        ("PriceChanged", PRICE | {"term": "P101Y"}, "give a duration of at most 100 years"),
        ("OrderExecuted", order(items__0__quantity=0), "data.items[0].quantity: got 0; give a whole number greater"),
        ("OrderExecuted", order(items__0__product=...), "data.items[0].product: is missing; add it"),
        ("OrderExecuted", order(items__0__product="p"), 'data.items[0].product: got "p"; give an object'),
        ("OrderExecuted", order(items=[]), "data.items: is empty; give at least one"),
        ("OrderExecuted", order(items={}), "data.items: got {}; give a list"),
        (
            "OrderExecuted",
            order(items=ORDER["items"] * 2),
            'data.items: got "sub-1"; this subscription_id stands on two items; give each its own',
        ),
        ("OrderExecuted", order(customer__billing_day=0), 'got 0; give a day from 1 to 31, or "last"'),
        ("OrderExecuted", order(customer__billing_day=True), 'give a day from 1 to 31, or "last"'),
        ("OrderExecuted", order(customer__time_zone="Mars/Base"), "give a time zone of the IANA database"),
        ("OrderExecuted", order(customer__time_zone="../../etc/passwd"), "give a time zone of the IANA database"),
        ("OrderExecuted", order(customer__time_zone="Europe"), "give a time zone of the IANA database"),
        ("OrderExecuted", order(customer__tax_rate="24%"), 'got "24%"; give a fraction: 24 % is "0.24"'),
        ("OrderExecuted", order(customer__extra_charge_rate="5.5 %"), 'give a fraction: 5.5 % is "0.055"'),
        ("OrderExecuted", order(items__0__unit_price="1.1234567890123"), "15 digits before the point and 12 after it"),
        ("OrderExecuted", order(customer__tax_rate=24), 'give a fraction from 0 to 1: 24 % is "0.24"'),
        ("OrderExecuted", order(customer__extra_charge_rate="-0.1"), "give a rate of 0 or more"),
        (
            "OrderExecuted",
            order(items__0__pricing=[{"rule": "discount", "rate": "1.5"}]),
            'data.items[0].pricing[0]: got "1.5"; give a discount from 0 to 1: 10 % is "0.10"',
        ),
        (
            "OrderExecuted",
            order(items__0__pricing={"rule": "margin", "rate": "1"}),
            'give a margin below 1: 10 % is "0.10"',
        ),
        (
            "SettingChanged",
            {"scope": "customer", "key": "k", "value": "v", "effective_from": "2026-01-01"},
            "data: the scope is customer and scope_id is missing; add the customer's id as scope_id",
        ),
        (
            "SettingChanged",
            {"scope": "organisation", "key": "k", "value": 0.5, "effective_from": "2026-01-01"},
            'data.value: got 0.5; a JSON float is not exact; quote it: "0.5"',
        ),
        ("ExchangeRateSet", {"base": "EUR", "quote": "USD", "rate": "0", "date": "2026-01-01"}, "greater than 0"),
        ("LicensesCount", LICENSES, 'type: got "LicensesCount"; no event of that name is known'),
    ],
)
def test_the_refusal_says_where_what_and_what_to_do(event_type: str, data: object, sentence: str) -> None:
    assert sentence in refusal_of(event_type, data)


def test_the_first_problem_is_told_and_the_others_are_counted() -> None:
    reason = refusal_of("OrderExecuted", order(items__0__quantity=-1, items__0__unit_price=1.5, currency="euro"))

    assert reason == (
        'data.currency: got "euro"; give a currency of three capital letters, like "EUR" (and 2 more problems)'
    )


def test_one_problem_is_one_problem() -> None:
    assert refusal_of("OrderExecuted", order(items__0__quantity=0)) == (
        "data.items[0].quantity: got 0; give a whole number greater than 0"
    )


def test_a_long_value_is_shortened_in_the_sentence() -> None:
    assert len(refusal_of("PriceChanged", PRICE | {"unit_price": "9" * 10_000})) < 200


@pytest.mark.parametrize("value", [b"", b"{", b"\xff", b'{"a": NaN}', b"[" * 5000])
def test_data_that_is_not_json_is_refused(value: bytes) -> None:
    key, _, headers = binary(envelope())

    with pytest.raises(Unreadable, match=r"data: is not JSON"):
        read_from_record(key, value, headers)


def test_an_event_of_a_newer_version_waits_and_is_not_dead() -> None:
    newer = envelope(dataschema="urn:seatledger:LicensesChanged:2", data={"unheard": "of"})

    with pytest.raises(UnknownVersion, match=r"version 2 of LicensesChanged is newer") as waiting:
        read_from_record(*binary(newer))
    assert waiting.value.event.id == "e-1"
    assert not isinstance(waiting.value, Unreadable)


def test_both_modes_give_the_same_model_and_fingerprint() -> None:
    in_binary, in_structured = (
        read_from_record(*mode(envelope("OrderExecuted", ORDER))) for mode in (binary, structured)
    )

    assert in_binary.model == in_structured.model
    assert in_binary.fingerprint == in_structured.fingerprint


def test_data_of_writes_what_was_read() -> None:
    model = model_of("OrderExecuted", ORDER)
    again = event_of(envelope("OrderExecuted"), data_of(model))

    assert read(again).model == model


def test_our_own_code_builds_models_from_values() -> None:
    price = PriceChanged(
        product_id="p", currency="EUR", unit_price=Decimal("0.0000001"), effective_from=date(2026, 1, 1), term=12
    )

    assert data_of(price) == (
        b'{"product_id":"p","currency":"EUR","unit_price":"0.0000001","term":"P1Y","effective_from":"2026-01-01"}'
    )


def test_subject_and_key_come_from_the_data_where_the_envelope_has_none() -> None:
    attributes = envelope("OrderExecuted")
    event, model, _ = read(event_of(attributes, data_of(model_of("OrderExecuted", ORDER))))

    assert addressed(event, model).subject == "ord-1"
    assert addressed(event, model).partitionkey == "cus-1"
    assert addressed(event._replace(subject="own"), model).subject == "own"


def test_an_import_is_an_item_with_its_accounts() -> None:
    data = ORDER["items"][0] | {
        "currency": "EUR",
        "customer": ORDER["customer"],
        "started_at": "2025-01-15",
        "billed_by_us_from": "2025-06-20",
    }
    model = model_of("SubscriptionImported", data)

    assert isinstance(model, SubscriptionImported)
    assert (model.started_at, model.billed_by_us_from) == (date(2025, 1, 15), date(2025, 6, 20))


def test_models_are_frozen() -> None:
    model = model_of("LicensesChanged", LICENSES)

    assert isinstance(model, LicensesChanged)
    with pytest.raises(ValueError, match="frozen"):
        model.quantity = 9  # type: ignore[misc]  # what the test is about
