"""What a later fact brings shows in nothing before it is known: the next charge says so (rules R0.12, R2.5, R5.8)."""

from __future__ import annotations

from datetime import date

import pytest

from shared.billing.account import account_on
from shared.billing.folding import fold
from shared.billing.masterdata import MasterData
from shared.billing.state import next_charge
from tests.billing_dsl import (
    Event,
    auto_renew,
    converted,
    customer_changed,
    facts_from,
    of,
    ordered,
    price,
    product_defined,
    setting,
)

NOT_RENEWED = (ordered(1, "120.00", on="2025-06-01", term="P1Y", nce=True), auto_renew(False, on="2025-07-01"))
NO_EXTENSION = setting("est_enabled", False, since="2026-05-25")


def charged_next(events: list[Event], on: str, subscription: str = "sub-1") -> tuple[str, str] | None:
    """The day and the net of what comes next, of what is known on a day."""
    facts, day = facts_from(events), date.fromisoformat(on)
    about = [fact for fact in facts if fact.scope_id == subscription]
    account = account_on(subscription, about, MasterData.of(facts), day)
    assert account is not None
    charge = next_charge(account, day)
    return None if charge is None else (str(charge.due), str(charge.net))


@pytest.mark.parametrize(
    ("on", "charge"),
    [
        pytest.param("2025-03-09", ("2025-04-01", "10.00"), id="not yet"),
        # 1 to 14 April are 14 of the 31 days from 15 March; 1 to 19 April 19 of those from the 20th.
        pytest.param("2025-03-10", ("2025-04-01", "4.52"), id="once"),
        pytest.param("2025-03-12", ("2025-04-01", "6.13"), id="twice"),
    ],
)
def test_a_billing_day_that_moves(on: str, charge: tuple[str, str]) -> None:
    moves = [customer_changed(on="2025-03-10", billing_day=15), customer_changed(on="2025-03-12", billing_day=20)]

    assert charged_next([ordered(1, on="2025-03-01"), *moves], on) == charge


@pytest.mark.parametrize(
    ("on", "charge"),
    [
        # 120.00 / 12 x 1.23
        pytest.param("2026-05-24", ("2026-06-01", "12.30"), id="not yet"),
        pytest.param("2026-05-25", None, id="known"),
    ],
)
def test_extended_service_that_is_turned_off(on: str, charge: tuple[str, str] | None) -> None:
    assert charged_next([*NOT_RENEWED, NO_EXTENSION], on) == charge


@pytest.mark.parametrize(
    ("on", "charge"),
    [
        pytest.param("2026-05-24", ("2026-06-01", "3.00"), id="not yet"),
        pytest.param("2026-05-25", None, id="known"),
    ],
)
def test_the_end_of_what_it_is_an_add_on_of(on: str, charge: tuple[str, str] | None) -> None:
    add_on = ordered(1, "3.00", on="2025-06-01", sub="sub-2", parent_subscription_id="sub-1")

    assert charged_next([*NOT_RENEWED, add_on, NO_EXTENSION], on, "sub-2") == charge


@pytest.mark.parametrize(
    ("on", "charge"),
    [
        # The year costs 240.00 from 1 July: up to then it is 91 of 365 days of 120.00.
        pytest.param("2025-03-19", ("2025-04-01", "29.92"), id="not yet"),
        pytest.param("2025-03-20", ("2025-04-01", "120.00"), id="known"),
    ],
)
def test_the_price_protection_of_another_next_term(on: str, charge: tuple[str, str]) -> None:
    events = [
        setting("price_change_applies", "immediately", since="2025-01-01"),
        ordered(1, on="2025-03-01"),
        price("120.00", since="2025-03-02", term="P1Y"),
        price("240.00", since="2025-07-01", known="2025-03-03", term="P1Y"),
        of("NextTermScheduled", "2025-03-05", term="P1Y"),
        product_defined(on="2025-03-20", price_protection_months=12),
    ]

    assert charged_next(events, on) == charge


@pytest.mark.parametrize(
    ("known", "rate"),
    [
        pytest.param("2026-02-15", "0.05", id="before it is known"),
        pytest.param("2026-02-20", "0.10", id="on the day"),
        pytest.param("2026-04-01", "0.10", id="after it"),
        pytest.param(None, "0.10", id="with all that has arrived"),
    ],
)
def test_a_conversion_has_the_extra_charge_that_its_renewal_is_known_to_bring(known: str | None, rate: str) -> None:
    # given a term that renews on 1 March, and a conversion in it that was told before
    facts = facts_from([
        ordered(1, "120.00", on="2025-03-01", term="P1Y", billing_frequency="P1M",
                customer={"id": "cus-1", "extra_charge_rate": "0.05"}),
        converted("2026-02-10", "240.00", effective_at="2026-03-20"),
        customer_changed(on="2026-02-20", extra_charge_rate="0.10"),
    ])  # fmt: skip
    own = [fact for fact in facts if fact.scope == "subscription"]

    timeline = fold("sub-1", own, MasterData.of(facts), None if known is None else date.fromisoformat(known))

    assert timeline is not None
    assert str(timeline.phases[-1].terms.extra_charge_rate) == rate
