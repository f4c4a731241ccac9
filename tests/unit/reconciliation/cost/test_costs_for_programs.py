"""What `reconcile costs --json` has: all that people see in the table too."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from services.reconciliation.cli_costs import costs_document
from services.reconciliation.cost.comparing import CostReport
from services.reconciliation.cost.verdicts import CostComparison, Period


def test_programs_get_differences_and_margins_too() -> None:
    one = CostComparison("sub-1", "discrepancy", "EUR", Decimal("80.00"), Decimal("96.00"), Decimal("100.00"))
    report = CostReport("microsoft", Period(date(2026, 1, 1), date(2026, 1, 31)), (one,), ())

    written = costs_document(report)

    assert written["comparisons"] == [
        {
            "subscription": "sub-1", "verdict": "discrepancy", "currency": "EUR", "ours": Decimal("80.00"),
            "theirs": Decimal("96.00"), "sell": Decimal("100.00"), "transactions": (), "lines": (),
            "difference": Decimal("16.00"), "margin": Decimal("20.00"), "margin_by_vendor": Decimal("4.00"),
        }
    ]  # fmt: skip
    assert written["period"] == {"first": date(2026, 1, 1), "last": date(2026, 1, 31)}
