"""What a conversion makes of what was said before: edited prices, protection, plans, vendor and tax (R2.10, R6.7)."""

from __future__ import annotations

import pytest

from tests.billing_dsl import (
    Event,
    Json,
    auto_renew,
    converted,
    customer_changed,
    given,
    of,
    ordered,
    price,
    product_defined,
)

ON_THE_DAY: Json = {"id": "cus-1", "partial_charges_invoicing": "order_day"}
TEN_PERCENT_OFF: Json = {"rule": "discount", "rate": "0.1"}
BY_MARGIN: Json = {"rule": "margin", "rate": "0.5"}
THREE_YEARS: Json = {"term": "P3Y", "billing_frequency": "P1M"}

NOT_FOR_PANDA = (
    "price protection can be activated for Microsoft subscriptions, and subscription sub-1 is of panda: "
    "leave it without"
)


def edited(on: str, applies: str = "next_term", **fields: object) -> Event:
    return of("PricingEdited", on, applies=applies, **fields)


@pytest.mark.parametrize(
    ("order", "edit", "conversion", "april", "may"),
    [
        pytest.param(
            {}, edited("2025-03-10", unit_price="9.00"), "2025-03-16", "30.00", "40.00", id="a waiting price falls"
        ),
        pytest.param(
            {}, edited("2025-03-10", pricing=TEN_PERCENT_OFF), "2025-03-16", "27.00", "36.00", id="a waiting rule stays"
        ),
        pytest.param(
            {}, edited("2025-03-10", pricing=TEN_PERCENT_OFF, unit_price="9.00"), "2025-03-16", "27.00", "36.00",
            id="of both the rule stays",
        ),
        pytest.param(
            {"price_protection_months": 12}, edited("2025-03-10", protected_price="8.00"), "2025-03-16",
            "30.00", "30.00", id="a waiting protected price falls",
        ),
        pytest.param(
            {"price_protection_months": 12},
            edited("2025-03-10", protected_price="8.00", pricing=TEN_PERCENT_OFF), "2025-03-16",
            "27.00", "27.00", id="a waiting protected price falls, its rule stays",
        ),
        pytest.param(
            {"price_protection_months": 12}, edited("2025-03-10", "current_cycle", protected_price="8.00"),
            "2025-03-16", "30.00", "30.00", id="a protected price that holds is replaced, the end stays",
        ),
        pytest.param(
            {}, of("PriceProtectionActivated", "2025-03-10"), "2025-03-16", "30.00", "30.00",
            id="activated protection stays",
        ),
        pytest.param(
            {}, edited("2025-03-10", "current_cycle", unit_price="9.00"), "2025-03-16", "30.00", "40.00",
            id="a price that holds is replaced",
        ),
        pytest.param(
            {"pricing": TEN_PERCENT_OFF}, edited("2025-03-10", unit_price="9.00"), "2025-04-01", "30.00", "40.00",
            id="a price set by hand from that day has ended the rule",
        ),
    ],
)  # fmt: skip
def test_what_was_edited_before(order: Json, edit: Event, conversion: str, april: str, may: str) -> None:
    # Where nothing is protected the new product's list price of 20 April reaches May.
    dearer = price("40.00", since="2025-04-20", product="suite")
    history = given(ordered(1, on="2025-03-01", **order), edit, converted(conversion), dearer)

    lines = history.until("2025-05-01").lines
    charged = {line["from"]: line["unit_price"] for line in lines if line["kind"] == "recurring"}
    assert (charged["2025-04-01"], charged["2025-05-01"]) == (april, may)


@pytest.mark.parametrize(
    ("stated", "documents"),
    [
        # 4 of 31 days are kept of 100.00, 12.90; 27 days of 200.00 are 174.19. A year of the three is 2400.00.
        pytest.param({}, ["-87.10", "174.19", "2400.00"], id="where cycles stay it waits on"),
        # Where they begin anew, in quarters of 600.00, nothing is left to change.
        pytest.param({"billing_frequency": "P3M"}, ["-87.10", "600.00", "600.00"], id="where they begin anew it falls"),
    ],
)
def test_a_change_of_plan_that_waits(stated: Json, documents: list[str]) -> None:
    history = given(
        ordered(1, "3600.00", on="2025-02-16", customer=ON_THE_DAY, **THREE_YEARS),
        of("BillingPlanChanged", "2025-03-17", billing_frequency="P1Y"),
        converted("2025-03-20", "7200.00", **stated),
    )

    nets = [("-" if one["kind"] == "credit_note" else "") + one["net"] for one in history.until("2025-06-20").json]
    assert nets == ["100.00", "100.00", *documents]


@pytest.mark.parametrize(
    ("before", "stated", "reason"),
    [
        ("panda", None, NOT_FOR_PANDA),
        ("microsoft", "panda", NOT_FOR_PANDA),
        ("panda", "microsoft", None),
        ("microsoft", None, None),
    ],
)
def test_its_vendor_is_the_stated_one_else_the_one_before(before: str, stated: str | None, reason: str | None) -> None:
    product = {"id": "suite"} if stated is None else {"id": "suite", "vendor": stated}
    history = given(
        ordered(1, on="2025-03-01", product={"id": "office", "vendor": before}),
        converted("2025-04-01", product=product),
        of("PriceProtectionActivated", "2025-04-10"),
    )

    assert [one["reason"] for one in history.until("2025-05-01").rejected] == ([] if reason is None else [reason])


def test_a_price_that_was_set_for_the_running_cycle_holds_up_to_the_conversion() -> None:
    # 15 of 31 days of 9.00 are 4.35, 16 of 30.00 are 15.48.
    edit = edited("2025-03-10", "current_cycle", unit_price="9.00")
    lines = given(ordered(1, on="2025-03-01"), edit, converted("2025-03-16")).until("2025-04-01", ["2025-04-01"]).lines

    assert [line["net"] for line in lines] == ["4.35", "15.48", "30.00"]


def test_its_type_of_product_is_that_of_the_new_one() -> None:
    taxed: Json = {"id": "cus-1", "tax_rate": "0.24"}
    exempt = given(
        ordered(1, on="2025-03-01", customer=taxed),
        converted("2025-04-01", product={"id": "training", "tax_type": "exempt"}),
    )
    no_longer = given(
        ordered(1, on="2025-03-01", customer=taxed, product={"id": "training", "tax_type": "exempt"}),
        converted("2025-04-01"),
    )

    assert exempt.until("2025-04-01").totals == ["2025-03-01 invoice 10.00 + 2.40 = 12.40", "2025-04-01 invoice 30.00"]
    assert no_longer.until("2025-04-01").totals == [
        "2025-03-01 invoice 10.00",
        "2025-04-01 invoice 30.00 + 7.20 = 37.20",
    ]


def test_its_cost_is_the_stated_one_else_the_one_before() -> None:
    history = given(ordered(1, on="2025-03-01", unit_cost="10.00"), converted("2025-04-01", pricing=BY_MARGIN))

    assert history.until("2025-04-01").totals[-1] == "2025-04-01 invoice 20.00"


def test_its_price_is_that_of_the_conversion_even_where_the_one_before_was_listed() -> None:
    year: Json = {"currency": "EUR", "term": "P1Y", "billing_frequency": "P1Y", "unit_price": "110.00"}
    history = given(
        ordered(1, on="2025-03-01"),
        product_defined(on="2025-03-02", prices=[year]),
        of("NextTermScheduled", "2025-03-03", term="P1Y"),
        converted("2026-04-01", "300.00"),
    )

    line = history.until("2026-04-01").lines[-1]
    assert (line["net"], line["why"]["price"]["origin"]) == ("300.00", "order")
    assert line["why"]["price"]["event"]["id"] == "4"


@pytest.mark.parametrize("stated", [{"user_price": True}, {"charge": "arrears"}])
def test_what_cannot_be_protected_has_no_protected_price_to_edit(stated: Json) -> None:
    history = given(
        ordered(1, on="2025-03-01"),
        converted("2025-04-01", price_protection_months=6, **stated),
        edited("2025-04-10", protected_price="9.00"),
    )

    assert history.until("2025-05-01").reason == (
        "subscription sub-1 has no price protection that protected_price could change: edit unit_price, or activate "
        "protection first"
    )


def test_the_billing_day_of_another_order_is_not_its_own() -> None:
    # 16 March is the first of its new cycles; they are on the 15th, as its own order said: 30 of 59 days, 15.25.
    history = given(
        ordered(1, on="2025-02-15", customer={**ON_THE_DAY, "billing_day": 15}),
        ordered(1, on="2025-02-20", sub="sub-2", customer={**ON_THE_DAY, "billing_day": 20}),
        converted("2025-03-16", term="P2M"),
    )

    stub = next(line for line in history.until("2025-03-16").lines if line["product"] == "suite")
    assert (stub["to"], stub["net"]) == ("2025-04-14", "15.25")


def test_renewal_that_a_conversion_turns_on_takes_back_what_ended_it() -> None:
    history = given(ordered(1, on="2025-03-01", auto_renew=False), converted("2025-03-16", "10.00", auto_renew=True))

    assert history.until("2025-05-01").subscription["status"] == "active"
    assert history.until("2025-05-01").totals[-1] == "2025-05-01 invoice 10.00"


def test_renewal_that_a_conversion_turns_off_is_not_turned_off_by_choice() -> None:
    """Rule R5.8: only AutoRenewChanged extends a term."""
    year = ordered(1, "120.00", on="2025-06-01", nce=True, term="P1Y")
    by_conversion = given(year, converted("2025-07-01", "120.00", auto_renew=False))
    by_choice = given(year, converted("2025-07-01", "120.00"), auto_renew(False, on="2025-07-02"))

    assert by_conversion.until("2026-06-01").subscription["status"] == "expired"
    assert by_choice.until("2026-06-01").subscription["status"] == "active"


def test_the_billing_day_that_moved_before_it_is_not_moved_again() -> None:
    history = given(
        ordered(1, on="2025-03-01", customer={**ON_THE_DAY, "billing_day": 1}),
        customer_changed(on="2025-03-10", billing_day=15),
        converted("2025-03-16", anchor="order_day"),
        converted("2025-04-16", anchor="billing_day"),
    )

    # 16 April to 14 May is 29 of 30 days of the cycle of 15 April.
    assert [line["net"] for line in history.until("2025-05-15").lines][-2:] == ["29.00", "30.00"]


@pytest.mark.parametrize("moved", ["2025-03-10", "2025-03-16"])
def test_cycles_that_leave_the_order_day_begin_on_the_billing_day_of_now(moved: str) -> None:
    """What the customer moved to before the cycles began anew on the order day is over (rule R0.12)."""
    history = given(
        ordered(1, on="2025-03-01", customer={**ON_THE_DAY, "billing_day": 1}),
        customer_changed(on=moved, billing_day=15),
        converted("2025-03-16", anchor="order_day"),
        ordered(1, on="2025-04-10", sub="sub-2", customer={**ON_THE_DAY, "billing_day": 20}),
        converted("2025-04-16", anchor="billing_day"),
    )

    lines = [line for line in history.until("2025-05-20").lines if line["product"] == "suite"]
    # 16 to 19 April are 4 of the 31 days from 20 March.
    assert [(line["from"], line["net"]) for line in lines][1:] == [
        ("2025-04-16", "3.87"),
        ("2025-04-20", "30.00"),
        ("2025-05-20", "30.00"),
    ]
