"""How WatchGuard is called: tokens, retries, waits, and what an answer that is none is told as."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from stamina.instrumentation import RetryDetails, get_on_retry_hooks, set_on_retry_hooks

from services.reconciliation.vendors.connector import Misconfigured, NoSuchAccount, NotReached
from tests.contracts.vendors.watchguard.emulated import API_KEY, BAKERY, Emulated, all_of, speaking


class Clock:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def waits() -> Iterator[list[float]]:
    """How long each retry was to wait."""
    found: list[float] = []

    def record(details: RetryDetails) -> None:
        found.append(details.wait_for)

    before = get_on_retry_hooks()
    set_on_retry_hooks([record])
    yield found
    set_on_retry_hooks(before)


async def whole_sweep(panda: Any) -> int:
    found, error = await all_of(panda.list_accounts())
    assert error is None
    for account in found:
        await panda.list_entitlements(account.account_id)
        await panda.count_used(account.account_id)
    return len(found)


def test_one_token_for_us_and_one_for_each_account_whose_devices_are_counted(emulator: Emulated) -> None:
    async def twice(panda: Any) -> None:
        await whole_sweep(panda)
        await whole_sweep(panda)

    speaking(emulator, twice)
    assert len(emulator.asked("/oauth/token")) == 1 + 3
    assert len(emulator.asked("/audiences")) == 3


def test_those_who_ask_at_once_wait_for_one_token(emulator: Emulated) -> None:
    async def at_once(panda: Any) -> None:
        await asyncio.gather(*(panda.list_entitlements(BAKERY.lower()) for _ in range(10)))

    speaking(emulator, at_once)
    assert len(emulator.asked("/oauth/token")) == 1


@pytest.mark.parametrize(("later", "tokens"), [(3299.0, 1), (3301.0, 2)])
def test_a_token_is_fetched_anew_five_minutes_before_it_ends(emulator: Emulated, later: float, tokens: int) -> None:
    clock = Clock()

    async def before_and_after(panda: Any) -> None:
        await panda.list_entitlements(BAKERY.lower())
        clock.now += later
        await panda.list_entitlements(BAKERY.lower())

    speaking(emulator, before_and_after, clock=clock)
    assert len(emulator.asked("/oauth/token")) == tokens


def test_a_token_that_lives_shortly_is_not_fetched_for_each_call(emulator: Emulated) -> None:
    emulator.trap(token_seconds=200)

    async def thrice(panda: Any) -> None:
        for _ in range(3):
            await panda.list_entitlements(BAKERY.lower())

    speaking(emulator, thrice)
    assert len(emulator.asked("/oauth/token")) == 1


def test_tokens_that_are_taken_back_are_replaced_once(emulator: Emulated) -> None:
    async def before_and_after(panda: Any) -> dict[str, int]:
        await panda.count_used(BAKERY.lower())
        emulator.state.tokens.clear()
        emulator.state.audiences.clear()
        return dict(await panda.count_used(BAKERY.lower()))

    assert speaking(emulator, before_and_after) == {"*": 3}


@pytest.mark.parametrize("wrong", [{"password": "other"}, {"access_id": "other"}])
def test_credentials_that_are_wrong_are_for_a_person_and_not_asked_again(
    emulator: Emulated, wrong: dict[str, Any]
) -> None:
    with pytest.raises(Misconfigured, match="SEATLEDGER_WATCHGUARD_PASSWORD") as caught:
        speaking(emulator, lambda panda: panda.list_entitlements(BAKERY.lower()), **wrong)
    assert (caught.value.code, caught.value.correlation) == ("invalid_client", "emulated-1")
    assert len(emulator.asked("/oauth/token")) == 1


def test_a_wrong_api_key_is_no_account_that_is_gone(emulator: Emulated) -> None:
    _, error = speaking(emulator, lambda panda: all_of(panda.list_accounts()), api_key=API_KEY + "x")
    assert isinstance(error, Misconfigured)
    assert not isinstance(error, NoSuchAccount)


@pytest.mark.parametrize("trap", ["busy", "broken", "html"])
def test_five_retries_are_enough_for_five_failures_and_not_for_six(emulator: Emulated, trap: str) -> None:
    emulator.trap(only="/summary", **{trap: 5})
    speaking(emulator, lambda panda: panda.list_entitlements(BAKERY.lower()))

    emulator.trap(**{trap: 6})
    with pytest.raises(NotReached, match="try again later"):
        speaking(emulator, lambda panda: panda.list_entitlements(BAKERY.lower()))
    assert len(emulator.asked("/summary")) == 6 + 6


def test_a_busy_vendor_is_given_the_time_that_it_asks_for(emulator: Emulated, waits: list[float]) -> None:
    emulator.trap(only="/summary", busy=2, retry_after="1")
    speaking(emulator, lambda panda: panda.list_entitlements(BAKERY.lower()))
    assert waits == [1.0, 1.0]


def test_a_date_to_wait_for_is_understood(emulator: Emulated, waits: list[float]) -> None:
    emulator.trap(only="/summary", busy=1, retry_after=format_datetime(datetime.now(UTC) - timedelta(1), usegmt=True))
    speaking(emulator, lambda panda: panda.list_entitlements(BAKERY.lower()))
    assert waits == [0.0]


@pytest.mark.parametrize("said", [None, "soon", "-1"])
def test_without_a_time_to_wait_the_wait_is_our_own(emulator: Emulated, waits: list[float], said: str | None) -> None:
    emulator.trap(only="/summary", busy=1, retry_after=said)
    speaking(emulator, lambda panda: panda.list_entitlements(BAKERY.lower()))
    assert len(waits) == 1
    assert 0 < waits[0] <= 60


def test_a_time_to_wait_that_is_too_long_is_left_to_the_next_sweep(emulator: Emulated, waits: list[float]) -> None:
    emulator.trap(only="/summary", busy=1, retry_after="3600")
    with pytest.raises(NotReached, match="asks to wait 3600 s"):
        speaking(emulator, lambda panda: panda.list_entitlements(BAKERY.lower()))
    assert waits == []


def test_an_answer_that_takes_too_long_is_asked_for_again(emulator: Emulated) -> None:
    emulator.trap(only="/summary", slow=1, slow_seconds=5)
    found = speaking(emulator, lambda panda: panda.list_entitlements(BAKERY.lower()), timeout_seconds=0.3)
    assert len(found) == 1


def test_nobody_there_is_said_in_one_sentence() -> None:
    nobody = Emulated("http://127.0.0.1:9", None)  # type: ignore[arg-type]  # nothing is known of it
    with pytest.raises(NotReached) as caught:
        speaking(nobody, lambda panda: panda.list_entitlements(BAKERY.lower()), retries=1)
    assert str(caught.value) == "Could not get a token: WatchGuard is not reached; try again later"


def test_every_attempt_takes_its_place_among_the_requests_of_a_second(
    emulator: Emulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[tuple[float, float]] = []

    class Limiter:
        """Counts instead of waiting."""

        def __init__(self, max_rate: float, time_period: float) -> None:
            self.rate = (max_rate, time_period)

        async def acquire(self) -> None:
            taken.append(self.rate)

    monkeypatch.setattr("services.reconciliation.vendors.watchguard.calls.AsyncLimiter", Limiter)
    emulator.trap(only="/summary", broken=3)
    speaking(emulator, lambda panda: panda.list_entitlements(BAKERY.lower()), requests_per_second=20)
    assert taken == [(20, 1)] * len(emulator.asked())
    assert len(taken) == 1 + 4
