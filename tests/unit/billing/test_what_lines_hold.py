"""What a layer's lines hold, replayed by their revisions (R0.6, R0.10): seats, last day, what is left of their net.

The layer begins on 1 March; `to` is the day after the last one.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from shared.billing.ledger import Holding, IssuedLine, LayerKey, holdings

KEY = LayerKey("sub-1", date(2019, 3, 1), date(2019, 3, 1))
MARCH = 31


def on(day: int) -> date:
    """A day of March; 32 is the first of April."""
    return date(2019, 4, 1) if day > MARCH else date(2019, 3, day)


def line(
    revision: int, seats: int, net: str, begin: int = 1, to: int = 32, *, back: int | None = None, currency: str = "EUR"
) -> IssuedLine:
    """A charge, or a credit that takes `back` the line of another revision."""
    returned = None if back is None else "sub-1/2019-03-01/2019-03-01" + (f"/{back}" if back > 1 else "")
    return IssuedLine(
        key=KEY, revision=revision, document="d", kind="recurring" if back is None else "credit", customer="cus-1",
        recipient="cus-1", product="office", currency=currency, start=on(begin), end=on(to), quantity=seats,
        unit_price=Decimal("10.00"), unit_net=Decimal("10.00"), net=Decimal(net), tax_rate=Decimal(0),
        days=to - begin, of_days=MARCH, returns=returned,
    )  # fmt: skip


def held(*lines: IssuedLine) -> list[str]:
    """Seats that were billed alike, with the day after their last one and what is left of their net."""
    return [f"{one.seats} to {one.end:%d.%m.} {one.net}" for one in holdings(lines)]


def pieces(holding: Holding) -> list[str]:
    return [f"{piece.start:%d.%m.}-{piece.end:%d.%m.} {piece.net}" for piece in holding.pieces]


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        pytest.param([line(1, 5, "50.00")], ["5 to 01.04. 50.00"], id="one line"),
        pytest.param(
            [line(1, 9, "90.00"), line(2, 2, "7.74", 20, back=1)],
            ["7 to 01.04. 70.00", "2 to 20.03. 12.26"],
            id="two of nine end on the 20th",
        ),
        pytest.param(
            [line(2, 2, "7.74", 20, back=1), line(1, 9, "90.00")],
            ["7 to 01.04. 70.00", "2 to 20.03. 12.26"],
            id="lines in any order",
        ),
        pytest.param(
            [line(1, 2, "12.26", to=20), line(2, 7, "70.00")],
            ["7 to 01.04. 70.00", "2 to 20.03. 12.26"],
            id="the longest end stands first",
        ),
        pytest.param([line(1, 5, "50.00"), line(2, 5, "50.00", back=1)], [], id="all came back"),
        pytest.param(
            [line(1, 5, "50.00"), line(2, 2, "7.74", 20, back=1), line(3, 2, "12.26", 1, 20, back=1)],
            ["3 to 01.04. 30.00"],
            id="two ended, then came back altogether",
        ),
        pytest.param(
            [line(1, 2, "20.00"), line(2, 3, "30.00"), line(3, 1, "10.00", back=2)],
            ["2 to 01.04. 20.00", "2 to 01.04. 20.00"],
            id="a credit meets the line that it returns",
        ),
    ],
)
def test_seats_that_are_left_and_what_is_left_of_them(lines: list[IssuedLine], left: list[str]) -> None:
    assert held(*lines) == left


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        # 10.00 for three seats: one of them came back for 3.33, so the two that stay cost 6.67.
        pytest.param(
            [line(1, 3, "10.00"), line(2, 1, "3.33", back=1)], ["2 to 01.04. 6.67"], id="a cent stays with the others"
        ),
        pytest.param(
            [
                line(1, 3, "30.00"),
                line(2, 3, "10.00"),
                line(3, 1, "10.00"),
                line(4, 1, "9.00"),
                line(5, 1, "3.33", back=2),
            ],
            ["3 to 01.04. 30.00", "2 to 01.04. 6.67", "1 to 01.04. 10.00", "1 to 01.04. 9.00"],
            id="of the same line, not of those before or after it",
        ),
        # 50.00 - 7.75 - 3.87 - 18.36: a cent of each of the two parts that went.
        pytest.param(
            [
                line(1, 5, "50.00"),
                line(2, 2, "7.75", 20, back=1),
                line(3, 1, "3.87", 20, back=1),
                line(4, 3, "18.36", 1, 20, back=1),
            ],
            ["2 to 01.04. 20.02"],
            id="the cents of two parts add up",
        ),
        pytest.param(
            [
                line(1, 5, "50.00"),
                line(2, 2, "7.75", 20, back=1),
                line(3, 1, "3.87", 20, back=1),
                line(4, 2, "12.25", 1, 20, back=1),
            ],
            ["2 to 01.04. 20.01", "1 to 20.03. 6.12"],
            id="an odd credit of two of three that ended apart",
        ),
        # 3.875 x 2 of KWD: the thousandths are not lost on the way.
        pytest.param(
            [line(1, 3, "30.000", currency="KWD"), line(2, 2, "7.750", 20, back=1, currency="KWD")],
            ["1 to 01.04. 10.000", "2 to 20.03. 12.250"],
            id="in dinars",
        ),
        pytest.param(
            [line(1, 2, "20.000", currency="KWD"), line(2, 2, "7.755", 20, back=1, currency="KWD")],
            ["2 to 20.03. 12.245"],
            id="in dinars, both",
        ),
    ],
)
def test_nothing_is_lost_where_a_credit_is_no_even_share(lines: list[IssuedLine], left: list[str]) -> None:
    assert held(*lines) == left


ENDED = [line(1, 5, "50.00"), line(2, 2, "7.74", 20, back=1)]


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        pytest.param(
            [*ENDED, line(3, 2, "7.74", 20)], ["3 to 01.04. 30.00", "2 to 01.04. 20.00"], id="charged back whole"
        ),
        pytest.param(
            [*ENDED, line(3, 1, "3.87", 20)],
            ["3 to 01.04. 30.00", "1 to 01.04. 10.00", "1 to 20.03. 6.13"],
            id="one of two",
        ),
        pytest.param(
            [*ENDED, line(3, 1, "3.87", 20, back=1), line(4, 2, "7.75", 20)],
            ["2 to 01.04. 20.00", "1 to 01.04. 10.00", "1 to 01.04. 10.01", "1 to 20.03. 6.13"],
            id="two of three that ended apart",
        ),
        pytest.param(
            [*ENDED, line(3, 2, "7.74", 20), line(4, 2, "7.74", 20, back=3)],
            ["3 to 01.04. 30.00", "2 to 20.03. 12.26"],
            id="and taken back again",
        ),
        pytest.param(
            [line(1, 2, "20.000", currency="KWD"), line(2, 2, "7.755", 20, back=1, currency="KWD"),
             line(3, 2, "7.755", 20, currency="KWD")],
            ["2 to 01.04. 20.000"],
            id="in dinars",
        ),
    ],
)  # fmt: skip
def test_a_line_that_begins_where_seats_ended_goes_on_with_them(lines: list[IssuedLine], left: list[str]) -> None:
    assert held(*lines) == left


def test_seats_that_were_charged_back_in_two_steps_lose_the_last_step_only() -> None:
    (holding,) = holdings(
        [
            line(1, 1, "10.00"),
            line(2, 1, "7.10", 10, back=1),
            line(3, 1, "3.23", 10, 20),
            line(4, 1, "3.87", 20),
            line(5, 1, "3.87", 20, back=4),
        ]
    )

    assert pieces(holding) == ["01.03.-10.03. 2.90", "10.03.-20.03. 3.23"]
    assert holding.net == Decimal("6.13")


def test_what_was_billed_is_told_by_the_first_line_of_the_seats() -> None:
    (holding,) = holdings([line(1, 5, "50.00")])

    assert (holding.shown, holding.of_days, holding.product) == (Decimal("10.00"), 31, "office")
