"""What is changed at WatchGuard: assigned once however often it is asked for, and looked at afterwards."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from deploy.emulators.watchguard.seed import SeedAccount
from services.reconciliation.vendors.connector import Answer, Misconfigured, NoSuchAccount, NotReached, Refused
from tests.contracts.vendors.watchguard.emulated import (
    BAKERY,
    EMPTY,
    HARBOUR,
    THREE,
    Emulated,
    held,
    order,
    speaking,
)

EPDR = "acc-1000009/epdr/term"


@pytest.fixture
def empty(emulator: Emulated) -> Emulated:
    """One more account, which holds nothing."""
    emulator.seed(*THREE, SeedAccount(accountId=EMPTY, name="Empty"))
    return emulator


def provisioned(emulator: Emulated, retries: int = 5, **more: Any) -> str:
    return speaking(emulator, lambda panda: panda.provision(order(**more)), retries=retries)


def posts(emulator: Emulated) -> int:
    return len(emulator.asked("/assets", "POST"))


def test_an_order_is_assigned_with_its_quantity_and_end(empty: Emulated) -> None:
    assert provisioned(empty) == EPDR
    (allocation,) = empty.state.accounts[EMPTY].allocations
    assert (allocation.productName, allocation.quantity, allocation.licenseExpiryDate) == ("EPDR", 7, "2027-03-14")


@pytest.mark.parametrize(
    ("term", "expires"), [("P1M", "2026-03-31"), ("P1Y", "2027-03-14"), ("P3Y", "2029-03-14"), (None, None)]
)
def test_monthly_licences_end_on_the_first_others_after_their_term(
    empty: Emulated, term: str | None, expires: str | None
) -> None:
    provisioned(empty, term=term)
    assert empty.state.accounts[EMPTY].allocations[0].licenseExpiryDate == expires


def test_usage_is_allocated_without_an_end(empty: Emulated) -> None:
    assert provisioned(empty, product="panda-flex") == "acc-1000009/edr/subscription"
    assert empty.state.accounts[EMPTY].allocations[0].licenseExpiryDate is None


def test_asked_twice_it_is_assigned_once(empty: Emulated) -> None:
    assert provisioned(empty) == provisioned(empty) == EPDR
    assert (posts(empty), empty.quantities(EMPTY)) == (1, {"EPDR": 7})


def test_asked_twice_at_once_it_is_assigned_once(empty: Emulated) -> None:
    async def at_once(panda: Any) -> list[str]:
        return list(await asyncio.gather(*(panda.provision(order()) for _ in range(5))))

    assert set(speaking(empty, at_once)) == {EPDR}
    assert posts(empty) == 1


@pytest.mark.parametrize("means", ["total", "difference"])
def test_an_assignment_whose_answer_was_lost_is_found_by_looking(empty: Emulated, means: str) -> None:
    empty.trap(lose_answers=1, quantity_means=means)
    assert provisioned(empty) == provisioned(empty) == EPDR
    assert (posts(empty), empty.quantities(EMPTY)) == (1, {"EPDR": 7})


def test_an_assignment_that_does_not_show_yet_is_not_known_and_found_the_next_time(empty: Emulated) -> None:
    empty.trap(lose_answers=1, late_summary=True)
    with pytest.raises(NotReached, match="may have been carried out all the same"):
        provisioned(empty)
    empty.trap(late_summary=False)
    assert provisioned(empty) == EPDR
    assert posts(empty) == 1


def test_an_assignment_that_was_turned_away_as_too_many_requests_is_tried_again(empty: Emulated) -> None:
    empty.trap(only="/assets", busy=4)
    assert provisioned(empty) == EPDR
    assert empty.quantities(EMPTY) == {"EPDR": 7}


def test_a_failure_that_may_have_been_a_success_is_not_repeated_but_looked_at(empty: Emulated) -> None:
    empty.trap(only="/assets", only_method="POST", broken=1)
    with pytest.raises(NotReached, match=r"HTTP 502.*may have been carried out all the same"):
        provisioned(empty)
    assert posts(empty) == 1
    assert provisioned(empty) == EPDR
    assert (posts(empty), empty.quantities(EMPTY)) == (2, {"EPDR": 7})


@pytest.mark.parametrize("fails", range(4), ids=["the token", "the look before", "the assignment", "the look after"])
def test_whichever_call_of_an_assignment_fails_it_is_assigned_once_in_the_end(empty: Emulated, fails: int) -> None:
    empty.trap(after=fails, broken=1)
    try:
        provisioned(empty, retries=0)
    except NotReached:
        assert fails < 3
    assert provisioned(empty, retries=0) == EPDR
    assert empty.quantities(EMPTY) == {"EPDR": 7}
    assert [call["status"] for call in empty.asked("/assets", "POST")] == ([502, 201] if fails == 2 else [201])


def test_an_existing_allocation_of_the_quantity_is_taken_as_the_one_asked_for(emulator: Emulated) -> None:
    assert provisioned(emulator, account_id=BAKERY.lower(), quantity=20) == "acc-1000001/epdr/term"
    assert posts(emulator) == 0


def test_another_quantity_of_the_same_product_is_refused(emulator: Emulated) -> None:
    with pytest.raises(Refused, match="EPDR is there already, with 20 seats: change their number instead"):
        provisioned(emulator, account_id=BAKERY.lower(), quantity=5)


@pytest.mark.parametrize("family", [None, "endpoint", "whatever the catalogue calls it"])
def test_a_second_product_of_a_family_is_refused_with_the_offer_of_an_upgrade(
    emulator: Emulated, family: str | None
) -> None:
    with pytest.raises(Refused, match="upgrade it to EPDR, or cancel it first"):
        provisioned(emulator, account_id=HARBOUR.lower(), family=family)
    assert posts(emulator) == 0


def test_a_module_stands_beside_a_product(emulator: Emulated) -> None:
    assert (
        provisioned(emulator, account_id=BAKERY.lower(), product="panda-patch") == "acc-1000001/patch management/term"
    )


def test_what_has_expired_is_in_nobody_s_way(emulator: Emulated) -> None:
    assert provisioned(emulator, account_id="wgc-1-0a1b2c3d4e5f") == "wgc-1-0a1b2c3d4e5f/epdr/term"


def test_a_trial_beside_a_product_and_a_product_beside_a_trial(empty: Emulated) -> None:
    assert provisioned(empty, is_trial=True) == "acc-1000009/epdr/trial"
    assert provisioned(empty) == EPDR
    with pytest.raises(Refused, match="no trial_type is configured for EPP"):
        provisioned(empty, product="panda-epp", is_trial=True)


def test_a_pool_that_is_empty_is_refused_in_the_vendor_s_words(emulator: Emulated) -> None:
    emulator.seed(SeedAccount(accountId=EMPTY, name="Empty"), pool={"EPDR": 6})
    with pytest.raises(Refused, match="only 6 of EPDR are left to allocate") as caught:
        provisioned(emulator)
    assert (caught.value.code, caught.value.correlation) == ("NotEnoughLicenses", "emulated-1")


def test_a_product_without_an_offer_is_for_a_person(empty: Emulated) -> None:
    with pytest.raises(Misconfigured, match="SEATLEDGER_WATCHGUARD_OFFERS"):
        provisioned(empty, product="panda-other")


def test_an_account_that_is_not_ours_gets_nothing(empty: Emulated) -> None:
    with pytest.raises(NoSuchAccount):
        provisioned(empty, account_id="acc-7777777")


@pytest.mark.parametrize(
    ("wrong", "said"), [({"quantity": 0}, "order 1 or more"), ({"term": "one year"}, "P1M, P1Y or P3Y")]
)
def test_an_order_that_is_none_is_refused(empty: Emulated, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=said):
        provisioned(empty, **wrong)


@pytest.mark.parametrize("means", ["total", "difference"])
@pytest.mark.parametrize("to", [25, 19, 1, 20])
def test_seats_are_brought_to_a_number_whatever_a_quantity_means(emulator: Emulated, means: str, to: int) -> None:
    emulator.trap(quantity_means=means)
    for _ in range(2):
        answer = speaking(
            emulator, lambda panda: panda.change_quantity("acc-1000001", "acc-1000001/epdr/term", to, "r-1"),
            quantity_sent=means,
        )  # fmt: skip
        assert (answer, emulator.quantities(BAKERY)) == ("done", {"EPDR": to})


@pytest.mark.parametrize("means", ["total", "difference"])
def test_a_change_whose_answer_was_lost_is_not_made_twice(emulator: Emulated, means: str) -> None:
    emulator.trap(quantity_means=means, lose_answers=1)
    for _ in range(2):
        assert changed(emulator, 25, quantity_sent=means) == "done"
    assert emulator.quantities(BAKERY) == {"EPDR": 25}


def changed(emulator: Emulated, to: int, **more: Any) -> Answer:
    return speaking(
        emulator, lambda panda: panda.change_quantity("acc-1000001", "ACC-1000001/EPDR/Term", to, "r-1"), **more
    )


def test_a_change_that_does_not_show_yet_is_accepted(emulator: Emulated) -> None:
    emulator.trap(late_summary=True)
    assert changed(emulator, 25) == "accepted"


def test_a_quantity_that_means_something_else_is_noticed(emulator: Emulated) -> None:
    emulator.trap(quantity_means="difference")
    with pytest.raises(Refused, match=r"to go from 20 to 25 seats, and WatchGuard shows 45 now.*QUANTITY_SENT"):
        changed(emulator, 25)


def test_no_seats_are_a_cancellation_and_nothing_can_be_changed_that_is_gone(emulator: Emulated) -> None:
    with pytest.raises(Refused, match="cancel it instead"):
        changed(emulator, 0)
    emulator.seed(SeedAccount(accountId=BAKERY, name="Bare"))
    with pytest.raises(Refused, match=r"no allocation ACC-1000001/EPDR/Term any more"):
        changed(emulator, 5)


def test_suspending_takes_back_and_resuming_allocates_again(emulator: Emulated) -> None:
    end = datetime(2027, 1, 31, 23, 59, 59, tzinfo=UTC)

    async def there_and_back(panda: Any) -> list[Answer]:
        name = "acc-1000001/epdr/term"
        answers = [await panda.suspend("acc-1000001", name, "r-1"), await panda.suspend("acc-1000001", name, "r-1")]
        assert emulator.quantities(BAKERY) == {}
        for _ in range(2):
            answers.append(await panda.resume("acc-1000001", name, "r-2", quantity=20, term_end=end))
        return answers

    assert speaking(emulator, there_and_back) == ["done"] * 4
    (allocation,) = emulator.state.accounts[BAKERY].allocations
    assert (allocation.productName, allocation.quantity, allocation.licenseExpiryDate) == ("EPDR", 20, "2027-01-31")
    assert len(emulator.asked("/assets", "DELETE")) == posts(emulator) == 1


def test_resuming_needs_the_number_of_seats_and_the_offer(emulator: Emulated) -> None:
    emulator.seed(SeedAccount(accountId=BAKERY, name="Bare"))
    with pytest.raises(Refused, match="say how many seats"):
        speaking(emulator, lambda panda: panda.resume("acc-1000001", "acc-1000001/epdr/term", "r-1"))
    with pytest.raises(Misconfigured, match="No offer in SEATLEDGER_WATCHGUARD_OFFERS"):
        speaking(emulator, lambda panda: panda.resume("acc-1000001", "acc-1000001/ad360/term", "r-1", quantity=3))


@pytest.mark.parametrize("hidden", [False, True])
def test_the_licence_that_was_allocated_is_taken_back_and_given_again(emulator: Emulated, hidden: bool) -> None:
    offers = {"panda-epdr": {"product_name": "EPDR", "license": "KEY-A"}}
    emulator.seed(SeedAccount(accountId=EMPTY, name="Empty"))
    emulator.trap(hide_licenses=hidden)
    end = datetime(2027, 1, 31, 23, 59, 59, tzinfo=UTC)

    async def there_and_back(panda: Any) -> str:
        name: str = await panda.provision(order())
        assert await panda.change_quantity(EMPTY.lower(), name, 9, "r-1") == "done"
        assert await panda.suspend(EMPTY.lower(), name, "r-2") == "done"
        assert await panda.resume(EMPTY.lower(), name, "r-3", quantity=9, term_end=end) == "done"
        return name

    assert speaking(emulator, there_and_back, offers=offers) == EPDR + ("" if hidden else "/key-a")
    assert emulator.state.accounts[EMPTY].allocations == [
        held("EPDR", 9, serialOrLicense="KEY-A", licenseExpiryDate="2027-01-31")
    ]


def test_cancelling_takes_back_once_and_needs_a_reason_code(emulator: Emulated) -> None:
    name = "acc-1000001/epdr/term"
    with pytest.raises(Refused, match="needs a reason code"):
        speaking(emulator, lambda panda: panda.cancel("acc-1000001", name, " ", "r-1"))
    for _ in range(2):
        assert speaking(emulator, lambda panda: panda.cancel("acc-1000001", name, "NO_LONGER_NEEDED", "r-1")) == "done"
    assert emulator.quantities(BAKERY) == {}
    assert len(emulator.asked("/assets", "DELETE")) == 1


def test_a_cancellation_whose_answer_was_lost_is_found_by_looking(emulator: Emulated) -> None:
    emulator.trap(lose_answers=1)
    assert speaking(emulator, lambda panda: panda.cancel("acc-1000001", "acc-1000001/epdr/term", "X", "r-1")) == "done"
