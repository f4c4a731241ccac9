"""The next start of a cycle, with installments of a term: from when prices and edits count (R2.7, R2.10)."""

from __future__ import annotations

from datetime import date

import pytest

from shared.billing.account import account_on
from shared.billing.masterdata import MasterData
from shared.billing.phases import Layout
from tests.billing_dsl import Given, event, given, ordered

BY_THE_MONTH = given(ordered(1, on="2025-01-10"))
BY_INSTALLMENTS = given(ordered(1, on="2025-01-15", term="P1Y", billing_frequency="P1M"))
WITH_A_STUB = given(ordered(1, on="2025-01-10", term="P1Y", billing_frequency="P1M", anchor="billing_day"))
CONVERTED = given(
    ordered(1, on="2025-01-01"),
    event(
        "SubscriptionConverted",
        "2025-03-15",
        {
            "subscription_id": "sub-1",
            "customer_id": "cus-1",
            "product": {"id": "suite"},
            "unit_price": "120.00",
            "term": "P1Y",
            "anchor": "order_day",
        },
    ),
)
CUSTOM_END = given(ordered(1, on="2025-01-15", term="P1Y", custom_end="2025-06-30"))
INSTALLMENTS_TO_A_CUSTOM_END = given(
    ordered(1, on="2025-01-15", term="P1Y", billing_frequency="P1M", custom_end="2025-06-30")
)
TRIAL = given(ordered(1, on="2025-01-10", trial_until="2025-01-25", anchor="order_day"))
ONCE = given(ordered(1, on="2025-01-10", charge="one_time"))


def layout(history: Given) -> Layout:
    facts = history.facts()
    own = [fact for fact in facts if (fact.scope, fact.scope_id) == ("subscription", "sub-1")]
    account = account_on("sub-1", own, MasterData.of(facts), date(2025, 12, 31))
    assert account is not None
    return account.layout


@pytest.mark.parametrize(
    ("history", "day", "start"),
    [
        pytest.param(BY_THE_MONTH, "2025-01-10", "2025-01-10", id="the stub begins"),
        pytest.param(BY_THE_MONTH, "2025-01-11", "2025-02-01", id="in the stub"),
        pytest.param(BY_THE_MONTH, "2025-02-01", "2025-02-01", id="on the first billing day"),
        pytest.param(BY_THE_MONTH, "2025-02-02", "2025-03-01", id="the day after it"),
        pytest.param(BY_THE_MONTH, "2025-03-01", "2025-03-01", id="on the second billing day"),
        pytest.param(BY_INSTALLMENTS, "2025-01-15", "2025-01-15", id="the order"),
        pytest.param(BY_INSTALLMENTS, "2025-02-15", "2026-01-15", id="an installment is no start"),
        pytest.param(BY_INSTALLMENTS, "2026-01-15", "2026-01-15", id="the renewal is"),
        pytest.param(BY_INSTALLMENTS, "2026-01-16", "2027-01-15", id="the day after the renewal"),
        pytest.param(WITH_A_STUB, "2025-01-20", "2026-02-01", id="in the stub before the installments"),
        pytest.param(WITH_A_STUB, "2026-02-01", "2026-02-01", id="the renewal after a stub and a year"),
        pytest.param(CONVERTED, "2025-02-02", "2025-03-01", id="before the conversion"),
        pytest.param(CONVERTED, "2025-03-02", "2025-03-15", id="the conversion begins a term"),
        pytest.param(CONVERTED, "2025-03-16", "2026-03-15", id="after it"),
        pytest.param(CUSTOM_END, "2025-02-01", "2025-07-01", id="up to a custom end"),
        pytest.param(INSTALLMENTS_TO_A_CUSTOM_END, "2025-02-01", "2025-07-01", id="installments up to a custom end"),
        pytest.param(TRIAL, "2025-01-11", "2025-01-25", id="in a trial"),
        pytest.param(ONCE, "2025-01-10", None, id="a one-time charge has none"),
    ],
)
def test_the_first_start_on_or_after_a_day(history: Given, day: str, start: str | None) -> None:
    found = layout(history).next_start(date.fromisoformat(day))

    assert found == (None if start is None else date.fromisoformat(start))


@pytest.mark.parametrize(
    ("day", "start"), [("2025-01-31", "2025-02-01"), ("2025-02-01", "2025-03-01"), ("2025-01-10", "2025-02-01")]
)
def test_the_first_start_after_a_day(day: str, start: str) -> None:
    assert layout(BY_THE_MONTH).next_start_after(date.fromisoformat(day)) == date.fromisoformat(start)


@pytest.mark.parametrize(
    ("history", "day", "term"),
    [
        pytest.param(BY_THE_MONTH, "2025-02-10", ("2025-02-01", "2025-03-01"), id="a month"),
        pytest.param(WITH_A_STUB, "2025-01-20", ("2025-01-10", "2026-02-01"), id="a stub belongs to the first term"),
        pytest.param(WITH_A_STUB, "2025-02-01", ("2025-02-01", "2026-02-01"), id="which begins after it"),
        pytest.param(WITH_A_STUB, "2026-02-01", ("2026-02-01", "2027-02-01"), id="the second term"),
        pytest.param(CUSTOM_END, "2025-06-30", ("2025-01-15", "2025-07-01"), id="to a custom end"),
        pytest.param(
            INSTALLMENTS_TO_A_CUSTOM_END, "2025-06-30", ("2025-01-15", "2025-07-01"), id="by installments to it"
        ),
        pytest.param(TRIAL, "2025-01-24", ("2025-01-10", "2025-01-25"), id="a trial"),
        pytest.param(ONCE, "2025-03-01", ("2025-01-10", "2025-01-10"), id="none"),
    ],
)
def test_the_term_that_people_see(history: Given, day: str, term: tuple[str, str]) -> None:
    begin, end = layout(history).term_at(date.fromisoformat(day))

    assert (begin.isoformat(), end.isoformat()) == term
