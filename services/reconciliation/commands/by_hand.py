"""What an alignment that bills nothing leaves to be invoiced by hand (rule R7.6). Pure.

It is reckoned as a preview of the same change with `billing: normal` against the one with `none`: document by document
until the next regular charge on which both bill alike. It is reckoned when the alignment is decided and kept with it:
what is issued later would change the answer, and the sum that somebody invoices by hand must not move.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from shared.billing.facts import Fact
from shared.billing.money import round_money
from shared.billing.preview import Amount, Preview
from shared.commands.standing import Standing
from shared.events.models.reconciliation import NotBilled

# What the second facts of a subscription bill beside the first ones.
Compared = Callable[[Standing, Sequence[Fact], Sequence[Fact]], Preview]


class ByHand(NamedTuple):
    """What is left to be invoiced; `refused` says why the rules would not have it billed, then there is no amount."""

    amounts: tuple[NotBilled, ...]
    refused: str | None = None


def left_of(ours: Standing, unbilled: Sequence[Fact], billed: Sequence[Fact], compared: Compared) -> ByHand:
    """What the `billed` facts of a change come to beside the `unbilled` ones, which are recorded."""
    found = compared(ours, unbilled, billed)
    own = {(fact.source, fact.id) for fact in billed}
    for rejected in found.rejected:
        if (rejected.source, rejected.id) in own:
            return ByHand((), rejected.reason)
    return ByHand(
        tuple(
            _not_billed(run.day, currency, amount)
            for run in (found.now, *found.next)
            for currency, amount in run.difference.items()
            if any(amount)
        )
    )


def _not_billed(day: date, currency: str, amount: Amount) -> NotBilled:
    rounded = {name: round_money(value, currency) for name, value in amount._asdict().items()}
    return NotBilled(day=day, currency=currency, **rounded)
