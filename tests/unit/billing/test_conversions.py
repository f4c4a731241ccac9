"""Conversions: what is kept, what is stated anew, when cycles begin anew, and what is refused (conventions, R1.1)."""

from __future__ import annotations

import pytest

from tests.billing_dsl import (
    Event,
    Given,
    Json,
    Outcome,
    auto_renew,
    canceled,
    converted,
    customer_changed,
    given,
    of,
    ordered,
    price,
    seats,
    suspended,
)

ON_THE_DAY: Json = {"id": "cus-1", "partial_charges_invoicing": "order_day"}
TEN_PERCENT_OFF: Json = {"rule": "discount", "rate": "0.10"}
TWENTY_PERCENT_OFF: Json = {"rule": "discount", "rate": "0.20"}
BY_MARGIN: Json = {"rule": "margin", "rate": "0.5"}


def edited(on: str, applies: str, **fields: object) -> Event:
    return of("PricingEdited", on, applies=applies, **fields)


def amounts(result: Outcome) -> list[str]:
    """The net of every document, credit notes with a minus."""
    return [("-" if one["kind"] == "credit_note" else "") + one["net"] for one in result.json]


def row(*events: Event, documents: list[str], id: str) -> object:
    return pytest.param(given(*events), documents, id=id)


@pytest.mark.parametrize(
    ("order", "stated", "then", "kept", "changed"),
    [
        pytest.param(
            {"usage_charge_rule": "full_period"}, {"usage_charge_rule": "per_day"}, seats(3, on="2025-04-16"),
            ["20.00", "60.00", "30.00"], ["20.00", "60.00", "15.00"], id="usage_charge_rule",
        ),
        pytest.param(
            {"decrease_credit": "none"}, {"decrease_credit": "prorated"}, seats(1, on="2025-04-16"),
            ["20.00", "60.00"], ["20.00", "60.00", "-15.00"], id="decrease_credit",
        ),
        pytest.param(
            {"refund_policy": "none"}, {"refund_policy": "days"}, canceled(on="2025-04-16"),
            ["20.00", "60.00"], ["20.00", "60.00", "-30.00"], id="refund_policy",
        ),
        pytest.param(
            {"bill_while_suspended": False}, {"bill_while_suspended": True}, suspended(on="2025-04-16"),
            ["20.00", "60.00", "-30.00"], ["20.00", "60.00"], id="bill_while_suspended",
        ),
        pytest.param(
            {"nce": True}, {"nce": False}, seats(1, on="2025-04-16"),
            ["20.00", "60.00"], ["20.00", "60.00", "-15.00"], id="nce",
        ),
        pytest.param(
            {"change_window_hours": 48}, {"change_window_hours": 400}, seats(1, on="2025-04-16"),
            ["20.00", "60.00"], ["20.00", "60.00", "-15.00"], id="change_window_hours",
        ),
        pytest.param(
            {"change_window_hours": 400, "full_refund_hours": 400}, {"full_refund_hours": 24},
            seats(1, on="2025-04-16"),
            ["20.00", "60.00", "-30.00"], ["20.00", "60.00", "-15.00"], id="full_refund_hours",
        ),
        pytest.param(
            {"user_price": True}, {"user_price": False}, price("40.00", since="2025-05-01", product="suite"),
            ["20.00", "60.00", "60.00"], ["20.00", "60.00", "80.00"], id="hand-set",
        ),
        pytest.param(
            {"user_price": False}, {"user_price": True}, price("40.00", since="2025-05-01", product="suite"),
            ["20.00", "60.00", "80.00"], ["20.00", "60.00", "60.00"], id="set by hand now",
        ),
        pytest.param(
            {"pricing": TEN_PERCENT_OFF}, {"pricing": TWENTY_PERCENT_OFF}, price("1.00", since="2025-04-20"),
            ["18.00", "54.00", "54.00"], ["18.00", "48.00", "48.00"], id="pricing",
        ),
        pytest.param(
            {"pricing": BY_MARGIN, "unit_cost": "10.00"}, {"unit_cost": "20.00"}, price("1.00", since="2025-04-20"),
            ["40.00", "40.00", "40.00"], ["40.00", "80.00", "80.00"], id="unit_cost",
        ),
        pytest.param(
            {}, {"price_protection_months": 2}, price("40.00", since="2025-05-01", product="suite"),
            ["20.00", "60.00", "80.00"], ["20.00", "60.00", "60.00"], id="price_protection_months",
        ),
        pytest.param(
            {"price_protection_months": 2}, {"price_protection_months": 3},
            price("40.00", since="2025-05-01", product="suite"),
            ["20.00", "60.00", "80.00"], ["20.00", "60.00", "80.00"], id="protection keeps its end",
        ),
        pytest.param(
            {}, {"auto_renew": False}, price("1.00", since="2025-04-20"),
            ["20.00", "60.00", "60.00"], ["20.00", "60.00"], id="auto_renew",
        ),
    ],
)  # fmt: skip
def test_it_keeps_what_it_does_not_state(
    order: Json, stated: Json, then: Event, kept: list[str], changed: list[str]
) -> None:
    # Two seats, March at 10.00; April, of 30 days, at 30.00: a seat has 15.00 in its second half.
    bought = ordered(2, on="2025-03-01", customer=ON_THE_DAY, **order)
    until = "2025-05-01" if then["type"] == "PriceChanged" else "2025-04-30"

    assert amounts(given(bought, converted("2025-04-01"), then).until(until)) == kept
    assert amounts(given(bought, converted("2025-04-01", **stated), then).until(until)) == changed


@pytest.mark.parametrize(
    ("order", "restarts"),
    [
        pytest.param({"on": "2025-01-10", "trial_until": "2025-02-01"}, {}, id="in a trial"),
        pytest.param({"on": "2025-01-01"}, {}, id="cycles stay"),
        pytest.param({"on": "2025-01-01"}, {"anchor": "order_day"}, id="cycles begin anew"),
    ],
)
@pytest.mark.parametrize(
    ("stated", "paid"),
    [
        pytest.param({}, ["27.00", "36.00"], id="the edited rule and no protection"),
        pytest.param({"pricing": TWENTY_PERCENT_OFF}, ["24.00", "32.00"], id="another rule"),
        pytest.param({"price_protection_months": 2}, ["27.00", "27.00"], id="protected from the conversion on"),
    ],
)
def test_an_edited_rule_stays_and_protection_may_begin(
    order: Json, restarts: Json, stated: Json, paid: list[str]
) -> None:
    edit = edited("2025-01-12", "current_cycle", pricing=TEN_PERCENT_OFF)
    day = "2025-01-20" if "trial_until" in order else "2025-02-01"
    dearer = price("40.00", since="2025-03-01", known="2025-02-10", product="suite")

    result = given(ordered(1, **order), edit, converted(day, **restarts, **stated), dearer).until("2025-03-01")

    assert amounts(result)[-2:] == paid


@pytest.mark.parametrize(
    ("history", "documents"),
    [
        row(
            ordered(1, on="2019-01-15", free_period=True, customer={"id": "cus-1", "billing_day": 10}),
            converted("2019-01-25", "120.00", term="P1Y", anchor="order_day"),
            documents=["2019-02-10 120.00", "2020-02-10 120.00"], id="free period, then a year from its end",
        ),
        row(
            # 10 February to 31 December: 325 of the 365 days of the natural term, 120.00 x 325/365 = 106.85.
            ordered(1, on="2019-01-15", free_period=True, customer={"id": "cus-1", "billing_day": 10}),
            converted("2019-01-25", "120.00", term="P1Y", custom_end="2019-12-31"),
            documents=["2019-02-10 106.85", "2020-01-01 120.00"], id="free period, then up to a custom end",
        ),
        row(
            ordered(1, on="2019-02-10", free_period=True, customer={"id": "cus-1", "billing_day": 31}),
            converted("2019-02-15", "120.00", term="P1Y", billing_frequency="P1M"),
            documents=["2019-02-28 10.00", "2019-03-31 10.00", "2019-04-30 10.00"],
            id="free period, on the last of the month",
        ),
        row(
            # What is left of March, 16/31 of 10.00, comes back; 16 of 365 days of 240.00 are 10.52.
            ordered(1, on="2019-01-15", free_period=True, customer=ON_THE_DAY),
            converted("2019-03-16", "240.00", term="P1Y"),
            documents=["2019-02-01 10.00", "2019-03-01 10.00", "2019-03-16 -5.16", "2019-03-16 10.52",
                       "2019-04-01 240.00"],
            id="after a free period the stub is paid",
        ),
        row(
            ordered(1, on="2019-01-15", free_period=True, customer=ON_THE_DAY),
            converted("2019-03-16", "240.00", term="P1Y", anchor="order_day"),
            documents=["2019-02-01 10.00", "2019-03-01 10.00", "2019-03-16 -5.16", "2019-03-16 240.00",
                       "2020-03-16 240.00"],
            id="after a free period on the day itself",
        ),
        row(
            # 17/31 of 10.00 are 5.48, of which 10/31, 3.23, are kept.
            ordered(1, on="2019-01-15", customer=ON_THE_DAY),
            converted("2019-01-25", "240.00", term="P1Y", anchor="order_day"),
            documents=["2019-01-15 5.48", "2019-01-25 -2.25", "2019-01-25 240.00"],
            id="a stub that is paid is not free",
        ),
        row(
            # From 25 January to the end of the year 341 of 365 days: 341.00. It renews on 1 January.
            ordered(1, "365.00", on="2025-01-10", trial_until="2025-01-25", term="P1Y"),
            converted("2025-01-15", "365.00", custom_end="2025-12-31"),
            documents=["2025-01-25 341.00", "2026-01-01 365.00"], id="in a trial, up to a custom end",
        ),
        row(
            # One year from 1 March less a day, 365 days, of which 306 up to the end of the year: 306.00 at 365.00.
            ordered(1, "31.00", on="2025-02-01"),
            converted("2025-03-01", "365.00", term="P1Y", custom_end="2025-12-31"),
            documents=["2025-02-01 31.00", "2025-03-01 306.00", "2026-01-01 365.00"], id="up to a custom end",
        ),
        row(
            # 12.30 is 23 % above 120.00 / 12 (R5.8). Ten of thirty days are kept, 4.10.
            ordered(1, "120.00", on="2025-06-01", nce=True, term="P1Y"),
            auto_renew(False, on="2025-07-01"), converted("2026-06-11"),
            documents=["2025-06-01 120.00", "2026-06-01 12.30", "2026-06-11 -8.20", "2026-06-11 30.00"],
            id="extended month by month, it begins anew",
        ),
        row(
            # The stub of 14 days is part of the cycle of 31 days from 15 March: 30.00 x 14/31 = 13.55.
            ordered(1, on="2025-03-01", anchor="order_day", customer={**ON_THE_DAY, "billing_day": 15}),
            converted("2025-04-01", anchor="billing_day"),
            documents=["2025-03-01 10.00", "2025-04-01 13.55", "2025-04-15 30.00"], id="to the customer's billing day",
        ),
        row(
            ordered(1, on="2025-03-16", anchor="order_day", customer=ON_THE_DAY),
            converted("2025-04-16", anchor="billing_day"),
            documents=["2025-03-16 10.00", "2025-04-16 15.00", "2025-05-01 30.00"],
            id="to the first, where none is known",
        ),
        row(
            ordered(1, on="2025-03-01", customer={**ON_THE_DAY, "billing_day": 1}),
            customer_changed(on="2025-03-10", billing_day=15), converted("2025-03-16", "30.00", term="P2M"),
            # 15 days are kept of 10.00, 4.84. The stub of 30 days is part of the 59 days of 15 February to 14 April.
            documents=["2025-03-01 10.00", "2025-03-16 -5.16", "2025-03-16 15.25", "2025-04-15 30.00",
                       "2025-06-15 30.00"],
            id="to the billing day that is known by now",
        ),
        row(
            ordered(1, on="2025-03-16", nce=True, anchor="billing_day", customer=ON_THE_DAY),
            converted("2025-04-01"),
            documents=["2025-03-16 5.16", "2025-04-01 30.00", "2025-05-01 30.00"],
            id="nce on the billing day stays there",
        ),
        row(
            # 15 days of April are kept, 5.00. From then on new commerce begins on the day itself.
            ordered(1, on="2025-04-01", customer=ON_THE_DAY), converted("2025-04-16", nce=True),
            documents=["2025-04-01 10.00", "2025-04-16 -5.00", "2025-04-16 30.00", "2025-05-16 30.00"],
            id="becomes nce",
        ),
        row(
            ordered(1, on="2025-04-01", customer=ON_THE_DAY), converted("2025-05-01", charge="arrears"),
            documents=["2025-04-01 10.00", "2025-06-01 30.00"], id="to arrears",
        ),
        row(
            ordered(1, "120.00", on="2025-04-01", term="P1Y", customer=ON_THE_DAY), converted("2026-04-01", term="P1M"),
            documents=["2025-04-01 120.00", "2026-04-01 30.00", "2026-05-01 30.00"],
            id="a shorter term where it is not nce",
        ),
        row(
            ordered(1, on="2025-04-01"), price("40.00", since="2025-04-10", product="suite"), converted("2025-05-01"),
            documents=["2025-04-01 10.00", "2025-05-01 30.00", "2025-06-01 30.00"],
            id="the list of before does not reach it",
        ),
    ],
)  # fmt: skip
def test_when_cycles_stay_and_when_they_begin_anew(history: Given, documents: list[str]) -> None:
    """Each ends with the run of the last document that it expects."""
    result = history.until(documents[-1].split()[0])

    assert [f"{one['date']} {amount}" for one, amount in zip(result.json, amounts(result), strict=True)] == documents
