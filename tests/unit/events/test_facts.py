"""What an event says about each thing it names."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from shared.billing import blocks
from shared.billing import facts as billing
from shared.billing.facts import Fact
from shared.events.fact_bodies import body_from_json, body_to_json
from shared.events.facts import facts_of
from shared.events.reading import read_from_record
from shared.events.registry import EVENT_TYPES
from tests.unit.events.records import LICENSES, ORDER, binary, envelope

NOON = datetime(2026, 1, 15, 8, tzinfo=UTC)
CONTOSO = blocks.CustomerBlock(
    id="cus-1",
    name="Contoso",
    time_zone="Europe/Athens",
    billing_day=1,
    partial_charges_invoicing="billing_day",
    separate_invoices=False,
    extra_charge_rate=Decimal(0),
    tax_rate=Decimal("0.24"),
)
AEGEAN = blocks.ResellerBlock(id="res-1", name="Aegean Cloud", tax_rate=Decimal("0.24"))


def facts(event_type: str, data: object, **attributes: object) -> tuple[Fact, ...]:
    read = read_from_record(*binary(envelope(event_type, data, **attributes)))
    return facts_of(read.event, read.model)


def test_a_licence_change_is_one_fact_about_its_subscription() -> None:
    assert facts("LicensesChanged", LICENSES | {"effective_at": "2026-01-10", "billing": "none"}, sequence=3) == (
        Fact(
            source="urn:upstream",
            id="e-1",
            type="LicensesChanged",
            time=NOON,
            scope="subscription",
            scope_id="sub-1",
            body=billing.LicensesChanged(quantity=8, effective_at=date(2026, 1, 10), billing="none"),
            sequence=3,
        ),
    )


def test_an_absent_sequence_is_0() -> None:
    assert facts("LicensesChanged", LICENSES)[0].sequence == 0


def test_an_order_speaks_of_each_item_its_customer_and_its_reseller() -> None:
    second = ORDER["items"][0] | {"subscription_id": "sub-2", "item_id": "2", "quantity": 1}
    said = facts("OrderExecuted", ORDER | {"items": [*ORDER["items"], second]})

    assert [(fact.scope, fact.scope_id, type(fact.body).__name__) for fact in said] == [
        ("subscription", "sub-1", "OrderExecuted"),
        ("subscription", "sub-2", "OrderExecuted"),
        ("customer", "cus-1", "CustomerStated"),
        ("reseller", "res-1", "ResellerStated"),
    ]
    assert said[0].body == billing.OrderExecuted(
        order_id="ord-1",
        currency="EUR",
        customer=CONTOSO,
        item=blocks.OrderItem(
            subscription_id="sub-1",
            product=blocks.ProductRef("o365-business", "Office 365 Business", "microsoft"),
            quantity=5,
            unit_price=Decimal("10.00"),
            item_id="1",
            unit_cost=Decimal("8.00"),
            terms=blocks.ItemTerms(
                term=1,
                billing_frequency=1,
                charge="upfront",
                anchor="billing_day",
                free_period=True,
                price_protection_months=12,
                usage_charge_rule="per_day",
                auto_renew=True,
            ),
        ),
        reseller=AEGEAN,
    )
    assert said[2].body == billing.CustomerStated(CONTOSO, reseller_id="res-1", moves_subscriptions=False)
    assert said[3].body == billing.ResellerStated(AEGEAN)


def test_a_reseller_that_is_only_named_is_no_fact_about_it() -> None:
    said = facts("OrderExecuted", ORDER | {"reseller": {"id": "res-1", "name": None}})

    assert [fact.scope for fact in said] == ["subscription", "customer"]


def test_an_order_without_a_reseller_says_nothing_of_one() -> None:
    order = {name: value for name, value in ORDER.items() if name != "reseller"}

    assert facts("OrderExecuted", order)[1].body == billing.CustomerStated(CONTOSO, reseller_id=None)


def test_an_import_speaks_of_its_accounts_too() -> None:
    data = ORDER["items"][0] | {
        "currency": "EUR",
        "customer": ORDER["customer"],
        "reseller": ORDER["reseller"],
        "started_at": "2025-01-15",
        "billed_by_us_from": "2025-06-20",
        "protected_price": "9.00",
    }
    said = facts("SubscriptionImported", data)

    assert [fact.scope for fact in said] == ["subscription", "customer", "reseller"]
    assert isinstance(said[0].body, billing.SubscriptionImported)
    assert said[0].body.protected_price == Decimal("9.00")
    assert said[0].body.item.terms.free_period is True


@pytest.mark.parametrize(("event_type", "moves"), [("CustomerRegistered", False), ("CustomerChanged", True)])
def test_only_a_changed_customer_moves_subscriptions(event_type: str, moves: bool) -> None:
    said = facts(event_type, ORDER["customer"] | {"reseller_id": "res-1"})

    assert [(fact.scope, fact.scope_id, fact.body) for fact in said] == [
        ("customer", "cus-1", billing.CustomerStated(CONTOSO, "res-1", moves))
    ]


def test_a_setting_lies_in_the_scope_it_names() -> None:
    data = {"scope": "customer", "scope_id": "cus-1", "key": "k", "value": True, "effective_from": "2026-01-01"}
    (fact,) = facts("SettingChanged", data)

    assert (fact.scope, fact.scope_id) == ("customer", "cus-1")
    assert fact.body == billing.SettingChanged("customer", "cus-1", "k", "true", date(2026, 1, 1))


@pytest.mark.parametrize(("value", "text"), [(False, "false"), (168, "168"), (None, "none"), ("0.05", "0.05")])
def test_a_setting_of_the_organisation_has_no_id_and_its_value_is_text(value: object, text: str) -> None:
    data = {"scope": "organisation", "scope_id": "x", "key": "k", "value": value, "effective_from": "2026-01-01"}
    (fact,) = facts("SettingChanged", data)

    assert (fact.scope, fact.scope_id) == ("organisation", "")
    assert fact.body == billing.SettingChanged("organisation", None, "k", text, date(2026, 1, 1))


def test_a_defined_product_keeps_its_prices_and_plans() -> None:
    data = {
        "id": "pro-1",
        "free_period": True,
        "prices": [{"currency": "EUR", "term": "P1Y", "billing_frequency": "P1M", "unit_price": "120.00"}],
        "billing_plans": ["P1M", "P1Y"],
    }
    (fact,) = facts("ProductDefined", data)

    assert fact.body == billing.ProductDefined(
        terms=blocks.ItemTerms(free_period=True),
        prices=(billing.ProductPrice("EUR", 12, 1, Decimal("120.00")),),
        billing_plans=(1, 12),
    )


@pytest.mark.parametrize(
    "event_type",
    [
        "OrderPlaced",
        "InvoiceIssued",
        "CreditNoteIssued",
        "VendorSnapshotTaken",
        "DiscrepancyFound",
        "DiscrepancyResolved",
    ],
)
def test_what_billing_does_not_fold_gives_no_facts(event_type: str) -> None:
    read = read_from_record(*binary(envelope("LicensesChanged", LICENSES)))

    assert facts_of(read.event._replace(type=event_type), read.model) == ()


def test_every_other_event_type_gives_facts() -> None:
    from shared.events.facts import _SAYINGS

    assert len(_SAYINGS) == len(EVENT_TYPES) - 6


def test_stored_bodies_are_compact() -> None:
    assert body_to_json(billing.LicensesChanged(quantity=8)) == b'{"quantity":8}'


def test_a_midnight_and_a_date_stay_what_they_are() -> None:
    for moment in (date(2026, 1, 15), datetime(2026, 1, 15, tzinfo=UTC)):
        body = billing.SubscriptionSuspended(effective_at=moment)
        back = body_from_json("SubscriptionSuspended", "subscription", body_to_json(body))

        assert back == body
        assert type(back.effective_at) is type(moment)


def test_a_setting_of_a_customer_is_no_statement_of_the_customer() -> None:
    body = billing.SettingChanged("customer", "cus-1", "k", "v", date(2026, 1, 1))

    assert body_from_json("SettingChanged", "customer", body_to_json(body)) == body
