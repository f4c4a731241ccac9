"""The difference between what a layer should cost and what issued lines hold of it (rules R0.6, R0.10, R1.9).

Seats are set side by side, the longest end first on both sides. Where the held end is later, the rest is credited once
it is due; where it is earlier, it is charged back; seats on one side only are charged or credited whole. Lines billed
at another price are returned whole and charged anew (conventions table).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from shared.billing.layers import Layer, Share
from shared.billing.ledger import Holding, IssuedLine
from shared.billing.money import ZERO
from shared.billing.pairing import paired


@dataclass(frozen=True, slots=True)
class Draft:
    """A line to be issued for a layer: a charge, or with `returns` a credit (`net` positive on both).

    `share` is what the seats should be: None where their line comes back whole.
    """

    seats: int
    start: date
    end: date
    net: Decimal
    returns: IssuedLine | None = None
    share: Share | None = None


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What amounts are reckoned with."""

    currency: str
    rounding: str


def difference(layer: Layer | None, held: Sequence[Holding], day: date, reckoning: Reckoning) -> list[Draft]:
    """The lines that bring a layer to what it should be on the run of `day`; none when nothing is due.

    `layer` is None when late facts took it away altogether. Credits come first, then charges, the longest first.
    """
    if layer is None:
        return _whole(held)
    alike = [h for h in held if _alike(h, layer)]
    aligned = _aligned(layer, alike, day, reckoning)
    if reckoning.rounding == "line":
        aligned = _exact_total(aligned or _other_hour(layer, alike, day, reckoning), layer, alike, day, reckoning)
    # A credit or a charge-back of nothing was only there to take a cent.
    aligned = [d for d in aligned if d.net or (d.returns is None and d.start == layer.start)]
    drafts = _whole([h for h in held if h not in alike]) + aligned
    return sorted(drafts, key=lambda draft: draft.returns is None)


def _alike(holding: Holding, layer: Layer) -> bool:
    """Whether seats were billed as they should be now; of what is free, no share is ever reckoned from its days."""
    if (holding.shown, holding.product) != (layer.shown, layer.product):
        return False
    return holding.of_days == layer.of_days or not layer.shown


def _whole(held: Sequence[Holding]) -> list[Draft]:
    return [
        Draft(holding.seats, piece.start, piece.end, piece.net, piece.line)
        for holding in held
        for piece in reversed(holding.pieces)
        if piece.net > 0
    ]


def _aligned(layer: Layer, held: Sequence[Holding], day: date, reckoning: Reckoning) -> list[Draft]:
    drafts: list[Draft] = []
    for share, holding in paired(layer, held, day):
        if holding is None:
            # Seats of which nothing is kept leave no line.
            if share is not None and share.part and layer.due <= day:
                net = layer.amount(share, reckoning.currency, reckoning.rounding)
                drafts.append(Draft(share.seats, layer.start, share.end, net, share=share))
        elif share is None:
            drafts += _whole([holding])
        elif share.end < holding.end and share.due <= day:
            kept = layer.amount(share, reckoning.currency, reckoning.rounding)
            drafts += _credits(holding, share, kept, open_to_cents=reckoning.rounding == "line")
        elif share.end == holding.end and reckoning.rounding == "unit":
            drafts += _reckoned_again(layer, share, holding, day, reckoning)
        elif share.end > holding.end:
            net = max(layer.amount(share, reckoning.currency, reckoning.rounding) - holding.net, ZERO)
            if net > 0 or reckoning.rounding == "line":
                drafts.append(Draft(share.seats, holding.end, share.end, net, share=share))
    return drafts


def _reckoned_again(layer: Layer, share: Share, holding: Holding, day: date, reckoning: Reckoning) -> list[Draft]:
    """Seats that end on the day they were settled for, but at another hour: returned whole and charged anew (R0.6)."""
    if share.ended is None or share.due > day:
        return []
    net = layer.amount(share, reckoning.currency, reckoning.rounding)
    if net == holding.net:
        return []
    charged = [Draft(share.seats, layer.start, share.end, net, share=share)] if share.part else []
    return _whole([holding]) + charged


def _credits(holding: Holding, share: Share, kept: Decimal, *, open_to_cents: bool) -> list[Draft]:
    """What was billed less what is kept, off the latest pieces first, never below zero (rule R0.6).

    `open_to_cents` gives one credit also where nothing comes back, for `_exact_total` to put a cent on.
    """
    left = max(holding.net - kept, ZERO)
    drafts: list[Draft] = []
    for piece in reversed(holding.pieces):
        amount = piece.net if piece.start >= share.end else min(piece.net, left)
        if amount <= 0 and (drafts or not open_to_cents):
            break
        drafts.append(Draft(holding.seats, max(piece.start, share.end), piece.end, amount, piece.line, share))
        left -= amount
    return drafts


def _other_hour(layer: Layer, held: Sequence[Holding], day: date, reckoning: Reckoning) -> list[Draft]:
    """With `rounding: line`, the same where lines hold another total than the layer should have.

    Cents of a line lie where its seats were split: of the seats that end on the day they were settled for, those whose
    line is the furthest off are the ones that ended at another hour.
    """
    if not _held_too_much(layer, held, day, reckoning):
        return []
    off: tuple[Decimal, list[Draft]] = (ZERO, [])
    for share, holding in paired(layer, held, day):
        if share is not None and holding is not None and share.end == holding.end:
            by = abs(layer.amount(share, reckoning.currency, reckoning.rounding) - holding.net)
            off = max(off, (by, _reckoned_again(layer, share, holding, day, reckoning)), key=lambda one: one[0])
    return off[1]


def _exact_total(
    drafts: list[Draft], layer: Layer, held: Sequence[Holding], day: date, reckoning: Reckoning
) -> list[Draft]:
    """With `rounding: line`, put the cents that splitting leaves over where the layer's total comes out exactly.

    A line of nine seats that loses two is then worth one rounding for seven and one for two, and a seat added to a
    billed line costs what the layer's total grows by (R0.6, settings table). Credits give way first, the largest
    first; none becomes negative or more than its line holds.
    """
    too_much = _held_too_much(layer, held, day, reckoning)
    if not drafts or too_much is None:
        return drafts
    charged = sum((draft.net for draft in drafts if draft.returns is None), ZERO)
    returned = sum((draft.net for draft in drafts if draft.returns is not None), ZERO)
    left_over = too_much + charged - returned
    exact = list(drafts)
    for place in sorted(range(len(drafts)), key=lambda i: (drafts[i].returns is None, -drafts[i].net)):
        draft = drafts[place]
        if draft.returns is None:
            net = max(draft.net - left_over, ZERO)
            left_over -= draft.net - net
        else:
            net = min(max(draft.net + left_over, ZERO), draft.net + _left_on(draft.returns, held, exact))
            left_over -= net - draft.net
        exact[place] = replace(draft, net=net)
    if left_over:
        # No line of these drafts can carry the cent: take everything back and charge the layer anew.
        amounts = [layer.amount(share, reckoning.currency, reckoning.rounding) for share in layer.shares]
        shares = zip(layer.shares, amounts, strict=True)
        return _whole(held) + [Draft(share.seats, layer.start, share.end, net, share=share) for share, net in shares]
    return exact


def _held_too_much(layer: Layer, held: Sequence[Holding], day: date, reckoning: Reckoning) -> Decimal | None:
    """What lines hold beyond what the layer should cost, negative for less; None while some of it is not due."""
    if layer.due > day or any(share.due > day for share in layer.shares):
        return None
    wanted = sum((layer.amount(share, reckoning.currency, reckoning.rounding) for share in layer.shares), ZERO)
    return sum((holding.net for holding in held), ZERO) - wanted


def _left_on(line: IssuedLine, held: Sequence[Holding], drafts: Sequence[Draft]) -> Decimal:
    """What a line still holds beyond what drafts return of it."""
    billed = sum((piece.net for holding in held for piece in holding.pieces if piece.line == line), ZERO)
    return billed - sum((draft.net for draft in drafts if draft.returns == line), ZERO)
