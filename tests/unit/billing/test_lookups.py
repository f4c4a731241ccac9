"""Where more than one place may say it: the list price, the extra charge, protection (rules R0.12, R2.1, R2.10e, R4.6).

The customer is in Tokyo, nine hours before UTC: its 1 February begins at 15:00 UTC of 31 January.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from shared.billing.capture import terms_of
from shared.billing.facts import PriceChanged, ProductDefined
from shared.billing.lookups import ListPrice, extra_charge_rate, list_price_of, protection_months, specificity
from shared.billing.masterdata import MasterData
from shared.billing.moments import zone
from shared.billing.terms import Terms
from tests.billing_dsl import (
    Event,
    Json,
    customer_changed,
    facts_from,
    ordered,
    price,
    product_defined,
    reseller_changed,
    setting,
)

TOKYO = zone("Asia/Tokyo")
JANUARY, FEBRUARY = date(2025, 1, 31), date(2025, 2, 1)
AT_THREE_IN_THE_MORNING = "2025-01-31T18:00:00Z"  # of 1 February in Tokyo

MONTHLY = {"currency": "EUR", "term": "P1M", "billing_frequency": "P1M"}
YEARLY = {"currency": "EUR", "term": "P1Y", "billing_frequency": "P1Y"}


def listed(*prices: Json, on: str = "2025-01-10") -> Event:
    return product_defined(on=on, prices=list(prices))


def terms(term: str = "P1M") -> Terms:
    customer = {"id": "cus-1", "time_zone": "Asia/Tokyo"}
    (order, *_) = facts_from([ordered(1, on="2025-01-01", customer=customer, term=term)])
    return terms_of(order, MasterData())


def found(events: Sequence[Event], of: Terms, known: date = FEBRUARY) -> ListPrice | None:
    return list_price_of(MasterData.of(facts_from(events)), of, FEBRUARY, known)


def shown(price: ListPrice | None) -> str | None:
    """As "id: amount since day"; with "cost amount" where there is one."""
    if price is None:
        return None
    cost = "" if price.cost is None else f" cost {price.cost}"
    return f"{price.by.id}: {price.sell}{cost} since {price.since}"


@pytest.mark.parametrize(
    ("events", "says"),
    [
        pytest.param([], None, id="nothing is listed"),
        pytest.param([listed({**YEARLY, "unit_price": "100.00"})], None, id="another term is listed"),
        pytest.param([listed({**MONTHLY, "unit_price": "9.00"})], "1: 9.00 since 2025-01-10", id="by its definition"),
        pytest.param(
            [listed({**MONTHLY, "unit_price": "9.00", "unit_cost": "5.00"}, on=AT_THREE_IN_THE_MORNING)],
            "1: 9.00 cost 5.00 since 2025-02-01", id="by its definition on the customer's day",
        ),
        pytest.param([price("11.00", since="2025-01-20")], "1: 11.00 since 2025-01-20", id="by an announcement"),
        pytest.param([price("11.00", since="2025-01-20", currency="USD")], None, id="in another currency"),
        pytest.param([price("11.00", since="2025-01-20", product="suite")], None, id="of another product"),
        pytest.param(
            [price("11.00", since="2025-02-01", known=AT_THREE_IN_THE_MORNING)], "1: 11.00 since 2025-02-01",
            id="effective and known on the day",
        ),
        pytest.param([price("11.00", since="2025-02-02", known="2025-01-01")], None, id="effective only afterwards"),
        pytest.param([price("11.00", since="2025-01-01", known="2025-02-02")], None, id="known only afterwards"),
        pytest.param(
            [listed({**MONTHLY, "unit_price": "9.00"}), price("11.00", since="2025-01-10")],
            "2: 11.00 since 2025-01-10", id="an announcement from the day of the definition on",
        ),
        pytest.param(
            [listed({**MONTHLY, "unit_price": "9.00"}), price("11.00", since="2025-01-09")],
            "1: 9.00 since 2025-01-10", id="an announcement before the definition",
        ),
        pytest.param(
            [price("12.00", since="2025-01-20"), price("11.00", since="2025-01-10", known="2025-01-25")],
            "1: 12.00 since 2025-01-20", id="the latest effective date",
        ),
        pytest.param(
            [price("11.00", since="2025-01-10", term="P1M", billing_frequency="P1M"),
             price("12.00", since="2025-01-20")],
            "2: 12.00 since 2025-01-20", id="before the more specific",
        ),
        pytest.param(
            [price("11.00", since="2025-01-20", term="P1M"), price("12.00", since="2025-01-20")],
            "1: 11.00 since 2025-01-20", id="on a tie the one that names the term",
        ),
        pytest.param(
            [price("11.00", since="2025-01-20", billing_frequency="P1M"), price("12.00", since="2025-01-20")],
            "1: 11.00 since 2025-01-20", id="or the billing frequency",
        ),
        pytest.param(
            [price("11.00", since="2025-01-20", term="P1M", billing_frequency="P1M"),
             price("12.00", since="2025-01-20", term="P1M")],
            "1: 11.00 since 2025-01-20", id="or both",
        ),
        pytest.param(
            [price("11.00", since="2025-02-01", known=AT_THREE_IN_THE_MORNING), price("12.00", since="2025-02-01")],
            "1: 11.00 since 2025-02-01", id="on a tie of both the one that became known last",
        ),
        pytest.param(
            [price("11.00", since="2025-01-20", term="P1Y"), price("12.00", since="2025-01-15")],
            "2: 12.00 since 2025-01-15", id="not the one of another term",
        ),
        pytest.param(
            [price("11.00", since="2025-01-20", billing_frequency="P1Y"), price("12.00", since="2025-01-15")],
            "2: 12.00 since 2025-01-15", id="not the one of another frequency",
        ),
        pytest.param(
            [listed({**MONTHLY, "unit_price": "9.00", "unit_cost": "5.00"}), price("11.00", since="2025-01-20")],
            "2: 11.00 cost 5.00 since 2025-01-20", id="the cost stays where no other is said",
        ),
        pytest.param(
            [listed({**MONTHLY, "unit_price": "9.00", "unit_cost": "5.00"}),
             price("11.00", since="2025-01-20", unit_cost="6.00"), price("12.00", since="2025-01-25")],
            "3: 12.00 cost 6.00 since 2025-01-25", id="the cost that was said last",
        ),
    ],
)  # fmt: skip
def test_the_list_price_of_a_monthly_licence(events: list[Event], says: str | None) -> None:
    assert shown(found(events, terms())) == says


def test_what_the_list_says_of_a_yearly_term_in_particular() -> None:
    events = [
        price("9.00", since="2025-01-05"),
        price("11.00", since="2025-01-25"),
        price("110.00", since="2025-01-20", term="P1Y"),
        price("120.00", since="2025-01-15", term="P1Y"),
    ]
    master = MasterData.of(facts_from(events))

    assert shown(found(events, terms("P1Y"))) == "2: 11.00 since 2025-01-25"
    in_particular = list_price_of(master, terms("P1Y"), FEBRUARY, FEBRUARY, stated_term=True)
    assert shown(in_particular) == "3: 110.00 since 2025-01-20"
    assert list_price_of(master, terms(), FEBRUARY, FEBRUARY, stated_term=True) is None


def test_an_announcement_is_known_from_the_customer_s_day_on() -> None:
    announced = [price("11.00", since="2025-01-01", known=AT_THREE_IN_THE_MORNING)]

    assert found(announced, terms(), known=JANUARY) is None
    assert shown(found(announced, terms(), known=FEBRUARY)) == "1: 11.00 since 2025-01-01"


def test_a_definition_is_known_from_the_customer_s_day_on() -> None:
    definition = [listed({**MONTHLY, "unit_price": "9.00"}, on="2025-02-01")]

    assert found(definition, terms(), known=JANUARY) is None
    assert shown(found(definition, terms(), known=FEBRUARY)) == "1: 9.00 since 2025-02-01"


@pytest.mark.parametrize(
    ("fields", "closeness"),
    [
        ({}, 0),
        ({"term": "P1Y"}, 1),
        ({"billing_frequency": "P1M"}, 1),
        ({"term": "P1Y", "billing_frequency": "P1M"}, 2),
    ],
)
def test_how_closely_a_list_price_names_what_it_is_for(fields: Json, closeness: int) -> None:
    (fact,) = facts_from([price("11.00", since="2025-01-20", **fields)])

    assert isinstance(fact.body, PriceChanged)
    assert specificity(fact.body) == closeness


def test_protection_months_are_those_of_the_price_list_else_the_product_s() -> None:
    (fact,) = facts_from([
        product_defined(on="2025-01-01", price_protection_months=12, prices=[
            {**MONTHLY, "unit_price": "9.00", "price_protection_months": 0}, {**YEARLY, "unit_price": "90.00"}])
    ])  # fmt: skip
    assert isinstance(fact.body, ProductDefined)
    monthly, yearly = fact.body.prices

    assert protection_months(fact.body, monthly) == 0
    assert protection_months(fact.body, yearly) == 12
    assert protection_months(fact.body, None) == 12
    assert protection_months(None, None) is None


OWN = customer_changed(on="2025-01-02", extra_charge_rate="0.01")
OF_THE_RESELLER = reseller_changed(on="2025-01-02", extra_charge_rate="0.02")
OTHER_RESELLER = reseller_changed(on="2025-01-02", reseller="res-2", extra_charge_rate="0.09")


def rate(value: str, scope: str, of: str | None = None, *, since: str = "2025-01-02") -> Event:
    return setting("extra_charge_rate", value, since=since, scope=scope, of=of) | {"time": "2025-01-01"}


def extra_on(day: date, events: list[Event], reseller_id: str | None = "res-1") -> Decimal:
    """The extra charge on a day, for what is known an hour after the customer's 1 February began."""
    master = MasterData.of(facts_from(events))
    limit = (datetime(2025, 1, 31, 16, tzinfo=UTC),)
    profile = master.customer("cus-1", TOKYO, limit)
    return extra_charge_rate(master, profile, reseller_id, TOKYO, day, FEBRUARY, limit)


@pytest.mark.parametrize(
    ("events", "extra"),
    [
        pytest.param([], "0", id="none unless it is said"),
        pytest.param([OWN, OF_THE_RESELLER], "0.01", id="the customer's own"),
        pytest.param([OF_THE_RESELLER, OTHER_RESELLER], "0.02", id="else its reseller's"),
        pytest.param([customer_changed(on="2025-01-02", extra_charge_rate="0"), OF_THE_RESELLER], "0", id="0 is said"),
        pytest.param([rate("0.03", "customer", "cus-1"), OF_THE_RESELLER], "0.03", id="its setting first"),
        pytest.param([rate("0", "customer", "cus-1"), OF_THE_RESELLER], "0", id="0 is set"),
        pytest.param([rate("0.03", "customer", "cus-2"), OF_THE_RESELLER], "0.02", id="another customer's setting"),
        pytest.param([rate("0.04", "reseller", "res-1")], "0.04", id="the reseller's setting"),
        pytest.param([rate("0.04", "reseller", "res-2")], "0", id="another reseller's setting"),
        pytest.param([rate("0.05", "organisation")], "0.05", id="the organisation's"),
        pytest.param([rate("0.05", "organisation"), rate("0.04", "reseller", "res-1")], "0.04", id="after it"),
        pytest.param(
            [rate("0.03", "customer", "cus-1", since=AT_THREE_IN_THE_MORNING), OF_THE_RESELLER], "0.03",
            id="set on the day in Tokyo",
        ),
        pytest.param([rate("0.03", "customer", "cus-1", since="2025-02-02")], "0", id="set for tomorrow"),
        pytest.param(
            [rate("0.03", "customer", "cus-1") | {"time": "2025-01-31T15:30:00Z"}, OF_THE_RESELLER], "0.03",
            id="said on the day in Tokyo",
        ),
        pytest.param([rate("0.05", "organisation", since=AT_THREE_IN_THE_MORNING)], "0.05", id="all set on the day"),
        pytest.param(
            [reseller_changed(on="2025-02-01", extra_charge_rate="0.02")], "0.02", id="a reseller's since the morning"
        ),
        pytest.param([reseller_changed(on="2025-02-02", extra_charge_rate="0.02")], "0", id="a reseller's of tomorrow"),
    ],
)  # fmt: skip
def test_the_extra_charge_on_1_february(events: list[Event], extra: str) -> None:
    assert extra_on(FEBRUARY, events) == Decimal(extra)


@pytest.mark.parametrize(
    ("events", "extra"),
    [
        pytest.param([OWN, rate("0.03", "customer", "cus-1") | {"time": "2025-01-03"}], "0.03", id="set after its own"),
        pytest.param(
            [OF_THE_RESELLER, rate("0.04", "reseller", "res-1") | {"time": "2025-01-03"}], "0.04",
            id="set after its reseller's own",
        ),
        pytest.param([rate("0.03", "customer", "cus-1", since=AT_THREE_IN_THE_MORNING)], "0", id="set for tomorrow"),
        pytest.param([rate("0.05", "organisation", since=AT_THREE_IN_THE_MORNING)], "0", id="all set for tomorrow"),
    ],
)  # fmt: skip
def test_the_extra_charge_on_31_january(events: list[Event], extra: str) -> None:
    assert extra_on(JANUARY, events) == Decimal(extra)


def test_without_a_reseller_nobody_else_s_extra_charge_is_asked() -> None:
    assert extra_on(FEBRUARY, [OF_THE_RESELLER], reseller_id=None) == 0
