"""What a subscription's charts say of today, and months without a document in those of the overview."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.console.overview.drawing import revenue_charts
from services.console.overview.queries import Revenue
from services.console.subscriptions.history import as_it_stands, charts_of
from shared.web.history_models import Timeline

TODAY = date(2026, 6, 10)


def timeline(**changed: Any) -> Timeline:
    """A subscription of a year, in its seventh month; `changed` replaces what it has."""
    year = {"from": date(2026, 1, 1), "to": date(2026, 12, 31)}
    ordered = {"source": "upstream", "id": "1"}
    price = {**year, "unit_price": Decimal("10.00"), "origin": "list", "protected_until": date(2026, 8, 31),
             "free": False, "excluded": False, "product": "office", "event": ordered}  # fmt: skip
    window = {"opened": "2026-06-09T08:00:00Z", "seats": 2, "full_refund_until": "2026-06-10T08:00:00Z",
              "change_until": "2026-06-16T08:00:00Z"}  # fmt: skip
    known = {
        "subscription": "sub-1", "currency": "EUR",
        "today": TODAY, "starts": date(2026, 1, 1), "ends": None, "until": date(2026, 12, 31),
        "seats": [{"from": date(2026, 1, 1), "quantity": 5, "event": ordered}], "prices": [price],
        "free": [{"from": date(2026, 1, 1), "to": date(2026, 1, 31)}],
        "suspended": [{"from": date(2026, 3, 1), "to": date(2026, 3, 15)}],
        "cycles": [], "terms": [year], "windows": [window],
    }  # fmt: skip
    return Timeline.model_validate({**known, **changed})


@pytest.mark.parametrize(
    ("ends", "renews", "said"),
    [
        (None, True, "to the end of its term on 2026-12-31, when it renews."),
        (None, False, "to the end of its term on 2026-12-31."),
        (date(2026, 9, 30), True, "to its last day, 2026-09-30."),
        (date(2026, 5, 31), True, "Today is 2026-06-10. It ended on 2026-05-31."),
    ],
)
def test_a_sentence_says_what_has_happened_and_what_has_not(ends: date | None, renews: bool, said: str) -> None:
    assert as_it_stands(timeline(ends=ends), renews=renews).endswith(said)


def test_a_legend_names_everything_that_a_subscriptions_charts_show() -> None:
    charts = charts_of(timeline(), [], whole=False)

    assert [name for _, name in charts["seats"].band_legend] == [
        "Free period", "Suspended", "Seats can be given back",
    ]  # fmt: skip
    assert [name for _, name in charts["price"].band_legend] == ["Price protected"]
    assert {chart.strip_legend for chart in charts.values()} == {"Term"}
    assert charts["price"].title == "Price of a licence and cycle, EUR"


def test_a_month_without_a_document_has_a_dash_and_one_of_nothing_a_zero() -> None:
    found = [
        Revenue(month=date(2026, 5, 1), currency="EUR", billed=Decimal(0), due=Decimal(0), documents=2),
        Revenue(month=date(2026, 7, 1), currency="EUR", billed=Decimal(0), due=Decimal(30), documents=0),
    ]

    chart = revenue_charts(found, TODAY)["EUR"]

    cells = {row[0].words: [cell.words for cell in row[1:]] for row in chart.rows}
    assert cells["2026-05"] == ["0.00\N{NO-BREAK SPACE}EUR", "\N{EN DASH}"]
    assert cells["2026-06"] == ["\N{EN DASH}", "\N{EN DASH}"]
    assert cells["2026-07"] == ["\N{EN DASH}", "30.00\N{NO-BREAK SPACE}EUR"]
