"""Rules R3.3, R1.9 and the conventions on cancellation, renewal and what is refused."""

from __future__ import annotations

import pytest

from tests.billing_dsl import (
    Event,
    Json,
    auto_renew,
    canceled,
    given,
    ordered,
    price,
    seats,
    table,
)

ON_THE_DAY: Json = {"id": "cus-1", "partial_charges_invoicing": "order_day"}


def test_the_day_of_cancellation_is_not_charged_and_everything_is_due_that_day() -> None:
    result = given(ordered(9, on="2019-03-01"), canceled(on="2019-03-20")).until("2019-05-01")

    assert result.documents[2:] == table("""
        2019-03-20 credit_note 34.83
            credit 2019-03-20..2019-03-31 9 x 3.87 = 34.83 (12/31 of 10.00) returns sub-1/2019-03-01/2019-03-01
    """)
    assert (result.subscription["status"], result.subscription["quantity"]) == ("canceled", 9)


def test_a_stub_that_waits_for_the_billing_day_is_due_when_it_ends() -> None:
    result = given(ordered(5, on="2019-01-15"), canceled(on="2019-01-20")).until("2019-03-01")

    assert result.documents == table("""
        2019-01-20 invoice 8.05
            prorated 2019-01-15..2019-01-19 5 x 1.61 = 8.05 (5/31 of 10.00)
    """)


def test_refund_policy_none_keeps_what_was_billed() -> None:
    result = given(ordered(9, on="2019-03-01", refund_policy="none"), canceled(on="2019-03-20")).until("2019-05-01")

    assert result.totals == ["2019-03-01 invoice 90.00"]


def test_refund_policy_none_charges_a_waiting_stub_in_full() -> None:
    # Whether the stub was already invoiced must make no difference: nothing of it would have come back.
    result = given(ordered(5, on="2019-01-15", refund_policy="none"), canceled(on="2019-01-20")).until("2019-03-01")

    assert result.totals == ["2019-01-20 invoice 27.40"]


def test_refund_policy_hours_keeps_hours_begun() -> None:
    # EX-7 without its window: bought 10 March 09:00, canceled 72 hours later: 120.00 x 72/8760 = 0.99 kept.
    result = given(
        ordered(
            10, "120.00", on="2025-03-10T09:00:00Z", term="P1Y", anchor="order_day", refund_policy="hours",
            customer=ON_THE_DAY,
        ),
        canceled(on="2025-03-13T09:00:00Z"),
    ).until("2025-12-31")  # fmt: skip

    assert result.documents[2:] == table("""
        2025-03-13 credit_note 1190.10
            credit 2025-03-13..2026-03-09 10 x 119.01 = 1190.10 (362/365 of 120.00) returns sub-1/2025-03-10/2025-03-10
    """)


def test_refund_policy_hours_on_an_installment_credits_the_current_one_and_voids_the_rest() -> None:
    result = given(
        ordered(
            10, "120.00", on="2025-03-10T09:00:00Z", term="P1Y", billing_frequency="P1M", refund_policy="hours",
            customer=ON_THE_DAY,
        ),
        canceled(on="2025-03-13T09:00:00Z"),
    ).until("2026-12-31")  # fmt: skip

    assert result.totals == ["2025-03-10 invoice 100.00", "2025-03-13 credit_note 90.30"]


@pytest.mark.parametrize(("at", "credit"), [("08:59:59", "90.30"), ("09:00:00", "90.30"), ("09:00:01", "90.20")])
def test_an_hour_that_has_begun_is_kept(at: str, credit: str) -> None:
    # 72 hours keep 0.97; 73 hours keep 10.00 x 73/744 = 0.98.
    result = given(
        ordered(
            10, "120.00", on="2025-03-10T09:00:00Z", term="P1Y", billing_frequency="P1M", refund_policy="hours",
            customer=ON_THE_DAY,
        ),
        canceled(on=f"2025-03-13T{at}Z"),
    ).until("2025-03-31")  # fmt: skip

    assert result.totals[1:] == [f"2025-03-13 credit_note {credit}"]


def test_refund_policy_can_be_a_setting() -> None:
    history = given(ordered(9, on="2019-03-01"), canceled(on="2019-03-20"))

    assert history.under(refund_policy="none").until("2019-05-01").totals == ["2019-03-01 invoice 90.00"]


@pytest.mark.parametrize(
    ("mode", "term", "ends"), [("end_of_cycle", "P1M", "2019-04-01"), ("end_of_term", "P1Y", "2020-03-01")]
)
def test_an_end_with_the_cycle_or_the_term_gives_nothing_back(mode: str, term: str, ends: str) -> None:
    history = given(ordered(9, on="2019-03-01", term=term), canceled(on="2019-03-20", mode=mode))

    assert history.until("2021-01-01").totals == ["2019-03-01 invoice 90.00"]
    assert history.until("2019-03-25").subscription["status"] == "active"
    assert history.until(ends).subscription["status"] == "canceled"


def test_a_backdated_cancellation_corrects_what_was_issued_before() -> None:
    result = given(ordered(9, on="2019-03-01"), canceled(on="2019-03-20", known="2019-04-05")).until("2019-05-01")

    assert result.totals == [
        "2019-03-01 invoice 90.00",
        "2019-04-01 invoice 90.00",
        "2019-04-05 credit_note 124.83",
    ]


def test_a_cancellation_backdated_to_the_start_takes_everything_back() -> None:
    result = given(ordered(9, on="2019-03-01"), canceled(on="2019-03-01", known="2019-03-05")).until("2019-05-01")

    assert result.totals == ["2019-03-01 invoice 90.00", "2019-03-05 credit_note 90.00"]


def test_a_scheduled_cancellation_does_not_block_changes_before_its_end() -> None:
    result = given(
        ordered(5, on="2019-03-01", customer=ON_THE_DAY),
        canceled(on="2019-03-05", mode="end_of_cycle"),
        seats(6, on="2019-03-22"),
    ).until("2019-05-01")

    assert result.totals == ["2019-03-01 invoice 50.00", "2019-03-22 invoice 3.23"]
    assert result.rejected == []


@pytest.mark.parametrize(
    "cancellation",
    [
        canceled(on="2019-03-05", mode="end_of_cycle"),
        canceled(on="2019-03-05", mode="end_of_term"),
        canceled(on="2019-03-25", known="2019-03-05"),
    ],
)
def test_turning_auto_renew_on_revokes_a_scheduled_cancellation(cancellation: Event) -> None:
    result = given(ordered(5, on="2019-03-01"), cancellation, auto_renew(True, on="2019-03-10")).until("2019-04-01")

    assert result.totals == ["2019-03-01 invoice 50.00", "2019-04-01 invoice 50.00"]
    assert result.subscription["status"] == "active"


def test_turning_auto_renew_on_does_not_undo_a_cancellation_that_has_come() -> None:
    result = given(ordered(5, on="2019-03-01"), canceled(on="2019-03-05"), auto_renew(True, on="2019-03-10")).until(
        "2019-04-01"
    )

    assert result.subscription["status"] == "canceled"
    assert [fact["type"] for fact in result.rejected] == ["AutoRenewChanged"]


def test_without_auto_renew_the_term_is_the_last() -> None:
    history = given(ordered(5, on="2019-03-01", auto_renew=False))

    assert history.until("2020-01-01").totals == ["2019-03-01 invoice 50.00"]
    assert history.until("2019-04-01").subscription["status"] == "expired"


def test_auto_renew_turned_off_and_on_again_renews() -> None:
    result = given(
        ordered(5, on="2019-03-01"), auto_renew(False, on="2019-03-05"), auto_renew(True, on="2019-03-10")
    ).until("2019-04-01")

    assert result.totals == ["2019-03-01 invoice 50.00", "2019-04-01 invoice 50.00"]


def test_a_one_time_charge_is_billed_once_in_full_and_at_once() -> None:
    result = given(ordered(3, "100.00", on="2019-01-15", charge="one_time")).until("2020-12-31")

    assert result.documents == table("""
        2019-01-15 invoice 300.00
            recurring 2019-01-15..2019-01-15 3 x 100.00 = 300.00
    """)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (seats(0, on="2019-03-10"), "a quantity of 0 is not a change of seats: cancel subscription sub-1 instead"),
        (seats(6, on="2019-02-27", known="2019-03-10"), "dated before subscription sub-1 starts"),
        (canceled(on="2019-02-27", known="2019-03-10"), "dated before subscription sub-1 starts"),
    ],
)
def test_what_cannot_be_is_rejected_with_a_reason_and_changes_nothing(change: Event, reason: str) -> None:
    result = given(ordered(5, on="2019-03-01"), change).until("2019-04-01")

    assert reason in result.reason
    assert result.totals == ["2019-03-01 invoice 50.00", "2019-04-01 invoice 50.00"]


@pytest.mark.parametrize("change", [seats(6, on="2019-03-21"), canceled(on="2019-03-21"), seats(6, on="2019-03-20")])
def test_a_change_after_the_end_is_rejected(change: Event) -> None:
    result = given(ordered(5, on="2019-03-01"), canceled(on="2019-03-20"), change).until("2019-06-01")

    assert "canceled with effect from 2019-03-20" in result.reason
    assert len(result.totals) == 2


def test_a_second_order_for_the_same_subscription_is_rejected() -> None:
    result = given(ordered(5, on="2019-03-01"), ordered(7, on="2019-03-10")).until("2019-03-31")

    assert (result.totals, result.reason[:34]) == (["2019-03-01 invoice 50.00"], "subscription sub-1 exists already:")


def test_seats_of_a_one_time_charge_do_not_change() -> None:
    result = given(ordered(3, on="2019-01-15", charge="one_time"), seats(4, on="2019-01-20")).until("2019-02-01")

    assert "subscription sub-1 is a one-time charge and has no seats to change" in result.reason


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"term": "P1Y", "billing_frequency": "P5M"}, "billing_frequency P5M does not divide the term P1Y"),
        ({"term": "P1M", "billing_frequency": "P1Y"}, "billing_frequency P1Y does not divide the term P1M"),
        ({"term": "P1Y", "billing_frequency": "P1M", "charge": "arrears"}, "arrears cannot be combined"),
        ({"trial_until": "2019-02-01"}, "trial_until 2019-02-01 lies before the start on 2019-03-01"),
        (
            {"custom_end": "2019-12-31"},
            "custom_end 2019-12-31 does not lie in the first term, 2019-03-01 to 2019-03-31",
        ),
        ({"charge": "one_time", "trial_until": "2019-04-01"}, "neither a trial nor a custom_end"),
    ],
)
def test_an_item_that_cannot_be_billed_is_rejected_and_so_is_what_follows_it(terms: Json, reason: str) -> None:
    result = given(ordered(5, on="2019-03-01", **terms), seats(6, on="2019-03-10")).until("2020-04-01")

    assert (result.documents, result.subscriptions) == ([], [])
    assert [fact["type"] for fact in result.rejected] == ["OrderExecuted", "LicensesChanged"]
    assert all(reason in fact["reason"] for fact in result.rejected)


def test_credits_never_exceed_what_the_line_billed() -> None:
    # A price put down backdated, then a cancellation: what the new line billed is all that comes back.
    result = given(
        ordered(1, on="2019-03-01"),
        price("6.00", since="2019-04-01", known="2019-04-10", backdate=True),
        canceled(on="2019-04-01", known="2019-04-15"),
    ).until("2019-05-01")

    assert result.totals == [
        "2019-03-01 invoice 10.00",
        "2019-04-01 invoice 10.00",
        "2019-04-10 credit_note 10.00",
        "2019-04-10 invoice 6.00",
        "2019-04-15 credit_note 6.00",
    ]


def test_canceled_without_billing_it_is_over_and_nothing_comes_back() -> None:
    before = given(ordered(10, on="2025-03-01"))

    credited = before.then(canceled(on="2025-03-11")).until("2025-05-01")
    silent = before.then(canceled(on="2025-03-11", billing="none")).until("2025-05-01")

    assert silent.subscription["status"] == credited.subscription["status"] == "canceled"
    assert [line.split()[1] for line in credited.totals] == ["invoice", "credit_note"]
    assert [line.split()[1] for line in silent.totals] == ["invoice"]


def test_canceled_without_billing_it_is_over_even_where_a_window_has_closed() -> None:
    yearly = given(ordered(10, on="2025-03-01", nce=True, term="P1Y", billing_frequency="P1M"))

    held = yearly.then(canceled(on="2025-06-20")).until("2025-08-02")
    over = yearly.then(canceled(on="2025-06-20", billing="none")).until("2025-08-02")

    assert (held.subscription["status"], over.subscription["status"]) == ("active", "canceled")
    assert over.totals == held.totals[:4]
