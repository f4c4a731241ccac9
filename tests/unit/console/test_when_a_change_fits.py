"""A change that does not fit a subscription gives its own reason, and what to do."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.console.formats import every
from services.console.subscriptions.changes import CHANGES
from services.console.subscriptions.queries import One

_BY_PATH = {change.path: change for change in CHANGES}


def one(**more: Any) -> One:
    """A subscription of three years that is paid monthly, and renews."""
    given: dict[str, Any] = {
        "subscription": "sub-1", "status": "active", "quantity": 1, "unit_price": Decimal(1), "currency": "EUR",
        "billing_plan": "Monthly", "term_end": date(2028, 12, 31), "customer": "cus-1", "customer_name": None,
        "reseller": None, "product": "office", "product_name": None, "is_trial": False, "reseller_name": None,
        "term_start": date(2026, 1, 1), "protected_until": None, "vendor": "microsoft", "auto_renew": True,
        "scheduled": None, "vendor_subscription": None, "parent": None, "offered_plans": ["P1M", "P1Y"],
    }  # fmt: skip
    return One(**given | more)


@pytest.mark.parametrize(
    ("path", "more", "reason"),
    [
        ("licences", {"status": "canceled"}, "it is canceled, so nothing of it can be changed any more"),
        ("convert", {"term_end": date(2026, 1, 1)}, "it was charged once and has no term"),
        ("price-protection", {"vendor": "panda"}, "only Microsoft's is"),
        ("price-protection", {"term_end": date(2026, 1, 1)}, "it was charged once and has no term"),
        ("billing-plan/annual", {"term_end": date(2026, 12, 31)}, "only a term of three years"),
        ("billing-plan/annual", {"billing_plan": "-"}, "only what is billed monthly or annually"),
        ("billing-plan/annual", {"offered_plans": ["P1M"]}, "is not offered with the billing plan Annual"),
        ("billing-plan/monthly", {}, "its billing plan is Monthly already"),
        ("next-term", {"auto_renew": False}, "turn the renewal on first"),
        ("next-term/discard", {}, "nothing is scheduled for its next term"),
        ("auto-renew/off", {"auto_renew": False}, "its renewal is off already"),
        ("auto-renew/on", {}, "it renews by itself already"),
        ("suspend", {"status": "suspended"}, "it is suspended already"),
        ("reactivate", {}, "it is active; only what is suspended is reactivated"),
    ],
)
def test_what_does_not_fit_says_why(path: str, more: dict[str, Any], reason: str) -> None:
    assert reason in (_BY_PATH[path].why_not(one(**more)) or "")


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("licences", {}),
        ("convert", {}),
        ("price-protection", {"vendor": None}),
        ("billing-plan/annual", {}),
        ("billing-plan/monthly", {"billing_plan": "Annual"}),
        ("next-term", {}),
        ("auto-renew/off", {}),
        ("auto-renew/on", {"auto_renew": False}),
        ("suspend", {}),
        ("reactivate", {"status": "suspended"}),
    ],
)
def test_what_fits_says_nothing(path: str, more: dict[str, Any]) -> None:
    assert _BY_PATH[path].why_not(one(**more)) is None


@pytest.mark.parametrize(("code", "words"), [("P1M", "month"), ("P3M", "3 months"), ("P1Y", "year")])
def test_how_often_it_is_billed_is_said_in_words(code: str, words: str) -> None:
    assert every(code) == words


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({}, "It is converted to Office in months."),
        ({"term": "P3Y", "billing_frequency": "P1M"},
         "It is converted to Office in months, 3 years, billed every month."),
        ({"when": "later", "on": "2026-12-01"}, "It is converted to Office in months, from 2026-12-01 on."),
    ],
)  # fmt: skip
def test_a_conversion_is_said_in_names_and_words(typed: dict[str, str], sentence: str) -> None:
    form = {"product": "office", "term": "", "billing_frequency": "", "when": "now", "on": ""}
    assert _BY_PATH["convert"].done(form | typed, {}, {"office": "Office in months"}) == sentence
