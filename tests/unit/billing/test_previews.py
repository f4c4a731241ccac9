"""What a command would cost, before it is confirmed: now, on the next documents, and what it makes of subscriptions."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal

import pytest

from shared.billing.documents import Document
from shared.billing.facts import Fact
from shared.billing.preview import MOST_DATES, Amount, Preview, preview
from shared.billing.run_loop import NOTHING_ISSUED, Issued, RunLoop
from shared.events.preview_shape import preview_shape
from tests.billing_dsl import (
    Event,
    Json,
    auto_renew,
    canceled,
    customer_changed,
    facts_from,
    of,
    ordered,
    price,
    seats,
    setting,
    suspended,
)


def asked(
    *tried: Event,
    given: Sequence[Event] = (),
    on: str,
    closed: str | None = "the day before",
    of: Collection[str] | None = None,
) -> Preview:
    """The preview of events on a day, where the given ones happened and were billed up to the closed day."""
    day = date.fromisoformat(on)
    known = facts_from(_identified(given, "urn:test:known"))
    issued = NOTHING_ISSUED if closed is None else _billed(known, day, closed)
    return preview(known, facts_from(_identified(tried, "urn:test:asked")), issued, day, of)


def _billed(known: Sequence[Fact], day: date, closed: str) -> Issued:
    last = date.fromordinal(day.toordinal() - 1) if closed == "the day before" else date.fromisoformat(closed)
    loop = RunLoop(known)
    loop.run(last)
    return loop.ledger(last)


def _identified(events: Sequence[Event], source: str) -> list[Event]:
    return [{"id": str(place), "source": source} | event for place, event in enumerate(events, 1)]


def rows(said: Preview) -> list[str]:
    """One line a day: what is billed without the command and with it (credit notes negative)."""
    return [f"{run.day} {_nets(run.without.documents)} -> {_nets(run.then.documents)}"
            for run in (said.now, *said.next)]  # fmt: skip


def _nets(documents: Sequence[Document]) -> str:
    signed = [f"{'-' if d.kind == 'credit_note' else ''}{d.net}" for d in documents]
    return " ".join(signed) or "nothing"


def shape_of(said: Preview) -> Json:
    """As the API answers it."""
    return json.loads(json.dumps(preview_shape(said)))  # type: ignore[no-any-return]


def nets(amounts: Mapping[str, Amount]) -> dict[str, str]:
    return {currency: str(amount.net) for currency, amount in amounts.items()}


INSTALLMENTS = ordered(10, "120.00", on="2025-01-15T00:00:00Z", nce=True, term="P1Y", billing_frequency="P1M")
TEN_SEATS = ordered(10, "10.00", on="2026-01-01")


def test_seats_within_an_installment_cost_the_rest_of_it_now_and_the_next_ones_more() -> None:
    """EX-4"""
    said = asked(seats(15, on="2025-04-25T00:00:00Z"), given=[INSTALLMENTS], on="2025-04-25")

    assert rows(said) == [
        "2025-04-25 nothing -> 33.35",
        "2025-05-15 100.00 -> 150.00",
        "2025-06-15 100.00 -> 150.00",
    ]
    (line,) = said.now.then.documents[0].lines
    assert (line.kind, line.quantity, line.unit_net, line.days, line.of_days) == (
        "prorated",
        5,
        Decimal("6.67"),
        20,
        30,
    )
    assert (nets(said.now.difference), nets(said.difference)) == ({"EUR": "33.35"}, {"EUR": "133.35"})
    (change,) = said.changes
    assert change.before is not None
    assert change.after is not None
    assert (change.before.state.quantity, change.after.state.quantity, change.later) == (10, 15, None)
    before, after = change.before.plan, change.after.plan
    assert before is not None
    assert after is not None
    assert (after.installments, after.invoiced, after.remaining) == (12, 4, 8)
    assert (before.next_invoice_amount, after.next_invoice_amount) == (Decimal("100.00"), Decimal("150.00"))
    assert said.effective == date(2025, 4, 25)


def test_seats_that_go_inside_their_window_come_back_on_a_credit_note_now() -> None:
    """EX-4, three days later"""
    given = [INSTALLMENTS, seats(15, on="2025-04-25T00:00:00Z")]
    said = asked(seats(12, on="2025-04-28T00:00:00Z"), given=given, on="2025-04-28")

    assert rows(said)[:2] == ["2025-04-28 nothing -> -17.01", "2025-05-15 150.00 -> 120.00"]
    assert said.now.difference["EUR"] == Amount(Decimal("-17.01"), Decimal("0.00"), Decimal("-17.01"))
    (line,) = said.now.then.documents[0].lines
    assert (line.kind, line.returns) == ("credit", "sub-1/2025-04-15/2025-04-25")


def test_what_the_rules_refuse_changes_nothing_and_is_told() -> None:
    """EX-4, after 168 hours"""
    given = [INSTALLMENTS, seats(15, on="2025-04-25T00:00:00Z")]
    said = asked(seats(14, on="2025-05-03T00:00:00Z"), given=given, on="2025-05-03")

    assert rows(said) == ["2025-05-03 nothing -> nothing", "2025-05-15 150.00 -> 150.00", "2025-06-15 150.00 -> 150.00"]
    (refused,) = said.rejected
    assert (refused.source, refused.type) == ("urn:test:asked", "LicensesChanged")
    assert nets(said.difference) == {"EUR": "0.00"}
    (change,) = said.changes
    assert change.before == change.after


@pytest.mark.parametrize(
    ("at", "terms", "expected"),
    [
        ("2025-03-13T09:00:00Z", {}, "2025-03-13 nothing -> -1190.10"),
        ("2025-03-11T05:00:00Z", {}, "2025-03-11 nothing -> -1200.00"),
        ("2025-03-13T09:00:00Z", {"billing_frequency": "P1M"}, "2025-03-13 nothing -> -90.30"),
    ],
    ids=["72 hours", "20 hours", "72 hours of an installment"],
)
def test_a_cancellation_gives_back_what_the_hours_leave(at: str, terms: Json, expected: str) -> None:
    """EX-7"""
    bought = ordered(10, "120.00", on="2025-03-10T09:00:00Z", nce=True, term="P1Y", **terms)
    said = asked(canceled(on=at), given=[bought], on=at[:10])

    assert rows(said)[0] == expected
    assert all(row.endswith("-> nothing") for row in rows(said)[1:])
    (change,) = said.changes
    assert change.after is not None
    assert (change.after.state.status, change.after.plan) == ("canceled", None)


def test_a_cancellation_outside_the_window_ends_with_the_term() -> None:
    """EX-7, at 169 hours"""
    bought = ordered(10, "120.00", on="2025-03-10T09:00:00Z", nce=True, term="P1Y")
    said = asked(canceled(on="2025-03-17T10:00:00Z"), given=[bought], on="2025-03-17")

    assert rows(said)[:2] == ["2025-03-17 nothing -> nothing", "2026-03-10 1200.00 -> nothing"]
    assert said.effective == date(2026, 3, 10)
    (change,) = said.changes
    assert change.after is not None
    assert change.later is not None
    assert (change.after.state.status, change.later.status) == ("active", "canceled")
    assert (change.subscription, change.after.state.subscription) == ("sub-1", "sub-1")
    assert len(said.next) == 2


def test_an_order_brings_a_subscription_into_being_and_shows_its_free_period() -> None:
    said = asked(ordered(5, "10.00", on="2019-01-15", free_period=True), on="2019-01-15", closed=None)

    assert rows(said) == [
        "2019-01-15 nothing -> nothing",
        "2019-02-01 nothing -> 50.00",
        "2019-03-01 nothing -> 50.00",
    ]
    free, _ = said.next[0].then.documents[0].lines
    assert (free.kind, free.net) == ("free", Decimal("0.00"))
    (change,) = said.changes
    assert change.before is None
    assert change.after is not None
    assert change.after.state.quantity == 5


def test_a_line_without_amount_is_shown_on_its_day_and_billed_with_the_next_document() -> None:
    """R6.6"""
    at_once = {"id": "cus-1", "partial_charges_invoicing": "order_day"}
    said = asked(ordered(5, "10.00", on="2019-01-15", free_period=True, customer=at_once), on="2019-01-15", closed=None)

    assert [(line.kind, line.start, line.end, line.quantity, line.net) for line in said.now.then.waiting] == [
        ("free", date(2019, 1, 15), date(2019, 2, 1), 5, Decimal("0.00"))
    ]
    assert [line.kind for line in said.next[0].then.documents[0].lines] == ["free", "recurring"]
    assert said.next[0].then.waiting == said.now.without.waiting == ()
    (waiting,) = shape_of(said)["now"]["with"]["waiting"]
    assert waiting == {
        "customer": "cus-1", "subscription": "sub-1", "product": "office", "kind": "free", "from": "2019-01-15",
        "to": "2019-01-31", "quantity": 5, "unit_price": "0.00", "net": "0.00",
    }  # fmt: skip


def test_what_is_due_on_the_billing_day_costs_nothing_now() -> None:
    said = asked(seats(12, on="2026-03-22"), given=[TEN_SEATS], on="2026-03-22")

    assert rows(said) == [
        "2026-03-22 nothing -> nothing",
        "2026-04-01 100.00 -> 126.46",
        "2026-05-01 100.00 -> 120.00",
    ]
    assert said.now.difference == {}


def test_days_without_a_run_are_run_first_and_not_laid_to_the_command() -> None:
    said = asked(seats(12, on="2026-04-02"), given=[TEN_SEATS], on="2026-04-02", closed="2026-03-15")

    assert rows(said)[:2] == ["2026-04-02 nothing -> nothing", "2026-05-01 100.00 -> 139.34"]


def test_where_today_is_closed_the_command_counts_from_the_first_open_day() -> None:
    order_day = setting("partial_charges_invoicing", "order_day", since="2026-01-01")
    said = asked(seats(12, on="2026-03-22"), given=[order_day, TEN_SEATS], on="2026-03-22", closed="2026-03-22")

    assert rows(said)[0] == "2026-03-23 nothing -> 6.46"


@pytest.mark.parametrize(
    ("zone", "day"), [("Pacific/Auckland", "2026-03-23"), ("America/New_York", "2026-03-22"), ("UTC", "2026-03-22")]
)
def test_now_is_the_day_of_the_customer(zone: str, day: str) -> None:
    customer = {"id": "cus-1", "time_zone": zone, "partial_charges_invoicing": "order_day"}
    given = [ordered(10, "10.00", on="2026-01-01", customer=customer)]
    said = asked(seats(12, on="2026-03-22T14:00:00Z"), given=given, on="2026-03-22", closed="2026-03-20")

    assert said.now.day == date.fromisoformat(day)
    assert nets(said.now.difference).keys() == {"EUR"}


def test_what_counts_is_the_zone_of_whom_the_command_is_about() -> None:
    auckland, new_york = (
        {"id": f"cus-{n}", "time_zone": z} for n, z in ((1, "Pacific/Auckland"), (2, "America/New_York"))
    )
    given = [
        ordered(10, "10.00", on="2026-01-01", customer=auckland),
        ordered(10, "10.00", on="2026-01-01", sub="sub-2", customer=new_york),
    ]
    days = [
        asked(tried | {"time": "2026-03-22T14:00:00Z"}, given=known, on="2026-03-22", closed="2026-03-20").now.day.day
        for tried, known in (
            (seats(12, on="2026-03-22"), given),
            (customer_changed(on="2026-03-22", separate_invoices=True), given),
            (customer_changed(on="2026-03-22", separate_invoices=True), given[:1]),
            (setting("issue_zero_invoices", True, since="2026-03-22"), given[:1]),
        )
    ]

    assert days == [23, 22, 23, 22]


def test_a_command_of_the_same_hour_as_its_order_counts_where_both_are_known() -> None:
    """At 23:00 UTC it is tomorrow in Athens, and nothing waits for an order of tomorrow there."""
    athens = {"id": "cus-1", "time_zone": "Europe/Athens", "partial_charges_invoicing": "order_day"}
    given = [ordered(10, "10.00", on="2026-03-09T23:00:00Z", customer=athens, anchor="order_day")]
    said = asked(seats(12, on="2026-03-09T23:00:05Z"), given=given, on="2026-03-10", closed="2026-03-08")

    assert (rows(said)[0], said.rejected) == ("2026-03-10 100.00 -> 120.00", ())


@pytest.mark.parametrize(
    ("first", "second", "day"),
    [("Pacific/Auckland", "America/New_York", 23), ("America/New_York", "Pacific/Auckland", 22)],
)
def test_where_two_orders_came_it_is_the_zone_of_the_one_that_founds(first: str, second: str, day: int) -> None:
    orders = [
        ordered(10, "10.00", on=on, customer={"id": "cus-1", "time_zone": zone})
        for on, zone in (("2026-01-02", second), ("2026-01-01", first))
    ]
    said = asked(seats(12, on="2026-03-22T14:00:00Z"), given=orders, on="2026-03-22", closed="2026-03-20")

    assert said.now.day == date(2026, 3, day)


@pytest.mark.parametrize(
    ("command", "zone", "order", "expected"),
    [
        ("2025-01-31T21:59:59Z", "Pacific/Auckland", "2025-01-31T23:59:59Z",
         ["2025-01-31 10.00 -> nothing", "2025-02-01 nothing -> 10.00"]),
        ("2025-02-01", "America/New_York", "2025-02-01T02:00:00Z",
         ["2025-01-31 nothing -> 10.00", "2025-02-01 10.00 -> nothing"]),
    ],
    ids=["to a later day", "to an earlier day"],
)  # fmt: skip
def test_an_order_that_the_command_moves_over_midnight_is_shown_on_both_days(
    command: str, zone: str, order: str, expected: list[str]
) -> None:
    """R0.12: the zone of an order without one is what was said of the customer before it, by the command too."""
    given = [ordered(1, "10.00", on=order, anchor="order_day")]
    said = asked(customer_changed(on=command, time_zone=zone), given=given, on="2025-01-31", closed="2025-01-30")

    assert rows(said)[:2] == expected


def test_what_is_scheduled_already_is_no_effect_of_the_command() -> None:
    scheduled = seats(15, on="2026-08-10", known="2026-01-01")
    said = asked(seats(12, on="2026-03-22"), given=[TEN_SEATS, scheduled], on="2026-03-22")

    assert (said.effective, len(said.next)) == (date(2026, 3, 22), 2)


def test_an_order_that_begins_later_has_its_effect_then() -> None:
    said = asked(ordered(10, "10.00", on="2026-05-10", known="2026-03-22"), on="2026-03-22", closed=None)

    assert said.effective == date(2026, 5, 10)
    assert rows(said)[1:] == ["2026-06-01 nothing -> 171.00", "2026-07-01 nothing -> 100.00"]


@pytest.mark.parametrize(("since", "shown"), [("2026-06-22", ["2026-06-22"]), ("2026-07-22", [])])
def test_two_cycles_and_a_month_are_looked_ahead_where_nothing_costs(since: str, shown: list[str]) -> None:
    given = [
        ordered(10, "0.00", on="2026-01-22", anchor="order_day"),
        ordered(1, "10.00", on="2026-01-22", sub="sub-2", product="setup", charge="one_time"),
        price("5.00", since=since, known="2026-01-23"),
    ]
    said = asked(seats(12, on="2026-03-22"), given=given, on="2026-03-22")

    assert [str(run.day) for run in said.next] == shown


def test_what_nobody_ordered_waits() -> None:
    said = asked(seats(12, on="2026-03-22"), on="2026-03-22", closed=None)

    assert (rows(said), said.effective) == (["2026-03-22 nothing -> nothing"], date(2026, 3, 22))
    (waits,) = said.rejected
    assert (waits.source, waits.reason.startswith("waits for the order")) == ("urn:test:asked", True)
    (change,) = said.changes
    assert (change.before, change.after, change.later) == (None, None, None)


def test_what_is_scheduled_is_shown_up_to_the_charge_after_it() -> None:
    scheduled = seats(12, on="2026-06-15", known="2026-03-22")
    said = asked(scheduled, given=[TEN_SEATS], on="2026-03-22")

    assert [row[:10] for row in rows(said)] == ["2026-03-22", "2026-04-01", "2026-05-01", "2026-06-01", "2026-07-01"]
    assert rows(said)[-2:] == ["2026-06-01 100.00 -> 100.00", "2026-07-01 100.00 -> 130.66"]
    (change,) = said.changes
    assert change.after is not None
    assert change.later is not None
    assert (said.effective, change.after.state.quantity, change.later.quantity) == (date(2026, 6, 15), 10, 12)


def test_another_price_of_the_next_term_is_shown_with_its_first_charge() -> None:
    """EX-15"""
    edited = of("PricingEdited", "2025-06-01", applies="next_term", unit_price="114.00")
    said = asked(edited, given=[INSTALLMENTS], on="2025-06-01")

    assert [row for row in rows(said) if row.startswith("2026")] == ["2026-01-15 100.00 -> 95.00"]
    assert nets(said.difference) == {"EUR": "-5.00"}
    (change,) = said.changes
    assert change.later is not None
    assert (said.effective, change.later.unit_price) == (date(2026, 1, 15), Decimal("9.50"))


def test_a_renewal_that_is_turned_off_and_on_again_shows_what_the_renewal_costs() -> None:
    yearly = ordered(1, "365.00", on="2026-01-01", term="P1Y")
    off = asked(auto_renew(False, on="2026-05-01"), given=[yearly], on="2026-05-01")
    on = asked(auto_renew(True, on="2026-06-01"), given=[yearly, auto_renew(False, on="2026-05-01")], on="2026-06-01")

    assert rows(off)[1] == "2027-01-01 365.00 -> nothing"
    assert rows(on)[1] == "2027-01-01 nothing -> 365.00"


def test_a_suspension_that_is_not_billed_gives_back_on_the_billing_day() -> None:
    unbilled = ordered(10, "10.00", on="2026-01-01", bill_while_suspended=False)
    said = asked(suspended(on="2026-03-11"), given=[unbilled], on="2026-03-11")

    assert rows(said) == [
        "2026-03-11 nothing -> nothing",
        "2026-04-01 100.00 -> -67.70",
        "2026-05-01 100.00 -> nothing",
    ]
    (change,) = said.changes
    assert change.after is not None
    assert change.after.state.status == "suspended"


def test_a_price_is_shown_from_its_day_on() -> None:
    said = asked(price("11.00", since="2026-05-01", known="2026-03-22"), given=[TEN_SEATS], on="2026-03-22")

    assert rows(said) == [
        "2026-03-22 nothing -> nothing",
        "2026-04-01 100.00 -> 100.00",
        "2026-05-01 100.00 -> 110.00",
    ]
    assert (said.effective, said.changes[0].subscription) == (date(2026, 5, 1), "sub-1")


def test_a_setting_is_shown_from_its_day_on_and_one_that_cannot_hold_is_told() -> None:
    held = asked(setting("refund_policy", "none", since="2026-06-01"), given=[TEN_SEATS], on="2026-06-01")
    refused = asked(setting("refund_policy", "sometimes", since="2026-06-01"), given=[TEN_SEATS], on="2026-06-01")

    assert (held.rejected, held.effective) == ((), date(2026, 6, 1))
    assert [(one.source, one.type) for one in refused.rejected] == [("urn:test:asked", "SettingChanged")]


def test_what_does_not_concern_a_subscription_leaves_it_out() -> None:
    other = ordered(1, "10.00", on="2026-01-01", sub="sub-2", customer="cus-2")
    said = asked(seats(12, on="2026-03-22"), given=[TEN_SEATS, other], on="2026-03-22")

    assert [change.subscription for change in said.changes] == ["sub-1"]
    assert rows(said)[1] == "2026-04-01 100.00 10.00 -> 126.46 10.00"
    assert nets(said.next[0].difference) == {"EUR": "26.46"}


def test_an_add_on_ends_with_its_parent_and_is_previewed_without_it() -> None:
    given = [TEN_SEATS, ordered(4, "5.00", on="2026-01-01", sub="sub-2", parent_subscription_id="sub-1")]
    both, add_on = (asked(canceled(on="2026-03-22"), given=given, on="2026-03-22", of=of) for of in (None, {"sub-2"}))

    assert rows(both)[:2] == ["2026-03-22 nothing -> -38.74", "2026-04-01 120.00 -> nothing"]
    assert rows(add_on)[:2] == ["2026-03-22 nothing -> -6.44", "2026-04-01 20.00 -> nothing"]
    assert [change.subscription for change in both.changes] == ["sub-1", "sub-2"]
    assert [change.subscription for change in add_on.changes] == ["sub-2"]


def test_documents_for_another_reseller_change_their_recipient_and_no_amount() -> None:
    moved = customer_changed(on="2026-03-22", reseller_id="res-9")
    said = asked(moved, given=[TEN_SEATS], on="2026-03-22")

    assert [d.recipient for d in (*said.next[0].without.documents, *said.next[0].then.documents)] == ["cus-1", "res-9"]
    assert nets(said.difference) == {"EUR": "0.00"}


def test_nothing_asked_is_a_look_at_what_comes() -> None:
    said = asked(given=[TEN_SEATS], on="2026-03-22")

    assert rows(said) == [
        "2026-03-22 nothing -> nothing",
        "2026-04-01 100.00 -> 100.00",
        "2026-05-01 100.00 -> 100.00",
    ]
    assert (said.changes, said.rejected, nets(said.difference)) == ((), (), {"EUR": "0.00"})


def test_what_is_charged_once_has_no_next_date() -> None:
    said = asked(ordered(2, "99.00", on="2026-03-22", charge="one_time"), on="2026-03-22", closed=None)

    assert rows(said) == ["2026-03-22 nothing -> 198.00"]


def test_dates_are_many_but_not_without_end() -> None:
    three_years = ordered(1, "3600.00", on="2026-01-01", term="P3Y", billing_frequency="P1M")
    edited = of("PricingEdited", "2026-01-02", applies="next_term", unit_price="1800.00")
    both = [three_years, ordered(1, "1.00", on="2026-01-10", sub="sub-2", anchor="order_day")]
    said = asked(edited, given=[three_years], on="2026-01-02")
    crowded = asked(edited, given=both, on="2026-01-02")

    assert (len(said.next), rows(said)[-1]) == (36, "2029-01-01 100.00 -> 50.00")
    assert len(crowded.next) == MOST_DATES


def test_as_json() -> None:
    given = [ordered(10, "10.00", on="2026-01-01", customer={"id": "cus-1", "tax_rate": "0.24"})]
    shape = shape_of(asked(canceled(on="2026-03-22"), seats(0, on="2026-03-22"), given=given, on="2026-03-22"))

    assert list(shape) == ["now", "next", "difference", "effective", "subscriptions", "rejected"]
    now = shape["now"]
    assert (now["date"], now["without"]) == ("2026-03-22", {"documents": [], "waiting": []})
    (note,) = now["with"]["documents"]
    assert (note["kind"], note["net"], note["lines"][0]["returns"]) == (
        "credit_note", "32.30", "sub-1/2026-03-01/2026-03-01",
    )  # fmt: skip
    assert "why" not in note["lines"][0]
    assert now["difference"] == [{"currency": "EUR", "net": "-32.30", "tax": "-7.75", "gross": "-40.05"}]
    (subscription,) = shape["subscriptions"]
    assert (subscription["subscription"], subscription["later"]) == ("sub-1", None)
    assert (subscription["before"]["status"], subscription["after"]["status"]) == ("active", "canceled")
    assert (subscription["after"]["plan"], "subscription" in subscription["after"]) == (None, False)
    (refused,) = shape["rejected"]
    assert refused.keys() == {"source", "id", "type", "reason"}
