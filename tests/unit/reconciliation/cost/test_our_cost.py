"""What a line costs us: the cost of its term, by installments and by days or hours as the line itself."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from services.reconciliation.cost.our_cost import OurLine, Priced, cost_of

TEN = Decimal("10.00")
TWENTY_DAYS = Fraction(20, 30)


def line(kind: Any = "recurring", quantity: int = 5, net: str = "100.00", priced: Priced | None = None,
         **changes: Any) -> OurLine:  # fmt: skip
    """A line of a cycle that is sold at 20.00 and costs 10.00."""
    given: dict[str, Any] = {
        "subscription": "sub-1", "line": "sub-1/2025-04-15/2025-04-15", "start": date(2025, 4, 15),
        "end": date(2025, 5, 14), "currency": "EUR", "unit_price": Decimal("20.00"),
    } | changes  # fmt: skip
    return OurLine(kind=kind, quantity=quantity, net=Decimal(net), priced=priced or Priced(TEN), **given)


@pytest.mark.parametrize(
    ("found", "cost"),
    [
        pytest.param(line(), "50.00", id="whole"),
        pytest.param(line("prorated", net="66.65", days_part=TWENTY_DAYS), "33.33", id="by days, rounded once"),
        pytest.param(line("installment", priced=Priced(Decimal("120.00"), parts=12)), "50.00", id="installment"),
        pytest.param(
            line("prorated", net="66.65", priced=Priced(Decimal("100.00"), parts=12), days_part=TWENTY_DAYS), "27.78",
            id="part of an installment",
        ),
        pytest.param(line("installment", priced=Priced(Decimal("3600.00"), 36, 10, 36)), "5000.00",
                     id="after a change of plan (R4.14)"),
        pytest.param(line("free", net="0.00", priced=Priced(None)), "0", id="free"),
        pytest.param(line("credit", 3, "34.00", days_part=Fraction(17, 30), kept=Fraction(13, 30)), "-17.00",
                     id="credit by days"),
        pytest.param(
            # EX-7: 72 of 8760 hours were used of a year that is sold at 240.00 and costs 120.00.
            line("credit", 10, "2380.30", Priced(Decimal("120.00")), unit_price=Decimal("240.00"),
                 days_part=Fraction(363, 365), kept=Fraction(72, 8760)),
            "-1190.14", id="credit by hours",
        ),
        pytest.param(
            # EX-4: of seats that were added, 408 of 480 hours.
            line("credit", 3, "34.02", Priced(TEN, charged=TWENTY_DAYS), days_part=Fraction(18, 30),
                 kept=Fraction(72, 720)),
            "-17.00", id="credit by hours of seats that were added",
        ),
        pytest.param(line("credit", 1, "20.00", days_part=Fraction(29, 30), kept=Fraction(0, 30)), "-10.00",
                     id="credit in full, though a day has passed"),
        pytest.param(line("credit", 1, "7.30", days_part=Fraction(18, 30), kept=Fraction(72, 720)), "-3.65",
                     id="what an earlier credit has left"),
        pytest.param(line("prorated", 10, "20.00", Priced(TEN, charged=Fraction(72, 720)), days_part=Fraction(4, 30)),
                     "10.00", id="charged for the hours that were used"),
        pytest.param(line("prorated", 10, "100.00", Priced(TEN, charged=Fraction(1)), days_part=Fraction(15, 30)),
                     "50.00", id="charged back by days"),
        pytest.param(line("prorated", net="0.00", days_part=TWENTY_DAYS, unit_price=Decimal("0.00")), "33.33",
                     id="given away"),
        pytest.param(line(currency="JPY", priced=Priced(Decimal("1000"), parts=12)), "417", id="no minor digits"),
    ],
)  # fmt: skip
def test_what_a_line_costs(found: OurLine, cost: str) -> None:
    assert str(cost_of(found)) == cost


def test_a_cost_that_is_not_known_is_not_nothing() -> None:
    assert cost_of(line(priced=Priced(None))) is None


def test_a_credit_gives_back_what_was_billed() -> None:
    assert (line().sell, line("credit").sell) == (Decimal("100.00"), Decimal("-100.00"))
