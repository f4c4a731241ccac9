"""What hypothetical events change: begun with what is issued, added up by recipient, month and currency."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from shared.billing.effect import Effect, Portion, effect
from shared.billing.facts import Fact
from shared.billing.run_loop import NOTHING_ISSUED, Issued, RunLoop
from shared.events.shapes import document_shape
from tests.billing_dsl import Event, canceled, facts_from, ordered, price, seats, setting

CLOSED = date(2026, 2, 1)


def identified(events: Sequence[Event], source: str) -> list[Event]:
    return [{"id": str(place), "source": source} | event for place, event in enumerate(events, 1)]


def what_if(
    *tried: Event, given: Sequence[Event], until: str, closed: date | None = CLOSED, runs: Sequence[str] | None = None
) -> Effect:
    """The effect of events that are tried, where the given ones happened and were billed up to the closed day."""
    real = facts_from(identified(given, "urn:test:real"))
    issued = NOTHING_ISSUED if closed is None else billed(real, closed)
    days = None if runs is None else [date.fromisoformat(day) for day in runs]
    hypothetical = facts_from(identified(tried, "urn:test:what-if"))
    return effect(Portion(real, issued), hypothetical, date.fromisoformat(until), days)


def billed(facts: Sequence[Fact], closed: date) -> Issued:
    loop = RunLoop(facts)
    loop.run(closed)
    return loop.ledger(closed)


def rows(found: Effect) -> list[str]:
    """recipient month currency: net now -> net then, number of documents now -> then"""
    return [
        f"{place.recipient} {place.month:%Y-%m} {place.currency}: {a.net_now} -> {a.net_then} ({a.difference}), "
        f"{a.documents_now} -> {a.documents_then}"
        for place, a in sorted(found.difference.items())
    ]


FIVE_SEATS = [ordered(5, "10.00", on="2026-01-01", reseller="res-1")]


def test_more_seats_cost_more_from_their_day_on() -> None:
    found = what_if(seats(8, on="2026-03-15"), given=FIVE_SEATS, until="2026-04-30")

    assert rows(found) == ["res-1 2026-04 EUR: 50.00 -> 96.44 (46.44), 1 -> 1"]
    assert [document.net for document in found.without] == [50]
    assert [line.kind for document in found.then for line in document.lines] == ["prorated", "recurring"]


def test_what_is_known_before_the_first_open_day_corrects_on_the_next_document() -> None:
    found = what_if(seats(3, on="2026-01-11", known="2026-01-20"), given=FIVE_SEATS, until="2026-02-28")

    assert rows(found) == ["res-1 2026-02 EUR: 0 -> -33.54 (-33.54), 0 -> 1"]
    (credit_note,) = found.then
    assert (credit_note.kind, credit_note.day) == ("credit_note", date(2026, 2, 2))
    assert {line.returns for line in credit_note.lines} == {
        "sub-1/2026-01-01/2026-01-01", "sub-1/2026-02-01/2026-02-01",
    }  # fmt: skip


def test_an_end_takes_documents_away() -> None:
    found = what_if(canceled(on="2026-03-01", known="2026-02-20"), given=FIVE_SEATS, until="2026-04-30")

    assert rows(found) == [
        "res-1 2026-03 EUR: 50.00 -> 0 (-50.00), 1 -> 0",
        "res-1 2026-04 EUR: 50.00 -> 0 (-50.00), 1 -> 0",
    ]
    assert found.then == []


def test_amounts_are_added_up_by_recipient_month_and_currency() -> None:
    given = [
        *FIVE_SEATS,
        ordered(1, "1000", on="2026-01-01", sub="sub-2", customer="cus-2", currency="JPY"),
        ordered(2, "20.00", on="2026-01-10", sub="sub-3", customer="cus-3", product="mail", anchor="order_day"),
    ]
    dearer = [price("11.00", since="2026-03-01", known="2026-02-10"),
              price("1200", since="2026-03-01", known="2026-02-10", currency="JPY"),
              price("21.00", since="2026-03-01", known="2026-02-10", product="mail")]  # fmt: skip
    found = what_if(*dearer, given=given, until="2026-03-31")

    assert rows(found) == [
        "cus-2 2026-03 JPY: 1000 -> 1200 (200), 1 -> 1",
        "cus-3 2026-03 EUR: 40.00 -> 42.00 (2.00), 1 -> 1",
        "res-1 2026-03 EUR: 50.00 -> 55.00 (5.00), 1 -> 1",
    ]
    assert {currency: amounts.difference for currency, amounts in found.totals().items()} == {"EUR": 7, "JPY": 200}


def test_only_the_given_days_are_run_and_never_a_closed_one() -> None:
    runs = ["2026-01-15", "2026-04-02"]
    found = what_if(seats(6, on="2026-02-20"), given=FIVE_SEATS, until="2026-04-30", runs=runs)

    assert {document.day for document in (*found.without, *found.then)} == {date(2026, 4, 2)}


def test_where_nothing_was_ever_billed_everything_is_still_to_come() -> None:
    found = what_if(seats(6, on="2026-01-01"), given=FIVE_SEATS, until="2026-02-28", closed=None)

    assert rows(found) == [
        "res-1 2026-01 EUR: 50.00 -> 60.00 (10.00), 1 -> 1",
        "res-1 2026-02 EUR: 50.00 -> 60.00 (10.00), 1 -> 1",
    ]


def test_a_late_order_that_moves_the_billing_day_gives_back_what_the_stub_was_billed_too_much() -> None:
    quarterly = ordered(1, "90.00", on="2025-03-02", term="P3M")
    earlier = ordered(1, "10.00", on="2025-01-31", sub="sub-0", customer={"id": "cus-1", "billing_day": 15})
    found = what_if(earlier, given=[quarterly], until="2025-04-02", closed=date(2025, 4, 1))

    (note,) = (document for document in found.then if document.kind == "credit_note")
    assert [(line.returns, line.start, line.end, str(line.net)) for line in note.lines] == [
        ("sub-1/2025-03-02/2025-03-02", date(2025, 3, 15), date(2025, 4, 1), "17.00"),
        ("sub-1/2025-04-01/2025-04-01", date(2025, 4, 1), date(2025, 7, 1), "90.00"),
    ]


def test_what_changes_nothing_has_no_row() -> None:
    same = setting("rounding", "unit", since="2026-02-02")
    found = what_if(same, seats(5, on="2026-02-20"), given=FIVE_SEATS, until="2026-04-30")

    assert (found.difference, found.without, found.then, found.rejected) == ({}, [], [], [])


def test_what_documents_are_called_is_no_difference() -> None:
    other = ordered(4, "10.00", on="2026-01-01", sub="sub-2", customer="cus-2", product="mail")
    ends = canceled(on="2026-03-20", sub="sub-2")
    found = what_if(
        ordered(1, "7.00", on="2025-12-20", sub="sub-3", customer="cus-3", product="backup", anchor="order_day"),
        given=[*FIVE_SEATS, other, ends], until="2026-04-30", closed=None,
    )  # fmt: skip

    assert {document.recipient for document in (*found.without, *found.then)} == {"cus-3"}


def test_the_same_total_of_other_lines_is_a_difference() -> None:
    other = ordered(6, "10.00", on="2026-01-01", sub="sub-2", reseller="res-1")
    swapped = [seats(6, on="2026-03-01"), seats(5, on="2026-03-01", sub="sub-2")]
    found = what_if(*swapped, given=[*FIVE_SEATS, other], until="2026-03-31")

    assert rows(found) == ["res-1 2026-03 EUR: 110.00 -> 110.00 (0.00), 1 -> 1"]
    assert [[line.quantity for line in document.lines] for document in (*found.without, *found.then)] == [
        [5, 6],
        [6, 5],
    ]


def test_what_the_rules_refuse_is_told_and_so_is_what_they_refuse_because_of_it() -> None:
    given = [*FIVE_SEATS, seats(6, on="2026-03-10")]
    found = what_if(canceled(on="2026-02-20"), seats(0, on="2026-02-10"), given=given, until="2026-04-30")

    assert [(one.source, one.type) for one in found.rejected] == [
        ("urn:test:what-if", "LicensesChanged"), ("urn:test:real", "LicensesChanged"),
    ]  # fmt: skip
    assert "was canceled with effect from 2026-02-20" in found.rejected[1].reason


def test_effects_of_several_portions_add_up() -> None:
    one, other = (
        what_if(seats(9, on="2026-02-10"), given=[ordered(1, "10.00", on="2026-01-01", customer=customer, reseller=r)],
                until="2026-03-31")
        for customer, r in (("cus-1", "res-1"), ("cus-2", "res-2"))
    )  # fmt: skip
    together = Effect()
    for found in (one, other):
        together.add(found)

    assert rows(together) == [*rows(one), *rows(other)]
    assert [document_shape(d) for d in together.then] == [document_shape(d) for d in (*one.then, *other.then)]
