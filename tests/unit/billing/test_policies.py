"""How a subscription is billed on a day: its own terms first, then what is set, then the default (rules R1.9, R4.3).

The customer is in New York: what holds from 02:00 UTC of 1 February on holds on 31 January there.
"""

from __future__ import annotations

from datetime import date

import pytest

from shared.billing.account import account_on
from shared.billing.masterdata import MasterData
from shared.billing.policies import Policies
from tests.billing_dsl import Event, Json, customer_changed, event, facts_from, ordered, setting

THE_DAY_BEFORE, JANUARY, FEBRUARY = date(2025, 1, 30), date(2025, 1, 31), date(2025, 2, 1)
IN_THE_EVENING = "2025-02-01T02:00:00Z"  # 21:00 of 31 January in New York
CUSTOMER = {"id": "cus-1", "time_zone": "America/New_York"}


def order(**item: object) -> Event:
    fields: Json = {"customer": CUSTOMER, **item}
    return ordered(1, on="2025-01-10", **fields)


def policies(*events: Event, known: date = JANUARY) -> Policies:
    facts = facts_from(events)
    account = account_on("sub-1", [fact for fact in facts if fact.scope == "subscription"], MasterData.of(facts), known)
    assert account is not None
    return account.policies


def now(key: str, value: object, scope: str = "organisation", of: str | None = None) -> Event:
    """A setting that holds from 21:00 of 31 January on."""
    return setting(key, value, since=IN_THE_EVENING, scope=scope, of=of)


def converted(on: str, **terms: object) -> Event:
    data = {"subscription_id": "sub-1", "customer_id": "cus-1", "product": {"id": "suite"}, "unit_price": "20.00"}
    return event("SubscriptionConverted", on, {**data, **terms})


NOTHING_BACK = [now("refund_policy", "none"), now("decrease_credit", "none"), now("usage_charge_rule", "full_period")]


@pytest.mark.parametrize(
    ("events", "refund", "decrease", "added"),
    [
        pytest.param([order()], "days", "prorated", "per_day", id="the defaults"),
        pytest.param([order(nce=True)], "hours", "prorated", "per_day", id="those of new commerce"),
        pytest.param([order(), *NOTHING_BACK], "none", "none", "full_period", id="what is set"),
        pytest.param(
            [order(refund_policy="hours", decrease_credit="prorated", usage_charge_rule="per_day"), *NOTHING_BACK],
            "hours", "prorated", "per_day", id="what was ordered",
        ),
        pytest.param(
            [order(), now("refund_policy", "none", "product", "office"),
             now("decrease_credit", "none", "product", "another")],
            "none", "prorated", "per_day", id="what is set for the product",
        ),
        pytest.param(
            [order(nce=True), now("refund_policy", "none", "product", "another")], "hours", "prorated", "per_day",
            id="new commerce where another product is set",
        ),
        pytest.param(
            [order(charge="arrears", refund_policy="none", decrease_credit="none")], "days", "prorated", "per_day",
            id="arrears were not paid yet",
        ),
        pytest.param(
            [order(), converted("2025-01-20", refund_policy="none"),
             now("decrease_credit", "none", "product", "suite")],
            "none", "none", "per_day", id="after a conversion",
        ),
    ],
)  # fmt: skip
def test_what_endings_and_changes_of_seats_give_and_cost(
    events: list[Event], refund: str, decrease: str, added: str
) -> None:
    of = policies(*events)

    assert of.refund_policy(JANUARY) == refund
    assert of.decrease_credit(JANUARY) == decrease
    assert of.usage_charge_rule(JANUARY) == added


def test_on_a_day_before_a_conversion_the_terms_before_it_hold() -> None:
    of = policies(order(refund_policy="hours"), converted("2025-01-20", refund_policy="none"))

    assert [of.refund_policy(date(2025, 1, day)) for day in (10, 19, 20, 31)] == ["hours", "hours", "none", "none"]
    assert of.bills_while_suspended(date(2025, 1, 20)) is True


@pytest.mark.parametrize(
    ("events", "billed"),
    [
        ([order()], True),
        ([order(nce=True), now("bill_while_suspended", False)], True),
        ([order(nce=True, bill_while_suspended=False)], False),
        ([order(), now("bill_while_suspended", False)], False),
        ([order(bill_while_suspended=True), now("bill_while_suspended", False)], True),
    ],
)
def test_whether_a_suspension_is_billed(events: list[Event], billed: bool) -> None:
    assert policies(*events).bills_while_suspended(JANUARY) is billed


def test_settings_of_the_organisation_hold_from_the_customer_s_day_on_and_once_they_are_known() -> None:
    said = [now("price_change_applies", "immediately"), now("rounding", "line")]
    of = policies(order(), *said)

    assert (of.applies_at_once(THE_DAY_BEFORE), of.applies_at_once(JANUARY)) == (False, True)
    assert (of.rounding(THE_DAY_BEFORE), of.rounding(JANUARY)) == ("unit", "line")
    assert of.splits_cycles()
    assert not policies(order()).splits_cycles()
    assert policies(order(), *said, known=THE_DAY_BEFORE).rounding(JANUARY) == "unit"


RESOLD = {"reseller": {"id": "res-1"}}


@pytest.mark.parametrize(
    ("scope", "of", "added", "invoiced"),
    [
        pytest.param("organisation", None, "full_period", "order_day", id="for all"),
        pytest.param("product", "office", "full_period", "billing_day", id="for the product"),
        pytest.param("reseller", "res-1", "per_day", "order_day", id="for the reseller"),
        pytest.param("customer", "cus-1", "per_day", "order_day", id="for the customer"),
    ],
)
def test_asked_of_one_day_after_the_other_a_setting_holds_from_its_day_on(
    scope: str, of: str | None, added: str, invoiced: str
) -> None:
    usage = [now("usage_charge_rule", "full_period", scope, of)] if scope in ("organisation", "product") else []
    partial = [] if scope == "product" else [now("partial_charges_invoicing", "order_day", scope, of)]
    asked = policies(order(**RESOLD), *usage, *partial, known=FEBRUARY)

    found = [(asked.usage_charge_rule(day), asked.partial_invoicing(day)) for day in (THE_DAY_BEFORE, JANUARY)]

    assert found == [("per_day", "billing_day"), (added, invoiced)]
    assert asked.usage_charge_rule(THE_DAY_BEFORE) == "per_day"


LATE_FIELD = customer_changed(on="2025-02-01", partial_charges_invoicing="order_day", separate_invoices=True)
FIELD = customer_changed(on=IN_THE_EVENING, partial_charges_invoicing="order_day", separate_invoices=True)


@pytest.mark.parametrize(
    ("events", "invoiced", "separate"),
    [
        pytest.param([order()], "billing_day", False, id="the defaults"),
        pytest.param([order(nce=True)], "order_day", False, id="new commerce on the day"),
        pytest.param([order(), FIELD], "order_day", True, id="as the customer has it"),
        pytest.param([order(), LATE_FIELD], "billing_day", False, id="not yet"),
        pytest.param(
            [order(), now("partial_charges_invoicing", "order_day", "customer", "cus-1"),
             now("separate_invoices", True, "customer", "cus-1")], "order_day", True, id="as it is set for it",
        ),
        pytest.param(
            [order(reseller="alice"), now("partial_charges_invoicing", "order_day", "reseller", "alice"),
             now("separate_invoices", True, "reseller", "alice")], "order_day", True, id="as set for its reseller",
        ),
        pytest.param(
            [order(customer={**CUSTOMER, "partial_charges_invoicing": "order_day", "separate_invoices": True}),
             now("partial_charges_invoicing", "billing_day", "customer", "cus-1"),
             now("separate_invoices", False, "customer", "cus-1")], "billing_day", False, id="set after it was stated",
        ),
    ],
)  # fmt: skip
def test_when_partial_charges_are_invoiced_and_whether_separately(
    events: list[Event], invoiced: str, separate: bool
) -> None:
    of = policies(*events)

    assert of.partial_invoicing(JANUARY) == invoiced
    assert of.separate_invoices() is separate


def test_what_a_customer_stated_holds_until_the_day_from_which_it_is_set_otherwise() -> None:
    stated = {**CUSTOMER, "partial_charges_invoicing": "order_day"}
    of = policies(
        order(customer=stated), now("partial_charges_invoicing", "billing_day", "customer", "cus-1"), known=FEBRUARY
    )

    assert of.partial_invoicing(THE_DAY_BEFORE) == "order_day"
    assert of.partial_invoicing(JANUARY) == "billing_day"


@pytest.mark.parametrize(
    ("item", "due"),
    [
        ({}, FEBRUARY),
        ({"customer": {**CUSTOMER, "billing_day": 15}}, date(2025, 2, 15)),
        ({"customer": {**CUSTOMER, "billing_day": 31}}, JANUARY),
        ({"customer": {**CUSTOMER, "partial_charges_invoicing": "order_day"}}, JANUARY),
        ({"charge": "one_time"}, JANUARY),
    ],
)
def test_when_a_partial_charge_of_31_january_falls_due(item: Json, due: date) -> None:
    assert policies(order(**item)).partial_due(JANUARY) == due


@pytest.mark.parametrize(
    ("item", "charges"),
    [({"charge": "one_time"}, 1), ({}, 1), ({"term": "P1Y"}, 1), ({"term": "P1Y", "billing_frequency": "P1M"}, 12)],
)
def test_in_how_many_charges_a_term_is_billed(item: Json, charges: int) -> None:
    terms = policies(order(**item)).layout.phase_at(JANUARY).terms

    assert (terms.installments, terms.has_installments) == (charges, charges > 1)
