"""Why a line is what it is: the rules that made it, its price and where that came from, the events behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from shared.billing.blocks import PricingRule
from shared.billing.facts import Ref
from shared.billing.pricing import Origin

# What made a line. Charges: held, added, resumed (after a suspension that is not billed), repriced, charged_back.
# Credits: decrease, suspended, ending, repriced; whole lines: replaced (charged anew otherwise), withdrawn.
Cause = Literal[
    "held", "added", "resumed", "repriced", "charged_back", "decrease", "suspended", "ending", "replaced", "withdrawn"
]
# What an event did for a line: brought its seats, ended them, made the terms of its cycle, set its price.
Role = Literal["seats", "end", "terms", "price"]


class Behind(NamedTuple):
    """An event behind a line, and the first thing that it did for it."""

    ref: Ref
    role: Role


@dataclass(frozen=True, slots=True)
class PriceOrigin:
    """The price of a line for one licence and one term, before rule and extra charge, and how its unit came about.

    `parts` is the number of installments that the term is billed in; 1 for one-off. Where the billing plan was changed
    inside the term the line has `months` of `of_months`. `unit_cost` is what the licence costs us for that term, where
    that is known: a markup or a margin is reckoned from it, and what a vendor billed is compared with it (rule R7.7).
    """

    origin: Origin
    unit_price: Decimal
    since: date
    protected_until: date | None
    pricing: tuple[PricingRule, ...]
    extra_charge_rate: Decimal
    parts: int
    event: Ref
    unit_cost: Decimal | None = None
    months: int | None = None
    of_months: int | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """The explanation of one line. `kept` of `of` days or hours are charged; on a credit, are kept of what was billed.

    `kept` is None where no share was reckoned: on free lines, and on lines that come back whole. `price` is None on
    free lines and on credits: those return what was billed.
    """

    rules: tuple[str, ...]
    cause: Cause
    events: tuple[Behind, ...]
    kept: int | None = None
    of: int | None = None
    measure: Literal["days", "hours"] = "days"
    price: PriceOrigin | None = None
