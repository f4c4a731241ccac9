"""What Microsoft billed in a row, recomputed in Microsoft's way: always cut, never rounded half-up (rule R0.9).

A change of seats is two rows with one ReferenceId, both from its day to the end of the cycle: a *wipe* of the old
quantity (negative price) and a *recreate* of the new one. Microsoft's own examples cut in two ways, here rules A and B;
which one holds for a row is not said, so both are tried. Everything is exact up to the one cut: a third of a price
times three is whole again.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from services.reconciliation.cost.cycles import cycle_days, cycle_months
from services.reconciliation.cost.rows import BilledRow
from shared.billing.money import minor_unit

# A: seats times unit, then cut. B: the unit cut, then times seats (the licence formula of Microsoft's page). usage:
# what it says of metered products, cut before and after the exchange.
Rule = Literal["A", "B", "usage"]


Basis = Literal["whole", "prorated", "printed"]


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A row recomputed: `exact` before anything is cut, in the currency it is billed in, with the sign of the row.

    `by` are the rules that give exactly what was billed. `basis` says what the unit was taken from: the unit price,
    whole or prorated by days, or (after a discount, a credit, a coterminous end) the effective price as it is printed.
    """

    exact: Fraction
    basis: Basis
    by: tuple[Rule, ...]

    def within(self, subtotal: Decimal, tolerance: Decimal, quantity: Decimal) -> bool:
        """Whether cutting may be all there is between this and a subtotal: `tolerance` for each seat at most."""
        return abs(Fraction(subtotal) - self.exact) <= Fraction(tolerance) * abs(Fraction(quantity))


def prorated(unit_price: Decimal, days: int, of_days: int) -> Fraction:
    """The exact price of one licence for some days of a cycle; `of_days` as `cycles.cycle_days` gives them."""
    return Fraction(unit_price) * days / of_days


def rule_a(unit: Fraction, quantity: Decimal, rate: Decimal, currency: str) -> Decimal:
    """Unit x quantity x exchange rate, cut once: how Microsoft bills seats that are added or removed."""
    return cut(unit * Fraction(quantity) * Fraction(rate), currency)


def rule_b(unit: Fraction, quantity: Decimal, rate: Decimal, currency: str) -> Decimal:
    """Unit x exchange rate, cut, times quantity: cancellations, conversions, and the licence formula of the page."""
    return cut(Fraction(cut(unit * Fraction(rate), currency)) * Fraction(quantity), currency)


def rule_of_usage(unit: Fraction, quantity: Decimal, rate: Decimal, currency: str) -> Decimal:
    """Unit x quantity, cut, times exchange rate, cut again: the page's formula for what is metered."""
    return cut(Fraction(cut(unit * Fraction(quantity), currency)) * Fraction(rate), currency)


def cut(amount: Fraction, currency: str) -> Decimal:
    """Towards zero, to the minor digits of a currency."""
    unit = minor_unit(currency)
    return Decimal(int(amount / Fraction(unit))) * unit


def recompute(row: BilledRow) -> Recomputed:
    """What a row should come to by its own prices, days and seats, and which rules give what it was billed at."""
    basis, unit = _unit(row)
    arguments = (unit, row.quantity, row.exchange_rate, row.currency)
    found: dict[Rule, Decimal] = {"A": rule_a(*arguments), "B": rule_b(*arguments), "usage": rule_of_usage(*arguments)}
    rules = tuple(rule for rule, amount in found.items() if amount == row.subtotal)
    # Metering differs from rule A by the exchange alone: it is named only where nothing else explains the row.
    by = tuple(rule for rule in rules if rule != "usage") or rules
    return Recomputed(unit * Fraction(row.quantity) * Fraction(row.exchange_rate), basis, by)


def has_two_digits(price: Decimal) -> bool:
    """Whether a price is printed in hundredths, and what lies behind them is not known."""
    return _digits(price) == 2


def _unit(row: BilledRow) -> tuple[Basis, Fraction]:
    """The exact effective unit price, with its sign: one that is printed was cut or rounded before, or not at all."""
    printed = Fraction(row.effective_unit_price)
    sign = -1 if printed < 0 else 1
    of_days = cycle_days(row.end, cycle_months(row.billing_frequency, row.days))
    exact: list[tuple[Basis, Fraction]] = [
        ("whole", Fraction(row.unit_price)),
        ("prorated", prorated(row.unit_price, row.days, of_days)),
    ]
    basis, unit = min(exact, key=lambda one: abs(one[1] - abs(printed)))
    if abs(unit - abs(printed)) < Fraction(1, 10 ** _digits(row.effective_unit_price)):
        return basis, sign * unit
    return "printed", printed


def _digits(price: Decimal) -> int:
    """Digits behind the point, at least the two of hundredths."""
    exponent = price.normalize().as_tuple().exponent
    return max(2, -exponent) if isinstance(exponent, int) else 2
