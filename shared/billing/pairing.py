"""Which seats of a layer are which of those that its lines hold (rules R0.6, R0.10).

Nobody says so: a layer knows how many seats should end when, and lines how many they hold until when. What ends alike
on both sides is settled already and stands together. Of the rest, seats whose end is not credited yet still stand with
their line, so that it is not credited for others; then the longest stand with the longest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from shared.billing.layers import Layer, Share
from shared.billing.ledger import Holding

Pair = tuple[Share | None, Holding | None]
"""What some seats should be, and what is held of as many; None where one side has no more."""


def paired(layer: Layer, held: Sequence[Holding], day: date) -> list[Pair]:
    """The seats of both sides in pairs of the same number, as the run of `day` sees them."""

    def is_kept(holding: Holding) -> bool:
        return holding.net > 0 or not layer.unit

    def ends_alike(share: Share, holding: Holding) -> bool:
        return share.end == holding.end and (share.part > 0) == is_kept(holding)

    def ends_that_day(share: Share, holding: Holding) -> bool:
        # Of seats that are kept a line may hold less than a minor unit.
        return share.end == holding.end

    pairs: list[Pair] = []
    have = sorted(held, key=lambda one: (is_kept(one), one.end, one.net / one.seats), reverse=True)
    left = _take(layer.shares, have, ends_alike, pairs)
    left = _take(left, have, ends_that_day, pairs)
    left = _take(sorted(left, key=lambda share: share.due <= day), have, lambda share, holding: True, pairs)
    return [*pairs, *((share, None) for share in left), *((None, holding) for holding in have)]


def _take(
    shares: Sequence[Share], have: list[Holding], belong: Callable[[Share, Holding], bool], pairs: list[Pair]
) -> list[Share]:
    """Take what belongs to shares off `have`, into `pairs`; the shares that find no more. All keep their order."""
    left: list[Share] = []
    for share in shares:
        wanted = share.seats
        for holding in [one for one in have if belong(share, one)]:
            if not wanted:
                break
            place, seats = have.index(holding), min(wanted, holding.seats)
            taken, rest = (holding, None) if holding.seats == seats else holding.split(seats)
            have[place : place + 1] = [] if rest is None else [rest]
            pairs.append((share._replace(seats=seats), taken))
            wanted -= seats
        if wanted:
            left.append(share._replace(seats=wanted))
    return left
