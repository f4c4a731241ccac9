"""What settling a folded subscription finds by itself: deletions that are refused, copies that are its own (R4.13)."""

from __future__ import annotations

from datetime import date

import pytest

from shared.billing.facts import Fact
from shared.billing.folding import evolve, fold, settled
from shared.billing.masterdata import MasterData
from shared.billing.timeline import Timeline
from tests.billing_dsl import Event, Json, auto_renew, event, facts_from, imported, ordered, seats, setting

INSTALLMENTS: Json = {"term": "P1Y", "billing_frequency": "P1M"}
REFUSED = (
    "order order-of-sub-1 is executed and sub-1 of it is billed in installments: it cannot be deleted; "
    "cancel its subscriptions instead"
)


def deleted(on: str, order: str = "order-of-sub-1", customer: str = "cus-1") -> Event:
    return event("OrderDeleted", on, {"order_id": order, "customer_id": customer})


def about(events: list[Event]) -> list[Fact]:
    return [fact for fact in facts_from(events) if fact.scope_id == "sub-1"]


def settled_on(day: date, events: list[Event]) -> Timeline:
    master = MasterData.of(facts_from(events))
    timeline = fold("sub-1", about(events), master)
    assert timeline is not None
    return settled(timeline, master, day)


@pytest.mark.parametrize(
    ("events", "refused"),
    [
        pytest.param([ordered(1, on="2025-03-01", **INSTALLMENTS), deleted("2025-03-09")], True, id="in installments"),
        pytest.param([ordered(1, on="2025-03-01", **INSTALLMENTS), deleted("2025-03-10")], True, id="known that day"),
        pytest.param([ordered(1, on="2025-03-01", **INSTALLMENTS), deleted("2025-03-11")], False, id="not yet known"),
        pytest.param([ordered(1, on="2025-03-01"), deleted("2025-03-09")], False, id="without installments"),
        pytest.param([ordered(1, on="2025-03-01", **INSTALLMENTS), deleted("2025-03-09", "x")], False, id="another"),
        pytest.param(
            [imported(1, started="2025-03-01", billed_from="2025-03-01", **INSTALLMENTS), deleted("2025-03-09")], False,
            id="an import has no order",
        ),
        pytest.param(
            [ordered(1, on="2025-03-01", customer={"id": "cus-1", "time_zone": "Pacific/Auckland"}, **INSTALLMENTS),
             deleted("2025-03-10T12:00:00Z")], False, id="the next day already where the customer is",
        ),
    ],
)  # fmt: skip
def test_an_order_is_not_deleted_while_it_has_installments(events: list[Event], refused: bool) -> None:
    rejected = settled_on(date(2025, 3, 10), events).rejected

    assert [tuple(one) for one in rejected] == ([("urn:test", "2", "OrderDeleted", REFUSED)] if refused else [])


def test_a_fact_evolves_a_timeline_by_the_days_of_the_customer() -> None:
    # 18:00Z on the 9th is the 10th in Auckland, and its midnight comes before that.
    auckland: Json = {"id": "cus-1", "time_zone": "Pacific/Auckland"}
    events = [ordered(1, on="2025-03-01", customer=auckland), seats(2, on="2025-03-09T18:00:00Z")]
    master = MasterData.of(facts_from(events))
    first, last = about(events)
    ordered_only = fold("sub-1", [first], master)

    assert ordered_only is not None
    evolved = evolve(ordered_only, last, master)

    assert evolved == fold("sub-1", [first, last], master)
    assert evolved is not None
    assert evolved.seats[-1].on == date(2025, 3, 10)


def test_a_copy_has_lists_of_its_own() -> None:
    timeline = settled_on(date(2025, 3, 10), [ordered(1, on="2025-03-01")])

    copy = timeline.copy()

    lists = ("phases", "seats", "statuses", "edits", "rejected")
    assert copy == timeline
    assert [name for name in lists if getattr(copy, name) is getattr(timeline, name)] == []


def test_before_its_first_day_it_has_no_seats() -> None:
    timeline = settled_on(date(2025, 3, 10), [ordered(3, on="2025-03-01"), seats(4, on="2025-03-05")])

    days = [date(2025, 2, 28), date(2025, 3, 1), date(2025, 3, 4), date(2025, 3, 5)]
    assert [timeline.quantity_on(day) for day in days] == [0, 3, 3, 4]


@pytest.mark.parametrize(
    ("told", "refused"),
    [
        pytest.param("2026-05-31", ["LicensesChanged"], id="before the end, it has expired"),
        pytest.param("2026-06-02", [], id="after it, it goes on"),
    ],
)
def test_a_term_that_has_ended_is_extended_by_what_was_known_then(told: str, refused: list[str]) -> None:
    """Rule R5.8, of all facts that have arrived: no day says up to when they are known."""
    facts = facts_from(
        [
            ordered(1, "120.00", on="2025-06-01", term="P1Y", nce=True),
            auto_renew(False, on="2025-07-01"),
            setting("est_enabled", False, since=told),
            seats(2, on="2026-06-10"),
        ]
    )

    timeline = fold("sub-1", [fact for fact in facts if fact.scope_id == "sub-1"], MasterData.of(facts))

    assert timeline is not None
    assert [one.type for one in timeline.rejected] == refused
