"""What is paid for a cycle in which nothing changes, and that what is taken back on the same day leaves no trace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given as each
from hypothesis import strategies as st

from shared.billing.money import round_money
from tests.billing_dsl import Given, Json, given, ordered, seats
from tests.strategies.billing import END, Life, lives
from tests.strategies.examples import examples
from tests.strategies.stated_settings import command_line

# Terms with the share of the term's price that one cycle is, reckoned by hand: parts, then what rule and extra make.
TERMS: Sequence[tuple[Json, Decimal]] = (
    ({}, Decimal(1)),
    ({"anchor": "order_day"}, Decimal(1)),
    ({"charge": "arrears"}, Decimal(1)),
    ({"term": "P3M"}, Decimal(1)),
    ({"term": "P1Y", "billing_frequency": "P1M"}, Decimal(1) / 12),
    ({"term": "P3Y", "billing_frequency": "P1Y"}, Decimal(1) / 3),
    ({"nce": True, "term": "P1Y", "billing_frequency": "P1M"}, Decimal(1) / 12),
    ({"nce": True}, Decimal(1)),
    ({"free_period": True}, Decimal(1)),
    ({"price_protection_months": 6}, Decimal(1)),
    ({"trial_until": "2019-02-20"}, Decimal(1)),
    ({"pricing": {"rule": "discount", "rate": "0.123"}}, Decimal("0.877")),
    ({"pricing": [{"rule": "discount", "rate": "0.5"}, {"rule": "discount", "rate": "0.1"}]}, Decimal("0.45")),
)
PRICES = st.sampled_from(["10.00", "9.99", "0.35", "1000.00", "120.00", "7"])


@examples
@each(st.sampled_from(TERMS), PRICES, st.integers(1, 12), st.dates(date(2019, 1, 1), date(2019, 2, 20)), command_line())
def test_a_cycle_without_changes_costs_its_price(
    of: tuple[Json, Decimal], price: str, held: int, start: date, stated: dict[str, str]
) -> None:
    """Stubs aside, which are parts. With `rounding: line` a line is rounded once, installments each seat (R4.5)."""
    terms, share = of
    # An extra charge would be part of the price of installments.
    settings = {key: value for key, value in stated.items() if key != "extra_charge_rate"}
    order = ordered(held, price, on=start.isoformat(), customer={"id": "cus-1", "billing_day": 7}, **terms)

    by_cycle: dict[str, Decimal] = defaultdict(Decimal)
    for line in Given((order,), settings).until("2022-03-01").lines:
        if line["kind"] in ("recurring", "installment"):
            by_cycle[line["line"].split("/")[1]] += Decimal(line["net"])

    exact = Decimal(price) * share
    by_line = settings.get("rounding") == "line" and "billing_frequency" not in terms
    expected = round_money(exact * held, "EUR") if by_line else round_money(exact, "EUR") * held
    assert by_cycle
    assert set(by_cycle.values()) == {expected}


@examples
@each(
    lives(late=False, prices=False),
    st.integers(0, 300),
    st.integers(1, 9),
    st.sampled_from([0, 0, 3, 40]),
    command_line(),
)
def test_seats_that_come_and_go_on_the_same_day_cost_nothing(
    life: Life, after: int, more: int, lag: int, stated: dict[str, str]
) -> None:
    """Known at once or later, however the subscription is billed: intermediate changes of a day leave no lines.

    No other change is late here: one that comes in between would be the total that a seat given back goes down to.
    """
    on = life.start + timedelta(days=after)
    ended = any(not change.seats and change.on <= on for change in life.changes)
    if ended or any(change.on == on for change in life.changes):
        return
    held = [life.seats, *(change.seats for change in life.changes if change.on < on)][-1]
    known = (on + timedelta(days=lag)).isoformat()
    added = seats(held + more, on=on.isoformat(), known=known)
    taken = seats(held, on=on.isoformat(), known=known)

    quiet = Given(life.events.events, stated).until(END.isoformat())
    busy = Given((*life.events.events, added, taken), stated).until(END.isoformat())

    assert busy.documents == quiet.documents


@examples
@each(lives(prices=False), st.integers(0, 300), st.integers(1, 9), st.integers(1, 30))
def test_seats_that_were_billed_and_turn_out_to_have_gone_on_the_day_they_came_are_returned_whole(
    life: Life, after: int, more: int, lag: int
) -> None:
    """Up, billed, and then known to have gone down again on the same day: the documents differ, the net is nothing."""
    on = life.start + timedelta(days=after)
    ended = any(not change.seats and change.on <= on for change in life.changes)
    if ended or any(change.on == on for change in life.changes):
        return
    held = [life.seats, *(change.seats for change in life.changes if change.on < on)][-1]
    added = seats(held + more, on=on.isoformat())
    taken = seats(held, on=on.isoformat(), known=(on + timedelta(days=lag)).isoformat())

    assert _net(given(*life.events.events, added, taken)) == _net(life.events)


def _net(history: Given) -> Decimal:
    signs = {"invoice": 1, "credit_note": -1}
    found = history.until(END.isoformat()).json
    return sum((signs[document["kind"]] * Decimal(document["net"]) for document in found), Decimal(0))
