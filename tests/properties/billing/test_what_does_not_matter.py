"""What must not matter: the zone where everything is said in dates, how many seats there are, a trial before the start.

Each takes a history and says it another way that the rules give the same meaning.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given as each
from hypothesis import strategies as st

from services.invoicing.simulation import simulate
from shared.billing.documents import Document
from tests.billing_dsl import Given, Json, event, facts_from, given, imported, ordered
from tests.strategies.billing import END, EVENTFUL, LAST_CHANGE, PLAIN, Life, lives
from tests.strategies.examples import examples
from tests.strategies.happenings import time_zones
from tests.strategies.histories import LAST_DAY, History, histories
from tests.strategies.stated_settings import command_line

# Windows are reckoned in instants of UTC, refunds by hours in hours that a change of the clock adds or takes.
_BY_INSTANTS = {"nce", "change_window_hours", "full_refund_hours", "refund_policy"}


_LEFT_OUT = object()


def mapped(value: Any, change: Any) -> Any:
    """The same data with every field as `change` of name and value makes it, which may leave one out."""
    if isinstance(value, list):
        return [mapped(one, change) for one in value]
    if not isinstance(value, dict):
        return value
    changed = {name: change(name, mapped(said, change)) for name, said in value.items()}
    return {name: said for name, said in changed.items() if said is not _LEFT_OUT}


def in_dates(history: History, zone: str) -> History:
    """The history with every moment a date, all customers in one zone, and nothing that is reckoned in instants."""

    def change(name: str, said: object) -> object:
        return _LEFT_OUT if name in {"time_zone", *_BY_INSTANTS} else said

    plain = [mapped(said, change) for said in history if said["data"].get("key") not in _BY_INSTANTS]
    for said in plain:
        said["time"] = said["time"][:10]
        if "customer" in said["data"]:
            said["data"]["customer"]["time_zone"] = zone
    return plain


@examples
@each(histories(), time_zones, command_line())
def test_where_everything_is_said_in_dates_the_zone_does_not_matter(
    history: History, zone: str, stated: dict[str, str]
) -> None:
    settings = {key: value for key, value in stated.items() if key not in _BY_INSTANTS}
    here, there = (simulate(facts_from(in_dates(history, name)), LAST_DAY, settings=settings) for name in ("UTC", zone))
    assert here.documents == there.documents
    assert (here.subscriptions, here.installment_plans) == (there.subscriptions, there.installment_plans)
    assert [fact.id for fact in here.rejected] == [fact.id for fact in there.rejected]


def lines_of(documents: list[Document], times: int = 1) -> Counter[tuple[object, ...]]:
    """Lines with an amount, each as often as it stands there; amounts and seats `times` as much."""
    return Counter(
        (document.day, document.kind, line.key, line.start, line.end, line.quantity * times, line.net * times)
        for document in documents
        for line in document.lines
        if line.net
    )


@examples
@each(histories(), command_line(), st.integers(2, 5))
def test_so_many_times_the_seats_cost_so_many_times_as_much(
    history: History, stated: dict[str, str], times: int
) -> None:
    """With `rounding: unit`: a line that is rounded once need not cost the same for each of its seats."""
    history = [said for said in history if said["data"].get("key") != "rounding"]
    settings = {key: value for key, value in stated.items() if key != "rounding"}

    def more(name: str, said: object) -> object:
        return said * times if name == "quantity" and isinstance(said, int) else said

    few, many = (
        simulate(facts_from(said), LAST_DAY, settings=settings).documents for said in (history, mapped(history, more))
    )
    assert lines_of(few, times) == lines_of(many)


def paid_lines(history: Given, since: date) -> list[Json]:
    """What is charged and credited for days from one on; not the names of lines, nor since when an order's price holds:

    that is the order's own day, which the two histories told here do not share.
    """
    return [
        {name: said for name, said in line.items() if name not in ("line", "returns", "why")}
        | {"why": _undated(line["why"])}
        for line in history.until(END.isoformat()).lines
        if line["from"] >= since.isoformat() and line["kind"] != "free"
    ]


def _undated(why: Json) -> Json:
    return (
        {**why, "price": {name: said for name, said in why["price"].items() if name != "since"}}
        if "price" in why
        else why
    )


@examples
@each(lives((*PLAIN, {"free_period": True})), st.integers(1, 80), command_line())
def test_a_trial_is_followed_by_what_a_start_on_its_last_day_gives(
    life: Life, days: int, stated: dict[str, str]
) -> None:
    """Whatever comes after the trial; a list price in it would be what an order is made at."""
    quiet = life.start - timedelta(days=days)
    late = Given(life.events.events, stated)
    first, *others = late.events
    if any(change.on <= life.start for change in life.changes) or life.prices:
        return
    trial = {**first, "time": quiet.isoformat(), "data": {**first["data"]}}
    trial["data"]["items"] = [{**first["data"]["items"][0], "trial_until": life.start.isoformat()}]
    early = Given((trial, *others), stated)

    assert paid_lines(early, life.start) == paid_lines(late, life.start)


@examples
@each(st.sampled_from([*PLAIN, *EVENTFUL]), st.integers(0, 14), st.integers(1, 9), command_line())
def test_an_import_taken_over_where_a_cycle_begins_goes_on_as_an_order(
    terms: Json, cycle: int, held: int, stated: dict[str, str]
) -> None:
    start, customer = "2018-12-10", {"id": "cus-1", "billing_day": 10}
    order = Given((ordered(held, "120.00", on=start, customer=customer, **terms),), stated)
    begins = sorted({line["line"].split("/")[1] for line in order.until(LAST_CHANGE.isoformat()).lines})
    taken_over = begins[min(cycle, len(begins) - 1)]
    ours = imported(held, "120.00", started=start, billed_from=taken_over, customer=customer, **terms)

    since = date.fromisoformat(taken_over)
    assert paid_lines(Given((ours,), stated), since) == paid_lines(order, since)


def _net(history: Given) -> Decimal:
    signs = {"invoice": 1, "credit_note": -1}
    found = history.until(END.isoformat()).json
    return sum((signs[document["kind"]] * Decimal(document["net"]) for document in found), Decimal(0))


# Terms, and when seats are added: on the edge of a day, of an installment and of a month, but inside a term.
_ADDED: list[tuple[Json, str]] = [
    ({}, "2019-06-10T00:00:00+00:00"),
    ({}, "2019-05-30T23:30:00+00:00"),
    ({"term": "P1Y"}, "2019-03-30T12:00:00+00:00"),
    ({"term": "P1Y", "billing_frequency": "P1M"}, "2019-05-31T23:30:00+00:00"),
    ({"term": "P1Y", "billing_frequency": "P1M"}, "2019-06-10T00:00:00+00:00"),
]


@examples
@each(st.sampled_from(_ADDED), st.integers(0, 24), time_zones)
def test_seats_of_a_vendor_that_go_within_its_window_for_full_refunds_cost_nothing(
    of: tuple[Json, str], hours: int, zone: str
) -> None:
    """Rule R5.1 counts 24 hours from the instant of the purchase, wherever they lie. A renewal opens another window."""
    terms, bought = of
    back = (datetime.fromisoformat(bought) + timedelta(hours=hours)).isoformat()
    customer = {"id": "cus-1", "time_zone": zone}
    order = ordered(3, "120.00", on="2019-03-01T12:00:00Z", customer=customer, nce=True, **terms)
    named = {"subscription_id": "sub-1", "customer_id": "cus-1"}
    added = event("LicensesChanged", bought, named | {"quantity": 8})
    returned = event("LicensesChanged", back, named | {"quantity": 3})

    assert _net(given(order, added, returned)) == _net(given(order))
