"""What brings a billed layer to what it should be (R0.6, R0.10): credits, charges, and nothing where nothing is due.

The layers are of March, at 10.00 a seat (`tests.difference_dsl`).
"""

from __future__ import annotations

import pytest

from shared.billing.layers import Layer
from shared.billing.ledger import Holding
from tests.difference_dsl import drafts, held, layer, piece, share


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
        pytest.param(None, [held(2, piece(1, "0.00"))], [], id="no layer, and it cost nothing"),
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
        pytest.param(
            layer(share(1, 10)),
            [held(1, piece(1, "2.89", to=10), piece(2, "3.23", 10, 20))],
            ["credit of 2: 1 from 10 to 10 days, 3.23"],
            id="a piece that begins where they end comes back whole, whatever the one before was billed at",
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
