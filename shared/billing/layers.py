"""A layer: the seats of one day of a cycle, in shares that end together, and what these cost (R0.2, R0.10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from shared.billing.facts import Ref
from shared.billing.money import round_money, share_of
from shared.billing.pricing import Quote
from shared.billing.schedule import Stretch
from shared.billing.stack import Cause

LayerKind = Literal["free", "installment", "recurring"]


class Ended(NamedTuple):
    """Why seats of a layer end early, and the event behind it; `measure` is what is kept of them, `full`: nothing."""

    cause: Cause
    by: Ref
    measure: Literal["days", "hours", "full"]


class Share(NamedTuple):
    """The seats of a layer that end together: [layer start, `end`), each at `part` / `whole` of the cycle's price.

    `part` and `whole` are days, or hours where the refund policy counts them (rule R5.2). `due` is the day from which
    an end before the cycle's is credited. `ended` is None for seats that stay to the end of the cycle.
    """

    seats: int
    end: date
    part: int
    whole: int
    due: date
    ended: Ended | None = None


class Layer(NamedTuple):
    """Seats that were added on one day of a cycle, to be charged from that day on (rule R0.10).

    `shares` are ordered by their end, the longest first, and last those of which nothing is kept. `unit` is what
    proration starts from, `shown` the full unit price of the cycle, `of_days` the denominator that lines show. `by` is
    the event that brought the seats.
    """

    start: date
    due: date
    kind: LayerKind
    product: str
    unit: Decimal
    shown: Decimal
    of_days: int
    shares: tuple[Share, ...]
    stretch: Stretch
    by: Ref
    added: bool

    @property
    def cycle_start(self) -> date:
        return self.stretch.cycle.start

    @property
    def quote(self) -> Quote:
        return self.stretch.quote

    def amount(self, share: Share, currency: str, rounding: str) -> Decimal:
        """What a share costs: unit rounded, then times seats; with `rounding: line` rounded once (rules R0.2, R0.6)."""
        if share.part == share.whole and rounding == "unit":
            return self.shown * share.seats
        prorated = share_of(self.unit, share.part, share.whole)
        if rounding == "line":
            return round_money(prorated * share.seats, currency)
        return round_money(prorated, currency) * share.seats


def joined(shares: Sequence[Share]) -> tuple[Share, ...]:
    """Shares that end alike, as one: a line is a layer, and one that ends in parts is one line a part (rule R0.10)."""
    found = [shares[0]]
    for share in shares[1:]:
        last = found[-1]
        if share == last._replace(seats=share.seats):
            found[-1] = last._replace(seats=last.seats + share.seats)
        else:
            found.append(share)
    return tuple(found)
