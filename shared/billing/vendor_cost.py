"""What Microsoft charges us for licences, as its cost lines say: truncated where our sell prices round (rule R0.9).

A change of seats inside a cycle comes as a pair of lines, the rest of the old quantity refunded and the rest of the new
one charged. Sell and cost therefore differ by cents, and are reconciled with a tolerance (rule R7.7).
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Context, Decimal

from shared.billing.money import EXACT, minor_unit

_TRUNCATED = Context(prec=50, rounding=ROUND_DOWN)


def cost_of_change(
    unit: Decimal, days: int, of_days: int, before: int, after: int, currency: str
) -> tuple[Decimal, Decimal]:
    """The refund (negative) and the charge of a change of seats with `days` of a cycle of `of_days` left (rule R0.9).

    `unit` is the cost of one licence and one cycle; source: Microsoft's table of invoice lines of October 2023 (MS23).
    """
    return -_cost(unit, days, of_days, before, currency), _cost(unit, days, of_days, after, currency)


def cost_of_cancellation(unit: Decimal, days: int, of_days: int, quantity: int, currency: str) -> Decimal:
    """The refund (negative) of a cancellation: here the unit is truncated first, as that table shows (rule R0.9)."""
    return -_cost(unit, days, of_days, 1, currency) * quantity


def _cost(unit: Decimal, days: int, of_days: int, quantity: int, currency: str) -> Decimal:
    exact = EXACT.divide(EXACT.multiply(unit, days * quantity), of_days)
    return exact.quantize(minor_unit(currency), context=_TRUNCATED)
