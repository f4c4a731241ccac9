"""What issued documents hold: lines, and the seats that each layer was billed for so far (rule R0.10, "the one idea").

Lines are never edited. What a layer holds is found by replaying its lines in the order of their revisions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from shared.billing.money import minor_unit
from shared.billing.why import Why

LineKind = Literal["free", "prorated", "installment", "recurring", "credit"]


class LayerKey(NamedTuple):
    """What charges and issued lines are compared by; `kind` and end are not part of it (rule R0.10)."""

    subscription: str
    cycle_start: date
    layer_start: date


@dataclass(frozen=True, slots=True)
class IssuedLine:
    """One line of an issued document. [start, end) half-open; `net` positive on credits too, which `returns` a line.

    `unit_price` is the full unit of the cycle, `unit_net` the prorated one: `days` of `of_days` (rule R0.2).
    `document` is the number (in a simulation: the position) of its document, `revision` counts lines of one key from 1.
    `why` explains it; it has no part in what is reckoned.
    """

    key: LayerKey
    revision: int
    document: str
    kind: LineKind
    customer: str
    recipient: str
    product: str
    currency: str
    start: date
    end: date
    quantity: int
    unit_price: Decimal
    unit_net: Decimal
    net: Decimal
    tax_rate: Decimal
    days: int
    of_days: int
    returns: str | None = None
    reverse_charge: bool = False
    why: Why | None = field(default=None, compare=False)

    @property
    def line(self) -> str:
        """The line's id: subscription/cycle start/layer start, from the second on with its revision."""
        return line_id(self.key, self.revision)


def line_id(key: LayerKey, revision: int) -> str:
    """The id people and `explain` use for a line."""
    name = f"{key.subscription}/{key.cycle_start}/{key.layer_start}"
    return name if revision == 1 else f"{name}/{revision}"


@dataclass(frozen=True, slots=True)
class Piece:
    """What is left of one issued line for some seats: its days up to `end`, and their net."""

    line: IssuedLine
    start: date
    end: date
    net: Decimal


@dataclass(frozen=True, slots=True)
class Holding:
    """Seats that were billed alike: one piece, and one more for each time a credit was charged back."""

    seats: int
    pieces: tuple[Piece, ...]

    @property
    def end(self) -> date:
        return self.pieces[-1].end

    @property
    def net(self) -> Decimal:
        return sum((piece.net for piece in self.pieces), Decimal(0))

    @property
    def shown(self) -> Decimal:
        """The full unit price that these seats were billed at."""
        return self.pieces[0].line.unit_price

    @property
    def of_days(self) -> int:
        return self.pieces[0].line.of_days

    @property
    def product(self) -> str:
        return self.pieces[0].line.product

    def split(self, seats: int) -> tuple[Holding, Holding]:
        """The first `seats` and the rest; nets add up, the first part rounded down to minor units."""
        first, second = [], []
        for piece in self.pieces:
            net = share_of_net(piece.net, seats, self.seats, piece.line.currency)
            first.append(replace(piece, net=net))
            second.append(replace(piece, net=piece.net - net))
        return Holding(seats, tuple(first)), Holding(self.seats - seats, tuple(second))


def share_of_net(net: Decimal, seats: int, of: int, currency: str) -> Decimal:
    """The net of some of the seats of a line, in whole minor units; exact where lines are unit x seats (R0.2)."""
    unit = minor_unit(currency)
    return (int(net / unit) * seats // of) * unit


def holdings(lines: Iterable[IssuedLine]) -> list[Holding]:
    """What the lines of one layer hold, the longest end first; lines in any order."""
    held: list[Holding] = []
    for line in sorted(lines, key=lambda line: line.revision):
        if line.returns is not None:
            held = _credited(held, line)
        elif line.start > line.key.layer_start:
            held = _charged_back(held, line)
        else:
            held.append(Holding(line.quantity, (Piece(line, line.start, line.end, line.net),)))
        held.sort(key=lambda h: h.end, reverse=True)
    return held


def _credited(held: list[Holding], credit: IssuedLine) -> list[Holding]:
    """Take a credit off the seats whose last piece is the line it returns.

    What seats that go altogether were credited beside their even share, a cent or so, stays with the line's others.
    """
    left, unspent, odd, result = credit.quantity, credit.net, Decimal(0), []
    for holding in held:
        last = holding.pieces[-1]
        if left and last.line.line == credit.returns and last.end == credit.end and last.start <= credit.start:
            taken = min(left, holding.seats)
            kept, touched = (None, holding) if taken == holding.seats else holding.split(holding.seats - taken)
            if kept is not None:
                result.append(kept)
            part = share_of_net(unspent, taken, left, credit.currency)
            if credit.start <= last.start:
                odd += touched.pieces[-1].net - part
            result += _shortened(touched, credit.start, part)
            left, unspent = left - taken, unspent - part
        else:
            result.append(holding)
    return _with_odd_cents(result, credit.returns, odd) if odd else result


def _with_odd_cents(held: list[Holding], line: str | None, odd: Decimal) -> list[Holding]:
    """Put cents on the first piece of a line that is left."""
    for place, holding in enumerate(held):
        pieces = list(holding.pieces)
        for index, piece in enumerate(pieces):
            if piece.line.line == line:
                pieces[index] = replace(piece, net=piece.net + odd)
                return [*held[:place], replace(holding, pieces=tuple(pieces)), *held[place + 1 :]]
    return held


def _shortened(holding: Holding, end: date, credited: Decimal) -> list[Holding]:
    last = holding.pieces[-1]
    if end <= last.start:
        return [Holding(holding.seats, holding.pieces[:-1])] if len(holding.pieces) > 1 else []
    shorter = Piece(last.line, last.start, end, last.net - credited)
    return [Holding(holding.seats, (*holding.pieces[:-1], shorter))]


def _charged_back(held: list[Holding], line: IssuedLine) -> list[Holding]:
    """Give seats that end where a line begins that line as one more piece."""
    left, unspent, result = line.quantity, line.net, []
    for holding in held:
        if left and holding.end == line.start:
            taken = min(left, holding.seats)
            touched, kept = (holding, None) if taken == holding.seats else holding.split(taken)
            if kept is not None:
                result.append(kept)
            part = share_of_net(unspent, taken, left, line.currency)
            result.append(Holding(taken, (*touched.pieces, Piece(line, line.start, line.end, part))))
            left, unspent = left - taken, unspent - part
        else:
            result.append(holding)
    return result


def by_layer(lines: Iterable[IssuedLine]) -> Mapping[LayerKey, list[IssuedLine]]:
    """Issued lines grouped by the layer they belong to."""
    grouped: dict[LayerKey, list[IssuedLine]] = {}
    for line in lines:
        grouped.setdefault(line.key, []).append(line)
    return grouped
