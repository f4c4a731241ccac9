"""The stream of the demonstration: the same every time, readable, and with something of everything in it."""

import json
from collections import Counter
from datetime import date
from typing import Any

import pytest

from services.demo.days import example_year, last_day, run_days
from services.demo.example import RECIPIENT, release_notes
from services.demo.mishaps import mishaps
from services.demo.stream import last_day_of, source, stream, subscriptions
from services.invoicing.simulation import Simulation, simulate
from shared.billing.facts import Fact
from shared.events.envelope import event_of
from shared.events.facts import facts_of
from shared.events.reading import read

LAST = date(2026, 11, 1)


def facts_from(events: list[dict[str, Any]]) -> list[Fact]:
    found: list[Fact] = []
    for number, event in enumerate(events, 1):
        attributes = {"specversion": "1.0", "source": "urn:test", "id": str(number)} | {
            name: value for name, value in event.items() if name != "data"
        }
        known = read(event_of(attributes, json.dumps(event["data"]).encode()))
        found += facts_of(known.event, known.model)
    return found


@pytest.fixture(scope="module")
def events() -> list[dict[str, Any]]:
    return stream(LAST)


def test_the_same_last_day_gives_the_same_stream(events: list[dict[str, Any]]) -> None:
    assert stream(LAST) == events
    assert [last_day_of(event["source"]) for event in events] == [LAST] * len(events)


@pytest.mark.parametrize("last", [date(2025, 3, 1), date(2028, 2, 1), date(2029, 2, 1), date(2031, 12, 1)])
def test_every_event_of_any_last_day_can_be_read(last: date) -> None:
    found = stream(last)
    assert facts_from(found)
    assert max(str(event["time"]) for event in found) < last.isoformat()


def test_ids_are_used_once(events: list[dict[str, Any]]) -> None:
    assert max(Counter(event["id"] for event in events).values()) == 1
    assert last_day_of("urn:seatledger:file") is None
    assert source(LAST) == "urn:seatledger:demo:2026-11-01"


def test_a_few_hundred_customers_buy_what_there_is_to_buy(events: list[dict[str, Any]]) -> None:
    orders = [event["data"] for event in events if event["type"] == "OrderExecuted"]
    kinds = {event["type"] for event in events}
    assert len({order["customer"]["id"] for order in orders}) > 200
    assert {"SubscriptionImported", "LicensesChanged", "SubscriptionCanceled", "PriceChanged", "ProductDefined"} < kinds
    assert any("reseller" not in order for order in orders)
    assert any(order["customer"].get("separate_invoices") for order in orders)
    assert len(subscriptions(events)) > 350


def test_events_do_not_arrive_quite_in_the_order_in_which_they_happened(events: list[dict[str, Any]]) -> None:
    arrived = [int(event["id"]) for event in events]
    assert arrived != sorted(arrived)


def in_the_example(year: int) -> Simulation:
    return simulate(facts_from(release_notes(year)), date(year + 1, 2, 1))


@pytest.mark.parametrize("year", [2019, 2025])
def test_the_release_notes_example_gives_its_table(year: int) -> None:
    found = in_the_example(year)
    nets = [str(document.net) for document in found.documents]
    assert nets == ["80.00", "92.50", *["90.00"] * 10, "99.00"]
    assert [document.recipient for document in found.documents] == [RECIPIENT] * 13
    assert [str(document.gross) for document in found.documents[:3]] == ["99.20", "114.70", "111.60"]


def test_each_mishap_is_refused_for_a_reason_of_its_own() -> None:
    found = simulate(facts_from(mishaps(LAST)), LAST, run_days(LAST))
    reasons = [fact.reason for fact in found.rejected]
    assert len(reasons) == len(set(reasons)) == 6


@pytest.mark.parametrize(
    ("today", "last"),
    [
        ("2026-11-22", "2026-11-01"),
        ("2026-11-02", "2026-10-01"),
        ("2026-11-03", "2026-11-01"),
        ("2027-01-01", "2026-12-01"),
    ],
)
def test_the_last_day_is_a_first_of_a_month_that_has_ended_everywhere(today: str, last: str) -> None:
    assert last_day(date.fromisoformat(today)) == date.fromisoformat(last)


@pytest.mark.parametrize(
    ("last", "year"), [("2026-11-01", 2025), ("2026-01-01", 2023), ("2026-02-01", 2025), ("2029-02-01", 2027)]
)
def test_the_example_plays_in_the_latest_common_year_whose_renewal_is_billed(last: str, year: int) -> None:
    assert example_year(date.fromisoformat(last)) == year


def test_the_days_that_are_run_end_with_the_last_day_and_hold_the_year() -> None:
    days = run_days(LAST)
    assert days == sorted(set(days))
    assert (days[0], days[-1]) == (date(2025, 2, 1), LAST)
    assert {date(2025, 10, 1), date(2025, 11, 15), date(2026, 2, 1), date(2026, 10, 15)} <= set(days)
    assert date(2025, 10, 15) not in days
