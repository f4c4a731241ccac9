"""What brings a billed layer to what it should be (R0.6, R0.10): credits, charges, and nothing where nothing is due.

A layer of March at 10.00 a seat; days are those of March, `to` is the day after the last one, 32 the first of April.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, cast

import pytest

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


@pytest.mark.parametrize(
    ("wanted", "holdings", "found"),
    [
        pytest.param(layer(share(5)), [], ["charge: 5 from 1 to 31 days, 50.00"], id="nothing was billed yet"),
        pytest.param(layer(share(5)), [held(5, piece(1, "50.00"))], [], id="all is as it should be"),
        pytest.param(
            layer(share(3), share(2, 20)),
            [held(5, piece(1, "50.00"))],
            ["credit of 1: 2 from 20 to 12 days, 7.74"],
            id="two end on the 20th",
        ),
        pytest.param(
            layer(share(3), share(2, 20, due=32)), [held(5, piece(1, "50.00"))], [], id="their credit is not due yet"
        ),
        pytest.param(
            layer(share(5)),
            [held(3, piece(1, "30.00")), held(2, piece(1, "12.26", to=20))],
            ["charge: 2 from 20 to 12 days, 7.74"],
            id="what was credited is charged back",
        ),
        pytest.param(layer(share(2)), [held(2, piece(1, "20.00", to=20))], [], id="no charge of nothing"),
        pytest.param(
            layer(share(2)),
            [held(2, piece(1, "19.50", to=20))],
            ["charge: 2 from 20 to 12 days, 0.50"],
            id="half a euro",
        ),
        pytest.param(
            layer(share(1)),
            [held(1, piece(1, "10.00")), held(2, piece(2, "20.00"))],
            ["credit of 2: 2 from 1 to 31 days, 20.00"],
            id="seats too many come back whole",
        ),
        pytest.param(
            layer(share(1)),
            [held(2, piece(1, "20.00")), held(1, piece(2, "9.00", to=20)), held(1, piece(3, "0.00", to=10))],
            ["credit of 1: 1 from 1 to 31 days, 10.00", "credit of 2: 1 from 1 to 19 days, 9.00"],
            id="of two kinds, but nothing of what cost nothing",
        ),
        pytest.param(
            layer(share(1), share(2)),
            [held(1, piece(1, "10.00"))],
            ["charge: 2 from 1 to 31 days, 20.00"],
            id="seats too few are charged",
        ),
        pytest.param(
            layer(share(2), unit="12.00"),
            [held(2, piece(1, "20.00"))],
            ["credit of 1: 2 from 1 to 31 days, 20.00", "charge: 2 from 1 to 31 days, 24.00"],
            id="another price, credits first",
        ),
        pytest.param(None, [held(2, piece(1, "20.00"))], ["credit of 1: 2 from 1 to 31 days, 20.00"], id="no layer"),
        # 6.13 for 19 days; 3.87 back of 10.00 that were billed in three steps, the latest first.
        pytest.param(
            layer(share(1, 8)),
            [held(1, piece(1, "2.90", to=10), piece(2, "3.23", 10, 20), piece(3, "3.87", 20))],
            [
                "credit of 3: 1 from 20 to 12 days, 3.87",
                "credit of 2: 1 from 10 to 10 days, 3.23",
                "credit of 1: 1 from 8 to 2 days, 0.64",
            ],
            id="off the latest pieces first",
        ),
        pytest.param(
            layer(share(1, 10)),
            [held(1, piece(1, "2.90", to=10), piece(2, "3.23", 10, 20))],
            ["credit of 2: 1 from 10 to 10 days, 3.23"],
            id="a piece that begins where they end comes back, the one before stays",
        ),
    ],
)
def test_what_is_issued_for_a_layer(wanted: Layer | None, holdings: list[Holding], found: list[str]) -> None:
    assert drafts(wanted, *holdings) == found


@pytest.mark.parametrize(
    ("wanted", "holding", "found"),
    [
        # Billed for 107 hours: 1.44. Kept are 96: 10.00 x 96/744 = 1.29.
        pytest.param(
            layer(share(2, 5, hours=96)),
            held(2, piece(1, "2.88", to=5)),
            ["credit of 1: 2 from 1 to 4 days, 2.88", "charge: 2 from 1 to 4 days, 2.58"],
            id="other hours",
        ),
        pytest.param(layer(share(2, 5, hours=96)), held(2, piece(1, "2.58", to=5)), [], id="the same hours"),
        pytest.param(layer(share(2, 5, hours=96, due=32)), held(2, piece(1, "2.88", to=5)), [], id="not due yet"),
        pytest.param(
            layer(share(2, 5, hours=96, due=31)),
            held(2, piece(1, "2.88", to=5)),
            ["credit of 1: 2 from 1 to 4 days, 2.88", "charge: 2 from 1 to 4 days, 2.58"],
            id="due on the day of the run",
        ),
        pytest.param(
            layer(share(2, 5, full=True)),
            held(2, piece(1, "2.88", to=5)),
            ["credit of 1: 2 from 1 to 4 days, 2.88"],
            id="given back in full after all",
        ),
        pytest.param(layer(share(2)), held(2, piece(1, "19.99")), [], id="seats that stay are not reckoned again"),
    ],
)
def test_seats_that_ended_on_their_day_at_another_hour(wanted: Layer, holding: Holding, found: list[str]) -> None:
    assert drafts(wanted, holding) == found


def test_amounts_are_rounded_to_the_digits_of_the_currency() -> None:
    # 1000 x 19/31 is 612.9: 613 yen, 387 come back, or 613 are charged.
    assert drafts(layer(share(1, 20), unit="1000"), held(1, piece(1, "1000", at="1000")), currency="JPY") == [
        "credit of 1: 1 from 20 to 12 days, 387"
    ]
    assert drafts(layer(share(1, 20), unit="1000"), currency="JPY") == ["charge: 1 from 1 to 19 days, 613"]
    assert drafts(layer(share(1, 20), unit="1000"), held(1, piece(1, "300", to=10, at="1000")), currency="JPY") == [
        "charge: 1 from 10 to 10 days, 313"
    ]
    assert drafts(layer(share(1, 20), unit="1000"), held(1, piece(1, "600", to=20, at="1000")), currency="JPY") == [
        "credit of 1: 1 from 1 to 19 days, 600", "charge: 1 from 1 to 19 days, 613",
    ]  # fmt: skip


def test_with_one_rounding_a_line_yen_are_whole_too() -> None:
    # Two of 1000 for 19 of 31 days are 1225.8, one is 612.9: 1226 - 613 are charged for the second one.
    assert drafts(
        layer(share(2, 20), unit="1000"),
        held(1, piece(1, "613", to=20, at="1000")),
        rounding="line",
        currency="JPY",
    ) == ["charge: 1 from 1 to 19 days, 613"]


HALF_CENTS = "3.335"  # two seats are 6.67, three 10.005


@pytest.mark.parametrize(
    ("wanted", "holdings", "found"),
    [
        pytest.param(
            layer(share(3), unit=HALF_CENTS), [], ["charge: 3 from 1 to 31 days, 10.01"], id="one rounding for three"
        ),
        pytest.param(
            layer(share(2), unit=HALF_CENTS),
            [held(1, piece(1, "3.34", at=HALF_CENTS))],
            ["charge: 1 from 1 to 31 days, 3.33"],
            id="one more costs what the total grows by",
        ),
        pytest.param(
            layer(share(2), unit=HALF_CENTS),
            [held(1, piece(1, "3.34", at=HALF_CENTS)), held(1, piece(2, "3.33", at=HALF_CENTS))],
            [],
            id="nothing to do",
        ),
        pytest.param(
            layer(share(1), unit=HALF_CENTS),
            [held(1, piece(1, "3.34", at=HALF_CENTS)), held(1, piece(2, "3.33", at=HALF_CENTS))],
            ["credit of 2: 1 from 1 to 31 days, 3.33"],
            id="one fewer",
        ),
        # 10.01 were billed, 6.67 are due: a credit of 3.34 fits no line of those that stay, so all is billed anew.
        pytest.param(
            layer(share(2), unit=HALF_CENTS),
            [
                held(1, piece(1, "3.34", at=HALF_CENTS)),
                held(1, piece(2, "3.33", at=HALF_CENTS)),
                held(1, piece(3, "3.34", at=HALF_CENTS)),
            ],
            [
                "credit of 1: 1 from 1 to 31 days, 3.34",
                "credit of 2: 1 from 1 to 31 days, 3.33",
                "credit of 3: 1 from 1 to 31 days, 3.34",
                "charge: 2 from 1 to 31 days, 6.67",
            ],
            id="no line can carry the cent",
        ),
        # 22.58 should stay: 20.00 for two, 2.58 for one to the 8th; of 30.00 come back 7.74 less the cent before.
        pytest.param(
            layer(share(2), share(1, 20)),
            [held(3, piece(1, "29.99"))],
            ["credit of 1: 1 from 20 to 12 days, 3.86"],
            id="a cent that was billed too little is not given back",
        ),
    ],
)
def test_with_one_rounding_a_line_the_total_comes_out(wanted: Layer, holdings: list[Holding], found: list[str]) -> None:
    assert sorted(drafts(wanted, *holdings, rounding="line")) == sorted(found)


@pytest.mark.parametrize("wanted", [layer(share(2), due=32), layer(share(1), share(1, 20, due=32))])
def test_no_cent_is_moved_before_everything_is_due(wanted: Layer) -> None:
    assert drafts(wanted, held(2, piece(1, "19.99")), rounding="line") == []
