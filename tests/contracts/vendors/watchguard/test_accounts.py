"""Accounts come page by page, whatever the pages are like; what cannot be read costs itself only."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from deploy.emulators.watchguard.seed import SeedAccount
from services.reconciliation.vendors.connector import (
    CustomerAtVendor,
    Misconfigured,
    NotReached,
    Refused,
    VendorAccount,
    VendorError,
)
from tests.contracts.vendors.watchguard.emulated import BAKERY, OWN, Emulated, all_of, numbered, speaking
from tests.contracts.vendors.watchguard.scripted import scripted


def listed(emulator: Emulated, **more: Any) -> tuple[list[VendorAccount], VendorError | None]:
    return speaking(emulator, lambda panda: all_of(panda.list_accounts()), **more)


def ids(found: list[VendorAccount]) -> list[str]:
    return [account.account_id for account in found]


def test_accounts_have_lower_case_ids_and_their_names(emulator: Emulated) -> None:
    found, error = listed(emulator)
    assert error is None
    assert [(each.account_id, each.name) for each in found] == [
        ("acc-1000001", "Northwind Bakery"), ("acc-1000002", "Harbour Logistics"),
        ("wgc-1-0a1b2c3d4e5f", "Old Mill Studio"),
    ]  # fmt: skip


def test_delegated_accounts_can_be_left_out(emulator: Emulated) -> None:
    found, _ = listed(emulator, include_delegated=False)
    assert ids(found) == ["acc-1000001", "acc-1000002"]


@pytest.mark.parametrize(
    "traps",
    [
        {},
        {"page_shape": "controls"},
        {"page_shape": "mixed"},
        {"null_totals": True},
        {"null_totals": True, "page_shape": "controls"},
        {"totals_off_by": 40},
        {"totals_off_by": -20},
        {"rows_at_most": 3},
        {"rows_at_most": 3, "null_totals": True},
        {"bom": True},
        {"slow": 2, "slow_seconds": 0.05},
        {"busy": 5},
        {"broken": 5},
        {"html": 5},
    ],
    ids=str,
)
def test_every_account_comes_once_whatever_the_pages_are_like(emulator: Emulated, traps: dict[str, Any]) -> None:
    emulator.seed(*numbered(23))
    emulator.trap(**traps)
    found, error = listed(emulator, page_size=10)
    assert error is None
    assert ids(found) == [f"acc-{number:07}" for number in range(23)]


def test_a_vendor_that_ignores_the_offset_is_not_asked_for_ever(emulator: Emulated) -> None:
    emulator.seed(*numbered(23))
    emulator.trap(same_page=True, null_totals=True)
    found, error = listed(emulator, page_size=10)
    assert (len(found), error) == (10, None)
    assert len(emulator.asked("/children")) == 2


def test_an_account_that_moves_to_another_page_while_they_are_read_comes_once() -> None:
    rows = [{"accountId": f"ACC-{number}", "type": 2} for number in (1, 2, 2, 3)]

    def answer(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params["offset"])
        return httpx.Response(200, json={"items": rows[offset : offset + 2]})

    found, error = scripted(answer, lambda panda: all_of(panda.list_accounts()), page_size=2)
    assert (ids(found), error) == (["acc-1", "acc-2", "acc-3"], None)


def test_one_broken_page_costs_its_accounts_only_and_is_said(emulator: Emulated) -> None:
    emulator.seed(*numbered(35))
    emulator.trap(broken_offsets=[10])
    found, error = listed(emulator, page_size=10, retries=1)
    assert ids(found) == [f"acc-{number:07}" for number in (*range(10), *range(20, 35))]
    assert isinstance(error, NotReached)
    assert str(error).startswith("All but 11 to 20 were read")


def test_a_vendor_that_is_away_is_not_asked_page_by_page_for_ever(emulator: Emulated) -> None:
    emulator.trap(only="/children", broken=1000)
    found, error = listed(emulator, retries=1)
    assert found == []
    assert isinstance(error, NotReached)
    assert "HTTP 502" in str(error)
    assert len(emulator.asked("/children")) == 6


def test_an_account_without_an_id_costs_itself_only_and_is_said(emulator: Emulated) -> None:
    emulator.trap(nameless_accounts=2)
    found, error = listed(emulator)
    assert len(found) == 3
    assert isinstance(error, NotReached)
    assert str(error).startswith("2 of the listed accounts have no id")


def test_a_kind_of_account_that_nobody_knows_yet_is_an_account(emulator: Emulated) -> None:
    emulator.trap(unknown_values=True)
    found, error = listed(emulator)
    assert (len(found), error) == (3, None)


def test_the_vendor_s_own_spelling_of_an_id_is_used_when_it_is_asked(emulator: Emulated) -> None:
    emulator.seed(SeedAccount(accountId="WGC-1-0A1b2C", name="Mixed", seats_used=2))

    async def sweep(panda: Any) -> Any:
        (account,), _ = await all_of(panda.list_accounts())
        return account.account_id, await panda.count_used(account.account_id)

    assert speaking(emulator, sweep) == ("wgc-1-0a1b2c", {"*": 2})


def test_our_own_account_misspelled_is_a_matter_of_configuration(emulator: Emulated) -> None:
    _, error = listed(emulator, account="WGC-1-other")
    assert isinstance(error, Misconfigured)
    assert "SEATLEDGER_WATCHGUARD_ACCOUNT" in str(error)


def test_credentials_are_checked_by_reading_our_own_account(emulator: Emulated) -> None:
    assert speaking(emulator, lambda panda: panda.check_credentials()).account_id == OWN.lower()
    with pytest.raises(Misconfigured):
        speaking(emulator, lambda panda: panda.check_credentials(), password="another")


def ensured(emulator: Emulated, name: str, **more: Any) -> VendorAccount:
    return speaking(emulator, lambda panda: panda.ensure_account(CustomerAtVendor("cust-1", name)), **more)


def test_an_account_is_found_by_its_name_in_any_case(emulator: Emulated) -> None:
    assert ensured(emulator, " northwind BAKERY ").account_id == BAKERY.lower()
    assert emulator.asked(method="POST", part="/accounts/v1/") == []


def test_an_account_that_is_not_there_is_made_once(emulator: Emulated) -> None:
    first = ensured(emulator, "Summit Dental")
    again = ensured(emulator, "summit dental")
    assert first == again
    assert len(emulator.asked(method="POST", part="/accounts/v1/")) == 1


def test_an_account_whose_making_was_answered_by_nothing_is_found_the_next_time(emulator: Emulated) -> None:
    emulator.trap(lose_answers=1)
    with pytest.raises(NotReached, match="may have been carried out all the same"):
        ensured(emulator, "Summit Dental")
    assert ensured(emulator, "Summit Dental").name == "Summit Dental"
    assert len(emulator.asked(method="POST", part="/accounts/v1/")) == 1


def test_no_account_is_made_while_the_list_is_incomplete(emulator: Emulated) -> None:
    emulator.trap(nameless_accounts=1)
    with pytest.raises(NotReached):
        ensured(emulator, "Summit Dental")
    assert emulator.asked(method="POST", part="/accounts/v1/") == []


def test_two_accounts_of_a_name_are_for_a_person_to_choose_from(emulator: Emulated) -> None:
    emulator.seed(SeedAccount(accountId="ACC-1", name="Twin"), SeedAccount(accountId="ACC-2", name="twin"))
    with pytest.raises(Refused, match=r"2 accounts named 'Twin' \(acc-1, acc-2\)"):
        ensured(emulator, "Twin")


def test_a_new_account_needs_a_contact(emulator: Emulated) -> None:
    with pytest.raises(Misconfigured, match="SEATLEDGER_WATCHGUARD_CONTACT_EMAIL"):
        ensured(emulator, "Summit Dental", contact_email=None)
