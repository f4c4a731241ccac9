"""What a renewal and a month after the term cost: rule, cost, list and extra charge (R4.6, R5.4, R5.8)."""

from __future__ import annotations

import pytest

from tests.billing_dsl import (
    Event,
    Json,
    auto_renew,
    customer_changed,
    customer_registered,
    given,
    of,
    ordered,
    price,
    product_defined,
    reseller_changed,
    setting,
)

BY_MARGIN: Json = {"rule": "margin", "rate": "0.5"}
TEN_PERCENT_OFF: Json = {"rule": "discount", "rate": "0.1"}
INSTALLMENTS: Json = {"term": "P1Y", "billing_frequency": "P1M"}
YEAR_ENDS = (
    ordered(1, "120.00", on="2025-06-01", nce=True, term="P1Y", unit_cost="60.00"),
    auto_renew(False, on="2025-07-01"),
)
MONTH_ENDS = (
    ordered(1, "12.00", on="2026-05-05", nce=True, unit_cost="6.00"),
    auto_renew(False, on="2026-05-10"),
)


def edited(on: str, **fields: object) -> Event:
    return of("PricingEdited", on, applies="next_term", **fields)


def monthly(**fields: object) -> Json:
    return {"currency": "EUR", "term": "P1M", "billing_frequency": "P1M", "unit_price": "10.00", **fields}


def row(*events: Event, until: str, price: str, id: str) -> object:
    return pytest.param(events, until, price, id=id)


@pytest.mark.parametrize(
    ("events", "until", "expected"),
    [
        row(*YEAR_ENDS, until="2026-06-01", price="12.30 extended 2026-06-01 by 1", id="120.00 / 12 x 1.23"),
        row(
            *YEAR_ENDS, edited("2025-07-02", pricing=BY_MARGIN),
            # 60.00 / 12 x 1.23 = 6.15 of cost, by a margin of a half 12.30.
            until="2026-06-01", price="12.30 extended 2026-06-01 by 1 cost 6.15", id="of the cost by a margin",
        ),
        row(
            *YEAR_ENDS, price("144.00", since="2026-02-01", term="P1Y"),
            until="2026-06-01", price="14.76 extended 2026-06-01 by 3", id="of the year's list price",
        ),
        row(
            *YEAR_ENDS, price("144.00", since="2026-06-05", term="P1Y"),
            until="2026-07-01", price="12.30 extended 2026-06-01 by 1", id="not of one after the year",
        ),
        row(
            *YEAR_ENDS, price("20.00", since="2026-02-01", term="P1M"),
            until="2026-06-01", price="20.60 extended 2026-02-01 by 3", id="20.00 x 1.03 where the month is listed",
        ),
        row(
            *YEAR_ENDS, price("20.00", since="2026-02-01", term="P1M"), price("30.00", since="2026-06-15", term="P1M"),
            until="2026-07-01", price="30.90 extended 2026-06-15 by 4", id="of the month as it is listed then",
        ),
        row(
            *YEAR_ENDS, price("20.00", since="2026-02-01"),
            # Said of no term it is the price of a year: 20.00 / 12 x 1.23 = 2.05.
            until="2026-06-01", price="2.05 extended 2026-06-01 by 3", id="a price of no term is none of a month",
        ),
        row(
            *YEAR_ENDS, product_defined(on="2026-02-01", prices=[monthly(unit_price="10.00", unit_cost="5.00")]),
            edited("2026-02-02", pricing=BY_MARGIN),
            # 5.00 x 1.03 = 5.15, by a margin of a half 10.30.
            until="2026-06-01", price="10.30 extended 2026-02-01 by 3 cost 5.15", id="of the month's cost by a margin",
        ),
        row(*MONTH_ENDS, until="2026-06-05", price="12.36 extended 2026-05-05 by 1", id="EX-12 12.00 x 1.03"),
        row(
            *MONTH_ENDS, edited("2026-05-11", pricing=BY_MARGIN),
            # 6.00 x 1.03 = 6.18, by a margin of a half 12.36.
            until="2026-06-05", price="12.36 extended 2026-05-05 by 1 cost 6.18", id="a month's cost by a margin",
        ),
        row(
            *MONTH_ENDS, price("20.00", since="2026-06-10"),
            until="2026-07-05", price="20.60 extended 2026-06-10 by 3", id="a month's list price of each month",
        ),
        row(
            *YEAR_ENDS, edited("2026-06-10", unit_price="9.00"),
            until="2026-07-01", price="9.00 hand_set 2026-07-01 by 3", id="set by hand",
        ),
        row(
            *YEAR_ENDS, edited("2026-06-10", pricing=TEN_PERCENT_OFF), auto_renew(True, on="2026-07-10"),
            # It renews for a year at the price of before, by the rule that was edited meanwhile.
            until="2026-08-01", price="108.00 order 2025-06-01 by 1", id="renewed after all, by the edited rule",
        ),
        row(
            *YEAR_ENDS, auto_renew(True, on="2026-06-10"),
            until="2026-07-01", price="120.00 order 2025-06-01 by 1", id="renewed after all",
        ),
    ],
)  # fmt: skip
def test_a_month_after_the_term(events: tuple[Event, ...], until: str, expected: str) -> None:
    assert given(*events).price_on(until) == expected


FIVE: Json = {"extra_charge_rate": "0.05"}
SEVEN: Json = {"extra_charge_rate": "0.07"}
PLAN = ordered(1, "120.00", on="2025-01-15", **INSTALLMENTS)
ONE_YEAR = "2026-01-15"


@pytest.mark.parametrize(
    ("events", "until", "expected"),
    [
        row(PLAN, until=ONE_YEAR, price="10.00 order 2025-01-15 by 1", id="none"),
        row(
            ordered(1, "120.00", on="2025-01-15", customer={"id": "cus-1", **FIVE}, **INSTALLMENTS),
            until="2025-01-15", price="10.50 order 2025-01-15 by 1 extra 0.05", id="captured with the order",
        ),
        row(
            ordered(1, "120.00", on="2025-01-15T08:00:00Z", customer={"id": "cus-1", **FIVE}, **INSTALLMENTS),
            customer_changed(on="2025-01-15T15:00:00Z", **SEVEN),
            until="2025-01-15", price="10.50 order 2025-01-15 by 1 extra 0.05", id="not as it became later that day",
        ),
        row(
            ordered(1, "120.00", on="2025-01-15", reseller={"id": "res-1", **FIVE}, **INSTALLMENTS),
            until="2025-01-15", price="10.50 order 2025-01-15 by 1 extra 0.05", id="of the order's reseller",
        ),
        row(
            reseller_changed(on="2025-01-01", **FIVE), customer_registered(on="2025-01-02", reseller_id="res-1"), PLAN,
            until="2025-01-15", price="10.50 order 2025-01-15 by 3 extra 0.05", id="of the customer's reseller",
        ),
        row(
            setting("extra_charge_rate", "0.05", since="2025-01-15", scope="customer", of="cus-1"), PLAN,
            until="2025-01-15", price="10.50 order 2025-01-15 by 2 extra 0.05", id="set for the customer",
        ),
        row(
            setting("extra_charge_rate", "0.05", since="2025-01-16", scope="customer", of="cus-1"), PLAN,
            until="2025-01-15", price="10.00 order 2025-01-15 by 2", id="set from the next day on",
        ),
        row(
            PLAN, customer_changed(on="2025-06-01", **FIVE),
            until="2025-12-15", price="10.00 order 2025-01-15 by 1", id="changed it does not touch the running plan",
        ),
        row(
            PLAN, customer_changed(on="2025-06-01", **FIVE),
            until=ONE_YEAR, price="10.50 order 2025-01-15 by 1 extra 0.05", id="read again at the renewal",
        ),
        row(
            PLAN, customer_changed(on="2026-01-16", **FIVE),
            until="2026-02-15", price="10.00 order 2025-01-15 by 1", id="not as it became after the renewal",
        ),
        row(
            ordered(1, "120.00", on="2025-01-15", reseller="res-1", **INSTALLMENTS),
            reseller_changed(on="2025-06-01", **FIVE),
            until=ONE_YEAR, price="10.50 order 2025-01-15 by 1 extra 0.05", id="of the reseller at the renewal",
        ),
        row(
            PLAN, reseller_changed(on="2025-05-01", reseller="res-2", **FIVE),
            customer_changed(on="2025-06-01", reseller_id="res-2"),
            until=ONE_YEAR, price="10.50 order 2025-01-15 by 1 extra 0.05", id="of the reseller that it moved to",
        ),
        row(
            PLAN, setting("extra_charge_rate", "0.05", since="2026-01-15", scope="customer", of="cus-1"),
            until=ONE_YEAR, price="10.50 order 2025-01-15 by 1 extra 0.05", id="set from the day of the renewal",
        ),
        row(
            PLAN, setting("extra_charge_rate", "0.05", since="2026-01-16", scope="customer", of="cus-1"),
            until=ONE_YEAR, price="10.00 order 2025-01-15 by 1", id="set from the day after the renewal",
        ),
        row(
            ordered(1, on="2025-01-01", customer={"id": "cus-1", **FIVE}),
            of("SubscriptionConverted", "2025-02-01", product={"id": "suite"}, unit_price="120.00", **INSTALLMENTS),
            until="2025-02-01", price="10.50 order 2025-02-01 by 2 extra 0.05", id="by a conversion, the customer's",
        ),
        row(
            ordered(1, on="2025-01-01", reseller={"id": "res-1", **FIVE}),
            of("SubscriptionConverted", "2025-02-01", product={"id": "suite"}, unit_price="120.00", **INSTALLMENTS),
            until="2025-02-01", price="10.50 order 2025-02-01 by 2 extra 0.05", id="by a conversion, the reseller's",
        ),
        row(
            ordered(1, on="2025-01-01"), reseller_changed(on="2025-01-05", reseller="res-2", **FIVE),
            customer_changed(on="2025-01-06", reseller_id="res-2"),
            of("SubscriptionConverted", "2025-02-01", product={"id": "suite"}, unit_price="120.00", **INSTALLMENTS),
            until="2025-02-01", price="10.50 order 2025-02-01 by 4 extra 0.05", id="by a conversion, anew",
        ),
        row(
            ordered(1, on="2025-01-01"),
            setting("extra_charge_rate", "0.05", since="2025-02-01", scope="customer", of="cus-1"),
            of("SubscriptionConverted", "2025-02-01", product={"id": "suite"}, unit_price="120.00", **INSTALLMENTS),
            until="2025-02-01", price="10.50 order 2025-02-01 by 3 extra 0.05", id="by a conversion, as it is set",
        ),
    ],
)  # fmt: skip
def test_the_extra_charge_of_a_plan(events: tuple[Event, ...], until: str, expected: str) -> None:
    assert given(*events).price_on(until) == expected
