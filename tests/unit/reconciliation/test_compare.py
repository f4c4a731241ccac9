"""What is billed here beside what a vendor has: the verdict on each subscription (rules R7.2 to R7.5, EX-18)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.reconciliation.compare import compare
from services.reconciliation.delay import Policy
from services.reconciliation.sides import Look, Ours, Theirs
from services.reconciliation.verdicts import Compared
from shared.events.models.reconciliation import Status

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=30)
SEEN = Look("snapshot-1", NOW)
FAILED = replace(SEEN, failed="the vendor answered 500")


def ours(number: int | str, quantity: int, status: Status = "active", linked: str | None = "") -> Ours:
    vendor_id = f"v{number}" if linked == "" else linked
    return Ours(f"S{number}", "cus-1", "office", quantity, status, LONG_AGO, vendor_id)


def theirs(number: int | str, quantity: int, status: Status = "active") -> Theirs:
    return Theirs("acc-1", f"v{number}", "office:1", quantity, status, status)


def compared(
    here: Iterable[Ours],
    there: Iterable[Theirs],
    looks: dict[str, Look] | None = None,
    at: datetime = NOW,
) -> list[Compared]:
    return list(compare(here, there, {"acc-1": SEEN} if looks is None else looks, at, Policy()))


def verdicts(rows: Iterable[Compared]) -> dict[str | None, str]:
    return {row.subscription or row.vendor_subscription: " ".join(row.verdicts) for row in rows}


def test_ex_18() -> None:
    here = [ours(1, 5), ours(2, 10), ours(3, 3, "suspended"), ours(5, 2)]
    there = [theirs(1, 5), theirs(2, 12), theirs(3, 3), theirs(4, 7)]

    rows = compared(here, there)

    assert verdicts(rows) == {
        "S1": "OK", "S2": "QUANTITY_MISMATCH", "S3": "STATUS_MISMATCH", "S5": "MISSING_IN_VENDOR",
        "v4": "MISSING_IN_BSS",
    }  # fmt: skip


def test_the_union_of_both_sides() -> None:
    rows = compared([ours(n, 1) for n in range(10)], [theirs(n, 1) for n in range(3, 15)])

    assert len(rows) == 15
    assert sum(row.verdicts == ("OK",) for row in rows) == 7


def test_quantity_and_status_may_both_differ() -> None:
    (row,) = compared([ours(1, 5)], [theirs(1, 6, "suspended")])

    assert row.verdicts == ("QUANTITY_MISMATCH", "STATUS_MISMATCH")
    assert row.actions == ("ALIGN_BSS_QUANTITY", "PUSH_QUANTITY_TO_VENDOR", "IGNORE", "ALIGN_BSS_STATUS")


@pytest.mark.parametrize(
    ("here", "there", "verdict"),
    [
        pytest.param(("active", 5), ("canceled", 3), "STATUS_MISMATCH", id="over there: its seats say nothing"),
        pytest.param(("canceled", 5), ("active", 3), "STATUS_MISMATCH", id="over here"),
        pytest.param(("canceled", 5), ("expired", 3), "OK", id="over on both sides, whatever it is called"),
        pytest.param(("deleted", 5), ("disabled", 5), "OK", id="long over"),
        pytest.param(("pending", 5), ("active", 5), "NOT_COMPARABLE", id="has not begun here"),
        pytest.param(("active", 5), ("pending", 5), "NOT_COMPARABLE", id="being provisioned there"),
        pytest.param(("failed", 5), ("active", 5), "STATUS_MISMATCH", id="failed here, and there it is"),
    ],
)
def test_statuses(here: tuple[Status, int], there: tuple[Status, int], verdict: str) -> None:
    rows = compared([ours(1, here[1], here[0])], [theirs(1, there[1], there[0])])

    assert verdicts(rows) == {"S1": verdict}


@pytest.mark.parametrize("status", ["canceled", "expired", "disabled", "deleted"])
def test_what_is_over_on_one_side_and_gone_on_the_other_has_no_row(status: Status) -> None:
    assert compared([ours(1, 5, status)], [theirs(2, 5, status)]) == []


def test_what_began_anew_here_stands_for_what_was_cancelled() -> None:
    rows = compared([ours(1, 5, "canceled"), replace(ours(2, 5), vendor_subscription="v1")], [theirs(1, 5)])

    assert verdicts(rows) == {"S2": "OK"}


def test_a_vendor_subscription_that_two_are_linked_to_is_nobodys_difference() -> None:
    rows = compared([ours(1, 5), ours(2, 9, linked="v1")], [theirs(1, 5)])

    assert verdicts(rows) == {"S1": "NOT_COMPARABLE", "S2": "NOT_COMPARABLE"}
    assert rows[0].reason == "linked to the same as S2: relink one of them"


def test_an_account_that_could_not_be_looked_at_is_not_observed_never_missing() -> None:
    here = [ours(1, 5), ours(2, 5), replace(ours(3, 5), customer="cus-2", account="acc-2")]

    rows = compared(here, [theirs(1, 99)], {"acc-1": FAILED, "acc-2": SEEN})

    assert verdicts(rows) == {"S1": "NOT_COMPARABLE", "S2": "NOT_COMPARABLE", "S3": "MISSING_IN_VENDOR"}
    assert rows[0].reason == "account acc-1 could not be looked at: the vendor answered 500"


def test_without_its_account_nothing_is_missing_while_any_account_could_not_be_looked_at() -> None:
    stranger = replace(ours(7, 5), customer="cus-7")

    (unsure,) = compared([stranger], [], {"acc-1": SEEN, "acc-2": FAILED})
    (sure,) = compared([stranger], [], {"acc-1": SEEN})
    (unasked,) = compared([stranger], [], {})

    assert (unsure.verdicts, sure.verdicts, unasked.verdicts) == (
        ("NOT_COMPARABLE",), ("MISSING_IN_VENDOR",), ("NOT_COMPARABLE",)
    )  # fmt: skip
    assert unsure.reason == "its account is not known, and acc-2 could not be looked at"


def test_an_account_of_another_customer_that_failed_hides_nothing_of_one_whose_account_is_not_known() -> None:
    stranger = replace(ours(7, 5), customer="cus-7")

    rows = compared([ours(1, 5), stranger], [theirs(1, 5)], {"acc-1": FAILED, "acc-2": SEEN})

    assert verdicts(rows) == {"S1": "NOT_COMPARABLE", "S7": "MISSING_IN_VENDOR"}


def test_of_several_that_are_over_here_and_go_on_there_the_last_one_is_told_and_told_once() -> None:
    first, last = (
        ours(1, 5, "canceled"),
        replace(ours(2, 4, "expired", linked="v1"), told_until=NOW - timedelta(days=2)),
    )

    rows = compared([first, last], [theirs(1, 5)])

    assert verdicts(rows) == {"S2": "STATUS_MISMATCH"}


def test_an_account_that_is_stated_and_was_never_looked_at() -> None:
    (row,) = compared([replace(ours(1, 5), account="acc-9")], [])

    assert (row.verdicts, row.reason) == (("NOT_COMPARABLE",), "its account acc-9 was not looked at yet")


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        (timedelta(minutes=59), "NOT_COMPARABLE"),
        (timedelta(hours=1), "QUANTITY_MISMATCH"),
        (timedelta(hours=-1), "NOT_COMPARABLE"),
    ],
)
def test_a_change_here_has_an_hour_to_be_seen_at_the_vendor(changed: timedelta, verdict: str) -> None:
    (row,) = compared([replace(ours(1, 5), told_until=NOW - changed)], [theirs(1, 6)])

    assert row.verdicts == (verdict,)


def test_an_order_has_that_hour_too() -> None:
    (row,) = compared([replace(ours(1, 5), told_until=NOW - timedelta(minutes=5), account="acc-1")], [])

    assert row.verdicts == ("NOT_COMPARABLE",)


@pytest.mark.parametrize(
    ("ends", "verdict"),
    [
        (timedelta(hours=23), "NOT_COMPARABLE"),
        (timedelta(hours=-23), "NOT_COMPARABLE"),
        (timedelta(hours=24), "QUANTITY_MISMATCH"),
        (timedelta(hours=-25), "QUANTITY_MISMATCH"),
    ],
)
def test_a_renewal_has_a_day_around_the_end_of_the_term(ends: timedelta, verdict: str) -> None:
    (row,) = compared([ours(1, 5)], [replace(theirs(1, 6), term_end=NOW + ends)])

    assert row.verdicts == (verdict,)


def test_what_only_a_hint_showed_is_a_finding_once_two_days_have_passed() -> None:
    hinted = {"acc-1": replace(SEEN, hinted=True)}

    (soon,) = compared([ours(1, 5)], [theirs(1, 6)], hinted, at=NOW + timedelta(hours=47))
    (late,) = compared([ours(1, 5)], [theirs(1, 6)], hinted, at=NOW + timedelta(hours=48))
    (new,) = compared([], [theirs(1, 6)], hinted)

    assert (soon.verdicts, late.verdicts, new.verdicts) == (
        ("NOT_COMPARABLE",), ("QUANTITY_MISMATCH",), ("NOT_COMPARABLE",)
    )  # fmt: skip


def test_where_both_agree_no_delay_matters() -> None:
    here = replace(ours(1, 5), told_until=NOW)
    there = replace(theirs(1, 5), term_end=NOW)

    (row,) = compared([here], [there], {"acc-1": replace(SEEN, hinted=True)})

    assert row.verdicts == ("OK",)


def test_a_word_that_nobody_knows_costs_only_its_own_row() -> None:
    unknown = replace(theirs(1, 5, "pending"), raw_status="hibernating")

    rows = compared([ours(1, 6), ours(2, 6)], [unknown, theirs(2, 5)])

    assert verdicts(rows) == {"S1": "NOT_COMPARABLE", "S2": "QUANTITY_MISMATCH"}
    assert rows[0].reason == "the vendor says 'hibernating' of it"


@pytest.mark.parametrize(
    ("renews_here", "renews_there", "scheduled", "warnings"),
    [
        pytest.param(True, True, None, (), id="both renew"),
        pytest.param(False, False, True, (), id="both end"),
        pytest.param(False, False, False, ("EXTENDED_SERVICE_TERM",), id="nobody told the vendor to cancel"),
        pytest.param(True, False, False, ("EXTENDED_SERVICE_TERM", "RENEWAL_DIFFERS"), id="off there alone"),
        pytest.param(False, True, None, ("RENEWAL_DIFFERS",), id="off here alone"),
        pytest.param(False, None, None, (), id="the vendor does not say"),
    ],
)
def test_the_next_renewal(
    renews_here: bool, renews_there: bool | None, scheduled: bool | None, warnings: tuple[str, ...]
) -> None:
    there = replace(theirs(1, 5), auto_renew=renews_there, scheduled_cancel=scheduled)

    (row,) = compared([replace(ours(1, 5), auto_renew=renews_here)], [there])

    assert (row.verdicts, row.warnings) == (("OK",), warnings)


def test_what_was_migrated_to_another_id_is_named_on_both_sides() -> None:
    there = [replace(theirs("new", 5), migrated_from="v1"), theirs(2, 1)]

    missing, linked, unknown = compared([ours(1, 5), ours(2, 1)], there)

    assert (missing.verdicts, missing.candidates) == (("MISSING_IN_VENDOR",), ("vnew",))
    assert (unknown.verdicts, unknown.candidates) == (("MISSING_IN_BSS",), ("S1",))
    assert linked.verdicts == ("OK",)


@pytest.mark.parametrize(("used", "warnings"), [(None, ()), (5, ()), (6, ("USED_ABOVE_SOLD",))])
def test_seats_in_use_beyond_those_sold(used: int | None, warnings: tuple[str, ...]) -> None:
    (row,) = compared([ours(1, 5)], [replace(theirs(1, 5), used=used)])

    assert (row.verdicts, row.warnings) == (("OK",), warnings)
