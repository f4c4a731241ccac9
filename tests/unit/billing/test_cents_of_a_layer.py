"""With `rounding: line` seats that end together are rounded once: cents lie where seats were split (R0.6, settings).

The layers are of March, at 10.00 a seat where nothing else is said (`tests.difference_dsl`).
"""

from __future__ import annotations

import pytest

from shared.billing.layers import Layer
from shared.billing.ledger import Holding
from tests.difference_dsl import drafts, held, layer, piece, share


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


@pytest.mark.parametrize(
    ("wanted", "holdings", "found"),
    [
        # Two are 0.028, so 0.03, one is 0.01: nothing for the second one's other days, but a cent for both.
        pytest.param(
            layer(share(2), unit="0.014"),
            [held(1, piece(1, "0.01", at="0.014")), held(1, piece(2, "0.01", to=20, at="0.014"))],
            ["charge: 1 from 20 to 12 days, 0.01"],
            id="days that cost nothing take the cent that is due",
        ),
        # Two are a cent, and billed with it for 19 days.
        pytest.param(
            layer(share(2), unit="0.005"),
            [held(2, piece(1, "0.01", to=20, at="0.005"))],
            [],
            id="days that cost nothing leave no line",
        ),
        # 10.00, 10.00 x 24/31 = 7.74 and 6.13 stay of 29.99; of 2.26 and 3.87 the larger gives the cent.
        pytest.param(
            layer(share(1), share(1, 25), share(1, 20)),
            [held(3, piece(1, "29.99"))],
            ["credit of 1: 1 from 20 to 12 days, 3.86", "credit of 1: 1 from 25 to 7 days, 2.26"],
            id="the larger credit gives way",
        ),
        # 20.00 and 7.74 stay of 29.99, and 6.13 is to be charged.
        pytest.param(
            layer(share(2), share(1, 25), share(1, 20)),
            [held(3, piece(1, "29.99"))],
            ["credit of 1: 1 from 25 to 7 days, 2.25", "charge: 1 from 1 to 19 days, 6.13"],
            id="a credit gives way before a charge",
        ),
        # Two of 3.3366 for 19 days are 4.09, one is 2.05 of 3.34: after 1.29 that comes back of each a cent too much is
        # left, and no line of the last days has it.
        pytest.param(
            layer(share(2, 20), unit="3.3366"),
            [
                held(1, piece(1, "2.05", to=20, at="3.3366"), piece(2, "1.29", 20, at="3.3366")),
                held(1, piece(3, "2.05", to=20, at="3.3366"), piece(4, "1.29", 20, at="3.3366")),
            ],
            [
                "credit of 1: 1 from 1 to 19 days, 2.05",
                "credit of 2: 1 from 20 to 12 days, 1.29",
                "credit of 3: 1 from 1 to 19 days, 2.05",
                "credit of 4: 1 from 20 to 12 days, 1.29",
                "charge: 2 from 1 to 19 days, 4.09",
            ],
            id="a line of no days takes no cent",
        ),
        # One ended after a day, 0.32; two came back in full on the 5th, later than that, and hold nothing any more.
        pytest.param(
            layer(share(3), share(1, 2), share(2, 5, full=True)),
            [held(3, piece(1, "29.99")), held(2, piece(2, "0.00", to=5)), held(1, piece(3, "0.32", to=2))],
            [],
            id="seats that stand beside their own lines need none for a cent",
        ),
    ],
)
def test_which_line_takes_the_cent(wanted: Layer, holdings: list[Holding], found: list[str]) -> None:
    assert sorted(drafts(wanted, *holdings, rounding="line")) == sorted(found)


def test_what_falls_due_on_the_day_of_the_run_comes_out_to_the_cent() -> None:
    wanted = layer(share(2), unit=HALF_CENTS, due=31)

    assert drafts(wanted, held(1, piece(1, "3.34", at=HALF_CENTS)), rounding="line") == [
        "charge: 1 from 1 to 31 days, 3.33"
    ]


@pytest.mark.parametrize(
    ("wanted", "holdings", "found"),
    [
        pytest.param(
            layer(share(3), share(1, 20, due=32), unit=HALF_CENTS),
            [],
            ["charge: 1 from 1 to 19 days, 2.04", "charge: 3 from 1 to 31 days, 10.01"],
            id="charged",
        ),
        # 6.13 for 19 days of three seats, of which one ends as it was billed, with 2.04: 6.67 - 4.09 = 2.58 for two.
        pytest.param(
            layer(share(3), share(1, 20, due=32), unit=HALF_CENTS),
            [held(3, piece(1, "6.13", to=20, at=HALF_CENTS))],
            ["charge: 1 from 1 to 31 days, 3.34", "charge: 2 from 20 to 12 days, 2.58"],
            id="charged back",
        ),
        # 30.02 for nine: 13.34 for four, 6.67 for two, so 10.01 for three, of which 6.13 is kept.
        pytest.param(
            layer(share(4), share(2, 25, due=32), share(3, 20), unit=HALF_CENTS),
            [held(9, piece(1, "30.02", at=HALF_CENTS))],
            ["credit of 1: 3 from 20 to 12 days, 3.88"],
            id="credited",
        ),
        # 9.99, 9.99 and 10.00 of 29.98, of which 6.13 is kept.
        pytest.param(
            layer(share(1), share(1, 25, due=32), share(1, 20)),
            [held(3, piece(1, "29.98"))],
            ["credit of 1: 1 from 20 to 12 days, 3.87"],
            id="the cents wait",
        ),
    ],
)
def test_while_something_is_not_due_each_line_is_rounded_by_itself(
    wanted: Layer, holdings: list[Holding], found: list[str]
) -> None:
    assert sorted(drafts(wanted, *holdings, rounding="line")) == sorted(found)


def test_where_the_total_is_right_a_cent_between_lines_stays_where_it_is() -> None:
    # Two for 19 of 31 days are 1225.8, one is 1000: what the one line has too much the other has not.
    wanted = layer(share(1), share(2, 20), unit="1000")
    lines = [held(1, piece(1, "1001", at="1000")), held(2, piece(2, "1225", to=20, at="1000"))]

    assert drafts(wanted, *lines, rounding="line", currency="JPY") == []


def test_where_nothing_else_is_to_be_done_the_line_that_is_furthest_off_is_reckoned_again() -> None:
    # One kept 19 days, 6.13, and one 200 of 744 hours, 2.69, which was settled for 100; the cent of the other is in it.
    wanted = layer(share(1), share(1, 20), share(1, 9, hours=200))
    lines = [held(1, piece(1, "10.00")), held(1, piece(2, "6.12", to=20)), held(1, piece(3, "1.34", to=9))]

    assert drafts(wanted, *lines, rounding="line") == [
        "credit of 3: 1 from 1 to 8 days, 1.33",
        "charge: 1 from 1 to 8 days, 2.69",
    ]


def test_yen_that_are_charged_anew_have_no_minor_digits() -> None:
    # 1001 were billed for three of 333.5, 667 are due for two; a credit of 334 fits no line of those that stay.
    third = [held(1, piece(revision, net, at="333.5")) for revision, net in ((1, "334"), (2, "333"), (3, "334"))]

    assert drafts(layer(share(2), unit="333.5"), *third, rounding="line", currency="JPY")[-1] == (
        "charge: 2 from 1 to 31 days, 667"
    )
