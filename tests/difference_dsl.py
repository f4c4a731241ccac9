"""Layers, what is held of them and what is issued for them, written by hand.

A layer of March at 10.00 a seat; days are those of March, `to` is the day after the last one, 32 the first of April.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, cast

from shared.billing.difference import Reckoning, difference
from shared.billing.facts import Ref
from shared.billing.layers import Ended, Layer, Share
from shared.billing.ledger import Holding, IssuedLine, LayerKey, Piece

KEY = LayerKey("sub-1", date(2019, 3, 1), date(2019, 3, 1))
BY = Ref("urn:test", "1")


def on(day: int) -> date:
    return date(2019, 4, 1) if day > 31 else date(2019, 3, day)


def share(seats: int, to: int = 32, *, hours: int | None = None, due: int = 1, full: bool = False) -> Share:
    """Seats that are kept up to a day; with `hours` for so many of the month's 744."""
    part, whole = ((to - 1), 31) if hours is None else (hours, 744)
    ended = None if to > 31 else Ended("decrease", BY, "days" if hours is None else "hours")
    return Share(seats, on(to), 0 if full else part, whole, on(due), ended)


def layer(*shares: Share, unit: str = "10.00", due: int = 1, product: str = "office") -> Layer:
    return Layer(
        start=on(1), due=on(due), kind="recurring", product=product, unit=Decimal(unit),
        shown=Decimal(unit), of_days=31, shares=shares, stretch=cast(Any, None), by=BY, added=False,
    )  # fmt: skip


def piece(revision: int, net: str, begin: int = 1, to: int = 32, *, at: str = "10.00") -> Piece:
    line = IssuedLine(
        key=KEY, revision=revision, document="d", kind="recurring", customer="cus-1", recipient="cus-1",
        product="office", currency="EUR", start=on(begin), end=on(to), quantity=1, unit_price=Decimal(at),
        unit_net=Decimal(at), net=Decimal(net), tax_rate=Decimal(0), days=to - begin, of_days=31,
    )  # fmt: skip
    return Piece(line, on(begin), on(to), Decimal(net))


def held(seats: int, *pieces: Piece) -> Holding:
    return Holding(seats, pieces)


def drafts(
    wanted: Layer | None, *holdings: Holding, day: int = 31, rounding: str = "unit", currency: str = "EUR"
) -> list[str]:
    found = difference(wanted, holdings, on(day), Reckoning(currency, rounding))
    assert all(one.share is not None for one in found if one.returns is None), "what is charged says for which seats"
    return [
        f"{'charge' if one.returns is None else f'credit of {one.returns.revision}'}: "
        f"{one.seats} from {one.start.day} to {(one.end - one.start).days} days, {one.net}"
        for one in found
    ]
