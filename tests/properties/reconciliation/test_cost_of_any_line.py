"""Whatever happens: where a licence costs us what it is sold for, every line costs us what it bills, credits too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given as each

from services.invoicing.simulation import simulate
from services.reconciliation.cost.our_cost import OurLine, Priced, cost_of
from shared.billing.money import minor_unit
from shared.events.shapes import document_shape
from tests.billing_dsl import facts_from
from tests.strategies.examples import examples
from tests.strategies.histories import History, histories
from tests.strategies.lives import lives

UNTIL = date(2026, 12, 31)
# What is added to a price without being part of a cost, and prices that are given without one.
_ABOVE_COST = ("pricing", "extra_charge_rate", "protected_price")


def at_cost(value: Any) -> Any:
    """The same history with every price its own cost, and nothing added to it."""
    if isinstance(value, dict):
        kept = {name: at_cost(part) for name, part in value.items() if name not in (*_ABOVE_COST, "unit_cost")}
        return kept | ({"unit_cost": kept["unit_price"]} if "unit_price" in kept else {})
    return [at_cost(part) for part in value] if isinstance(value, list | tuple) else value


def sold_at_cost(history: History) -> Any:
    return [
        at_cost(event)
        for event in history
        if event["type"] != "PricingEdited" and event["data"].get("key") != "extra_charge_rate"
    ]


def lines_of(history: Any) -> Iterator[OurLine]:
    """The lines of all documents, as the comparison reads them."""
    shapes: list[tuple[str, Any]] = []
    for document in simulate(facts_from(history), UNTIL).documents:
        shape: Any = document_shape(document)
        shapes += [(shape["currency"], line) for line in shape["lines"]]
    by_id = {line["line"]: line for _, line in shapes}
    for currency, line in shapes:
        priced = by_id[line.get("returns", line["line"])]
        price = priced["why"].get("price", {})
        yield OurLine(
            line["subscription"], line["line"], line["kind"], date.fromisoformat(line["from"]),
            date.fromisoformat(line["to"]), line["quantity"], currency, Decimal(line["unit_price"]),
            Decimal(line["net"]),
            Priced(Decimal(price["unit_cost"]) if "unit_cost" in price else None, price.get("parts", 1),
                   price.get("months"), price.get("of_months"), part(priced["why"], "kept", "of")),
            part(line, "days", "of_days"), part(line["why"], "kept", "of"),
        )  # fmt: skip


def part(said: Any, some: str, of: str) -> Fraction | None:
    return Fraction(said[some], said[of]) if some in said else None


@examples
@each(histories() | lives())
def test_a_line_at_cost_costs_what_it_bills(history: History) -> None:
    for line in lines_of(sold_at_cost(history)):
        cost = cost_of(line)
        assert cost is not None
        # Sell prices are rounded for one licence, costs once a line: less than a cent for each, and one of a split.
        assert abs(cost - line.sell) <= minor_unit(line.currency) * (line.quantity + 1), line
