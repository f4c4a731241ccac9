"""What accounts hold and use. The summary's shape is unverified against a live tenant: it is read in several."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deploy.emulators.watchguard.seed import SeedAccount, SeedDevice, example
from services.reconciliation.observing import Observation, readable
from services.reconciliation.vendors.connector import Entitlement, NoSuchAccount, NotReached, VendorAccount
from tests.contracts.vendors.watchguard.emulated import BAKERY, HARBOUR, MILL, Emulated, held, speaking


def holds(emulator: Emulated, account: str, **more: Any) -> Sequence[Entitlement]:
    return speaking(emulator, lambda panda: panda.list_entitlements(account.lower()), **more)


def uses(emulator: Emulated, account: str, **more: Any) -> dict[str, int]:
    return dict(speaking(emulator, lambda panda: panda.count_used(account.lower()), **more))


def test_an_allocation_is_an_entitlement_that_is_active_until_its_day_is_over(emulator: Emulated) -> None:
    (found,) = holds(emulator, BAKERY)
    assert found == Entitlement(
        "acc-1000001/epdr/term", "epdr", 20, "active", "", name="EPDR", is_trial=False,
        term_end=datetime(2027, 1, 31, 23, 59, 59, tzinfo=UTC),
    )  # fmt: skip


@pytest.mark.parametrize(("now", "status"), [
    (datetime(2027, 1, 31, 23, 59, 59, tzinfo=UTC), "active"), (datetime(2027, 2, 1, tzinfo=UTC), "expired"),
])  # fmt: skip
def test_the_day_of_expiry_is_covered_whole(emulator: Emulated, now: datetime, status: str) -> None:
    (found,) = holds(emulator, BAKERY, now=now)
    assert found.status == status


def test_all_that_the_emulators_own_example_holds_can_be_told_as_events(emulator: Emulated) -> None:
    accounts = example().accounts
    emulator.seed(*accounts)
    for account in accounts:
        known = VendorAccount(account.accountId.lower(), account.name)
        seen = Observation("panda", known, datetime(2026, 3, 15, tzinfo=UTC), holds(emulator, account.accountId))
        assert readable(seen).failed is None


def test_what_has_expired_is_still_shown(emulator: Emulated) -> None:
    (found,) = holds(emulator, MILL)
    assert (found.status, found.quantity) == ("expired", 5)


def test_an_account_without_allocations_holds_nothing(emulator: Emulated) -> None:
    emulator.seed(SeedAccount(accountId=BAKERY, name="Bare"))
    assert list(holds(emulator, BAKERY)) == []


@pytest.mark.parametrize("shape", ["items", "by_product", "grouped", "bare", "days_left"])
@pytest.mark.parametrize("bom", [False, True])
def test_a_summary_is_read_whatever_stands_around_its_rows(emulator: Emulated, shape: str, bom: bool) -> None:
    emulator.trap(summary_shape=shape, bom=bom)
    found = holds(emulator, HARBOUR)
    assert [(each.product_key, each.quantity, each.status) for each in found] == [
        ("epp", 10, "active"), ("patch management", 10, "active"),
    ]  # fmt: skip


def test_days_that_are_left_are_an_end_too(emulator: Emulated) -> None:
    today = datetime.now(UTC)
    expiry = (today + timedelta(days=30)).date()
    emulator.seed(SeedAccount(accountId=BAKERY, name="B", allocations=[held("EPP", 1, licenseExpiryDate=str(expiry))]))
    emulator.trap(summary_shape="days_left")
    (found,) = holds(emulator, BAKERY, now=today)
    assert found.term_end is not None
    assert abs(found.term_end.date() - expiry) <= timedelta(days=1)


def test_a_summary_of_no_known_shape_says_nothing_of_its_account(emulator: Emulated) -> None:
    emulator.trap(summary_shape="unknown")
    with pytest.raises(NotReached, match="nothing is concluded of this account"):
        holds(emulator, BAKERY)


def test_words_that_nobody_knows_yet_are_kept_as_they_are(emulator: Emulated) -> None:
    emulator.trap(unknown_values=True)
    found = holds(emulator, BAKERY)
    assert [(each.product_key, each.status, each.raw_status) for each in found] == [
        ("epdr", "active", ""), ("quantum shield", "active", "DEFERRED"),
    ]  # fmt: skip


def test_a_quantity_that_is_none_leaves_its_account_unobserved_and_no_other(emulator: Emulated) -> None:
    emulator.seed(
        SeedAccount(accountId=BAKERY, name="B", allocations=[held("EPDR", None), held("EPP", 3)]),
        SeedAccount(accountId=HARBOUR, name="H", allocations=[held("EPP", 4)]),
    )
    with pytest.raises(NotReached, match="'EPDR' is no number of seats"):
        holds(emulator, BAKERY)
    assert [each.quantity for each in holds(emulator, HARBOUR)] == [4]


def test_a_subscription_without_a_limit_holds_what_is_used(emulator: Emulated) -> None:
    emulator.seed(
        SeedAccount(accountId=BAKERY, name="B", allocations=[held("EDR", None, allocationType="Subscription", used=9)])
    )
    (found,) = holds(emulator, BAKERY)
    assert found.quantity == 9


def test_devices_with_a_licence_are_seats_in_use(emulator: Emulated) -> None:
    devices = [SeedDevice(device_id=str(number), host_name="H", license_status=number % 4) for number in range(10)]
    emulator.seed(SeedAccount(accountId=BAKERY, name="B", devices=devices))
    assert uses(emulator, BAKERY) == {"*": 3}


def test_devices_that_name_their_product_are_counted_by_it(emulator: Emulated) -> None:
    devices = [
        SeedDevice(device_id=str(number), host_name="H", product=product)
        for number, product in enumerate(["EPDR", "epdr", "EPP", None])
    ]
    emulator.seed(SeedAccount(accountId=BAKERY, name="B", devices=devices))
    assert uses(emulator, BAKERY) == {"epdr": 2, "epp": 1, "*": 1}


@pytest.mark.parametrize(
    "traps",
    [
        {}, {"null_totals": True}, {"totals_off_by": 9}, {"totals_off_by": -9}, {"rows_at_most": 7},
        {"rows_at_most": 7, "null_totals": True}, {"unknown_values": True}, {"busy": 3}, {"broken": 3}, {"html": 3},
        {"slow": 2, "slow_seconds": 0.05},
    ],
    ids=str,
)  # fmt: skip
def test_every_device_is_counted_once_whatever_the_pages_are_like(emulator: Emulated, traps: dict[str, Any]) -> None:
    emulator.seed(SeedAccount(accountId=BAKERY, name="B", seats_used=25))
    emulator.trap(**traps)
    assert uses(emulator, BAKERY, devices_page_size=10) == {"*": 25}


def test_a_device_that_moves_to_another_page_while_they_are_read_is_counted_once(emulator: Emulated) -> None:
    devices = [SeedDevice(device_id=name, host_name="H") for name in ("a", "b", "b", "c")]
    emulator.seed(SeedAccount(accountId=BAKERY, name="B", devices=devices))
    assert uses(emulator, BAKERY, devices_page_size=2) == {"*": 3}


def test_with_a_page_of_devices_missing_there_is_no_number(emulator: Emulated) -> None:
    emulator.seed(SeedAccount(accountId=BAKERY, name="B", seats_used=25))
    emulator.trap(only="/devices", html=99)
    with pytest.raises(NotReached, match="an HTML page"):
        uses(emulator, BAKERY, devices_page_size=10, retries=1)


@pytest.mark.parametrize("platform", ["watchguard", "aether"])
def test_devices_of_both_platforms_are_counted(emulator: Emulated, platform: str) -> None:
    assert uses(emulator, BAKERY, platform=platform) == {"*": 3}
    (call,) = emulator.asked("/devices")[:1]
    assert ("aether" in str(call["path"])) == (platform == "aether")


@pytest.mark.parametrize("part", ["devices", "allocations", "audience", "all"])
def test_one_failing_account_costs_itself_only_and_half_a_failure_its_half(emulator: Emulated, part: str) -> None:
    emulator.trap(failing={HARBOUR: [part]})

    async def sweep(panda: Any) -> dict[str, list[str]]:
        seen: dict[str, list[str]] = {}
        async for account in panda.list_accounts():
            said = seen.setdefault(account.account_id, [])
            for ask in (panda.list_entitlements, panda.count_used):
                try:
                    await ask(account.account_id)
                    said.append("seen")
                except NotReached:
                    said.append("not observed")
        return seen

    found = speaking(emulator, sweep, retries=1)
    assert found.pop(HARBOUR.lower()) == {
        "devices": ["seen", "not observed"], "allocations": ["not observed", "seen"],
        "audience": ["seen", "not observed"], "all": ["not observed", "not observed"],
    }[part]  # fmt: skip
    assert set(map(tuple, found.values())) == {("seen", "seen")}


@pytest.mark.parametrize("ask", ["list_entitlements", "count_used"])
def test_an_account_that_is_no_longer_ours_is_not_observed_rather_than_empty(emulator: Emulated, ask: str) -> None:
    with pytest.raises(NoSuchAccount, match="ACC-7777777"):
        speaking(emulator, lambda panda: getattr(panda, ask)("acc-7777777"))
