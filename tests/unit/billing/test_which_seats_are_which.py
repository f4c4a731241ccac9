"""Which seats of a layer are which of those that its lines hold, where ends fall due on several days (R0.6, R0.10).

The layers are of March, at 10.00 a seat (`tests.difference_dsl`).
"""

from __future__ import annotations

import pytest

from tests.difference_dsl import drafts, held, layer, piece, share


@pytest.mark.parametrize("rounding", ["unit", "line"])
def test_what_is_not_due_yet_is_not_credited_for_what_was(rounding: str) -> None:
    # Two ended on the 20th and are credited; three ended on the 10th, which is due in April.
    wanted = layer(share(2, 20), share(3, 10, due=32))

    assert drafts(wanted, held(3, piece(1, "30.00")), held(2, piece(1, "12.26", to=20)), rounding=rounding) == []


def test_when_it_falls_due_it_is_credited_and_the_others_left_alone() -> None:
    wanted = layer(share(2, 20), share(3, 10, due=32))

    assert drafts(wanted, held(3, piece(1, "30.00")), held(2, piece(1, "12.26", to=20)), day=32) == [
        "credit of 1: 3 from 10 to 22 days, 21.30"
    ]


def test_seats_that_were_never_billed_have_no_part_in_what_is_held() -> None:
    # One came back in full before it was billed; the three that are held are those whose credit waits.
    wanted = layer(share(1), share(1, 1, full=True), share(3, 1, full=True, due=32))

    assert drafts(wanted, held(4, piece(1, "40.00"))) == []
    assert drafts(wanted, held(4, piece(1, "40.00")), day=32) == [
        "credit of 1: 1 from 1 to 31 days, 10.00",
        "credit of 1: 2 from 1 to 31 days, 20.00",
    ]
