"""The figures of the chart of revenue lead to what is behind them: documents or subscriptions that are charged next."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from services.console.overview.drawing import revenue_charts
from services.console.overview.queries import Revenue

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


def _month(month: date, billed: str, due: str, documents: int) -> Revenue:
    return Revenue(month=month, currency="GBP", billed=Decimal(billed), due=Decimal(due), documents=documents)


def test_what_was_billed_leads_to_documents_and_what_is_due_to_subscriptions() -> None:
    found = [_month(MARCH, "80.00", "20.00", 2), _month(APRIL, "0", "50.00", 0)]
    chart = revenue_charts(found, date(2026, 3, 15))["GBP"]

    march, april = ({name: cell.href for name, cell in zip(chart.head, row, strict=True)} for row in chart.rows[-2:])
    assert march == {
        "Month": None, "Billed": "/documents?from=2026-03-01&to=2026-03-31&currency=GBP",
        "Due": "/subscriptions?due=2026-03&currency=GBP",
    }  # fmt: skip
    # Where there is no figure, there is nothing behind it.
    assert april == {"Month": None, "Billed": None, "Due": "/subscriptions?due=2026-04&currency=GBP"}
