"""What a line costs us: the cost of its term, by installments and by days or hours as the line itself."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.reconciliation.cost.our_cost import OurLine, Priced, cost_of

TEN = Decimal("10.00")


def line(kind: Any = "recurring", quantity: int = 5, priced: Priced | None = None, **changes: Any) -> OurLine:
    given: dict[str, Any] = {
        "subscription": "sub-1", "line": "sub-1/2025-04-15/2025-04-15", "start": date(2025, 4, 15),
        "end": date(2025, 5, 14), "currency": "EUR", "net": Decimal("80.00"),
    } | changes  # fmt: skip
    return OurLine(kind=kind, quantity=quantity, priced=priced or Priced(TEN), **given)


@pytest.mark.parametrize(
    ("found", "cost"),
    [
        pytest.param(line(), "50.00", id="whole"),
        pytest.param(line("prorated", days=20, of_days=30), "33.33", id="by days, rounded once"),
        pytest.param(line("installment", priced=Priced(Decimal("120.00"), parts=12)), "50.00", id="installment"),
        pytest.param(line("prorated", priced=Priced(Decimal("100.00"), parts=12), days=20, of_days=30), "27.78",
                     id="part of an installment"),
        pytest.param(line("installment", priced=Priced(Decimal("3600.00"), 36, months=10, of_months=36)), "5000.00",
                     id="after a change of plan (R4.14)"),
        pytest.param(line("free", priced=Priced(None)), "0", id="free"),
        pytest.param(line("credit", 3, days=17, of_days=30), "-17.00", id="credit by days"),
        pytest.param(
            # EX-7: 72 of 8760 hours were used.
            line("credit", 10, Priced(Decimal("120.00")), days=363, of_days=365, kept=72, of=8760, by_hours=True),
            "-1190.14", id="credit by hours",
        ),
        pytest.param(
            line("credit", 3, Priced(TEN, kept=20, of=30), kept=72, of=720, by_hours=True, days=17, of_days=30),
            "-17.00", id="credit by hours of seats that were added (EX-4)",
        ),
        pytest.param(line("prorated", 10, Priced(TEN, kept=72, of=720, by_hours=True), days=4, of_days=30), "10.00",
                     id="charged for the hours that were used"),
        pytest.param(
            line("prorated", 10, Priced(TEN, kept=72, of=720, by_hours=True), days=15, of_days=30, charged_back=True),
            "50.00", id="charged back by days",
        ),
        pytest.param(line(currency="JPY", priced=Priced(Decimal("1000"), parts=12)), "417", id="no minor digits"),
    ],
)  # fmt: skip
def test_what_a_line_costs(found: OurLine, cost: str) -> None:
    assert str(cost_of(found)) == cost


def test_a_cost_that_is_not_known_is_not_nothing() -> None:
    assert cost_of(line(priced=Priced(None))) is None


def test_a_credit_gives_back_what_was_billed() -> None:
    assert (line().sell, line("credit").sell) == (Decimal("80.00"), Decimal("-80.00"))
