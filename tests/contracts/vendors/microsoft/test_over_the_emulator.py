"""The connector against a Partner Center that misbehaves: each trap costs what it catches, and nothing more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.reconciliation.vendors.connector import (
    CustomerAtVendor,
    Entitlement,
    Misconfigured,
    NoSuchAccount,
    NotReached,
    Provision,
    Refused,
    VendorError,
)
from services.reconciliation.vendors.microsoft.connector import MicrosoftConnector
from tests.contracts.vendors.microsoft.emulated import (
    Emulated,
    accounts,
    new_commerce,
    old_commerce,
    seed,
    soon,
    swept,
)

SEVEN = [f"c{number}" for number in range(7)]
Step = Callable[[MicrosoftConnector], Awaitable[Any]]


def seven(**traps: Any) -> Emulated:
    """Seven customers, each with one subscription of its own name."""
    return Emulated(seed(**{name: [new_commerce(f"s-{name}")] for name in SEVEN}), **traps)


def one(**traps: Any) -> Emulated:
    return Emulated(seed(c1=[new_commerce("s1"), old_commerce("s2")]), **traps)


def change(subscription: str, to: int, request: str = "r1") -> Step:
    return lambda connector: connector.change_quantity("c1", subscription, to, request)


def kind(what: object) -> str:
    """Which of the four an error is, as a sweep tells them apart."""
    kinds = (NotReached, NoSuchAccount, Refused, Misconfigured)
    return next((one.__name__ for one in kinds if isinstance(what, one)), type(what).__name__)


async def ended_with(step: Step, connector: MicrosoftConnector) -> VendorError | None:
    try:
        await step(connector)
    except VendorError as error:
        return error
    return None


@pytest.mark.parametrize("link", ["plain", "two-question-marks", "without-prefix"])
@pytest.mark.parametrize("traps", [{"bom": True}, {"bom": False}, {"pascal_case": True}, {"total_count": 2}])
def test_all_customers_are_listed_whatever_their_pages_look_like(link: str, traps: dict[str, Any]) -> None:
    assert seven(next_link=link, **traps).run(accounts, page_size=2) == SEVEN


@pytest.mark.parametrize("link", ["elsewhere", "garbled", "no-headers", "circle"])
def test_a_broken_next_link_costs_the_pages_after_it(link: str) -> None:
    async def scenario(connector: MicrosoftConnector) -> tuple[list[str], str]:
        found: list[str] = []
        try:
            async for account in connector.list_accounts():
                found.append(account.account_id)
        except NotReached as error:
            return found, str(error)
        raise AssertionError("the listing did not say that it ended early")

    emulated = seven(next_link=link)
    found, said = emulated.run(scenario, page_size=2)
    assert found == SEVEN[:2]
    assert said.startswith("Partner Center could not list the customers to the end: ")
    assert len(emulated.state.asked) <= 3


def test_a_sweep_of_which_half_fails() -> None:
    async def scenario(connector: MicrosoftConnector) -> dict[str, str]:
        found = await swept(connector)
        return {name: kind(what) for name, what in found.items()}

    failing = {"c1": 500, "c3": 404, "c4": 403}
    assert seven(failing=failing).run(scenario) == {
        "c0": "list", "c1": "NotReached", "c2": "list", "c3": "NoSuchAccount", "c4": "NoSuchAccount", "c5": "list",
        "c6": "list",
    }  # fmt: skip


def test_a_status_that_nobody_knows_costs_one_subscription() -> None:
    async def scenario(connector: MicrosoftConnector) -> dict[str, tuple[str, str]]:
        found = await connector.list_entitlements("C1")
        return {read.vendor_subscription_id: (read.status, read.raw_status) for read in found}

    assert one(words={"s1": "Hibernating"}).run(scenario) == {
        "s1": ("pending", "Hibernating"), "s2": ("active", "active"),
    }  # fmt: skip


def test_half_a_body_is_asked_for_again() -> None:
    emulated = seven(cut_bodies=2)
    assert emulated.run(accounts) == SEVEN
    assert len(emulated.state.asked) == 3


def test_a_burst_of_429_is_waited_out() -> None:
    async def scenario(connector: MicrosoftConnector) -> tuple[int, float]:
        found = await swept(connector)
        return sum(isinstance(what, list) for what in found.values()), asyncio.get_running_loop().time()

    emulated = seven(throttle=3, retry_after=57)
    assert emulated.run(scenario)[0] == 7
    refused = [asked.at for asked in emulated.state.asked if asked.status == 429]
    answered = [asked.at for asked in emulated.state.asked if asked.status == 200]
    assert len(refused) == 3
    assert min(answered) - min(refused) >= 57


@pytest.mark.parametrize("body", ["html", "empty"])
def test_a_server_that_is_away_for_a_moment(body: str) -> None:
    assert seven(server_errors=3, server_error_body=body).run(accounts) == SEVEN


def test_a_server_that_stays_away_is_not_reached() -> None:
    emulated = seven(server_errors=4)
    assert isinstance(emulated.run(lambda connector: ended_with(accounts, connector)), NotReached)
    assert len(emulated.state.asked) == 4


def test_a_page_that_is_slow_is_asked_for_again_under_the_same_id() -> None:
    emulated = seven(slow=1, slow_seconds=100)
    assert emulated.run(accounts, timeout_seconds=20) == SEVEN
    first, second = emulated.state.asked
    assert first.request_id == second.request_id
    assert first.correlation_id == second.correlation_id


def test_a_relationship_that_ended() -> None:
    emulated = one()
    del emulated.state.customers["c1"]
    error = emulated.run(lambda connector: ended_with(lambda c: c.list_entitlements("c1"), connector))
    assert type(error) is NoSuchAccount
    assert str(error) == (
        "Partner Center would not list the subscriptions of customer c1: it shows this customer no more; the "
        "relationship may have ended (code 60003)"
    )


def test_a_token_that_is_not_taken_any_more_is_replaced() -> None:
    emulated = seven(refused_tokens=1)
    assert emulated.run(accounts) == SEVEN
    assert len(emulated.login.all) == 2


def test_seats_are_added_and_everything_else_stays() -> None:
    emulated = one()
    before = dict(emulated.state.customers["c1"].subscriptions["s1"])
    assert emulated.run(change("s1", 12)) == "done"
    assert emulated.state.customers["c1"].subscriptions["s1"] == {**before, "quantity": 12}


def test_what_is_scheduled_and_auto_renew_survive_a_change_of_seats() -> None:
    planned = {"scheduledNextTermInstructions": {"quantity": 3, "product": {"productId": "P"}}}
    emulated = Emulated(seed(c1=[new_commerce("s1", **planned)]))
    emulated.run(change("s1", 12))
    after = emulated.state.customers["c1"].subscriptions["s1"]
    assert (after["autoRenewEnabled"], after["scheduledNextTermInstructions"]) == (
        True, planned["scheduledNextTermInstructions"],
    )  # fmt: skip


def test_a_change_with_capitals_is_one_too() -> None:
    emulated = one(pascal_case=True)
    assert emulated.run(change("s1", 12)) == "done"
    assert emulated.quantity("c1", "s1") == 12


def test_the_same_change_twice_is_one_change() -> None:
    async def scenario(connector: MicrosoftConnector) -> list[str]:
        return [await connector.change_quantity("c1", "s1", 12, "r1") for _ in range(2)]

    emulated = one()
    assert emulated.run(scenario) == ["done", "done"]
    assert [asked.method for asked in emulated.state.asked] == ["GET", "PATCH", "GET"]


def test_a_change_whose_answer_is_lost_is_made_once() -> None:
    async def scenario(connector: MicrosoftConnector) -> str:
        emulated.state.traps.slow = 0
        await connector.list_entitlements("c1")
        emulated.state.traps = emulated.state.traps.model_copy(update={"slow": 2, "slow_seconds": 100})
        return await connector.change_quantity("c1", "s1", 7, "r1")

    emulated = one()
    assert emulated.run(scenario, timeout_seconds=20) == "done"
    assert emulated.quantity("c1", "s1") == 7
    writes = [asked for asked in emulated.state.asked if asked.method == "PATCH"]
    assert len({asked.request_id for asked in writes}) == 1
    assert len(emulated.state.audit) == 1


def test_seats_go_back_as_far_as_the_window_allows() -> None:
    async def scenario(connector: MicrosoftConnector) -> tuple[str, VendorError | None]:
        return await connector.change_quantity("c1", "s1", 7, "r1"), await ended_with(change("s1", 5), connector)

    emulated = one()
    answer, error = emulated.run(scenario)
    assert answer == "done"
    assert type(error) is Refused
    assert "2 seats are to be given back and Microsoft takes 1 back now" in str(error)
    assert emulated.quantity("c1", "s1") == 7


def test_what_microsoft_refuses_is_said_in_one_sentence() -> None:
    """Here it does not say what can be given back, so it is asked."""
    emulated = Emulated(seed(c1=[new_commerce("s1", refundableQuantity=None, cancellationAllowedUntilDate=None)]))
    error = emulated.run(lambda connector: ended_with(change("s1", 5), connector))
    assert type(error) is Refused
    assert str(error) == (
        "Partner Center would not change subscription s1 of customer c1 to 5 seats: seats cannot be given back any "
        "more before the next term (code 800090)"
    )
    assert (error.code, error.correlation) == ("800090", emulated.state.asked[-1].correlation_id)


def test_suspend_change_resume() -> None:
    async def scenario(connector: MicrosoftConnector) -> list[object]:
        said: list[object] = [await connector.suspend("c1", "s1", "r1")]
        (read, _) = await connector.list_entitlements("c1")
        said += [read.status, read.reducible, type(await ended_with(change("s1", 12), connector))]
        said += [await connector.resume("c1", "s1", "r2"), (await connector.list_entitlements("c1"))[0].status]
        return said

    assert one().run(scenario) == ["done", "suspended", None, Refused, "done", "active"]


def test_cancelling_in_the_window_and_after_it() -> None:
    async def scenario(connector: MicrosoftConnector) -> tuple[str, str, str, VendorError | None]:
        done = await connector.cancel("c1", "s1", "unused", "r1")
        again = await connector.cancel("c1", "s1", "unused", "r1")
        late = await ended_with(lambda c: c.cancel("c1", "s3", "unused", "r2"), connector)
        return done, again, (await connector.list_entitlements("c1"))[0].status, late

    closed = new_commerce("s3", cancellationAllowedUntilDate=soon(-1))
    emulated = Emulated(seed(c1=[new_commerce("s1"), closed]))
    done, again, status, late = emulated.run(scenario)
    assert (done, again, status) == ("done", "done", "canceled")
    assert type(late) is Refused


def test_a_change_that_is_accepted_shows_later() -> None:
    async def scenario(connector: MicrosoftConnector) -> list[object]:
        said: list[object] = [await connector.change_quantity("c1", "s1", 12, "r1")]
        said.append((await connector.list_entitlements("c1"))[0].quantity)
        emulated.state.settle()
        said.append((await connector.list_entitlements("c1"))[0].quantity)
        return said

    emulated = one(accepted=True)
    assert emulated.run(scenario) == ["accepted", 10, 12]


def test_an_etag_that_is_stale_is_read_anew_once() -> None:
    emulated = one(stale_etags=1)
    assert emulated.run(change("s2", 6)) == "done"
    assert [asked.method for asked in emulated.state.asked] == ["GET", "PATCH", "GET", "PATCH"]

    emulated = one(stale_etags=2)
    assert isinstance(emulated.run(lambda connector: ended_with(change("s2", 6), connector)), NotReached)
    assert emulated.quantity("c1", "s2") == 5


def test_a_subscription_that_is_not_there() -> None:
    error = one().run(lambda connector: ended_with(change("s9", 6), connector))
    assert type(error) is Refused
    assert "no such subscription" in str(error)


def test_a_change_leaves_a_hint() -> None:
    async def scenario(connector: MicrosoftConnector) -> list[tuple[str, frozenset[str]]]:
        await connector.change_quantity("c1", "s1", 12, "r1")
        now = datetime.now(UTC)
        hints = await connector.changed_since(now - timedelta(hours=1), now + timedelta(hours=1))
        return [(hint.account_id, hint.subscription_ids) for hint in hints]

    assert one().run(scenario) == [("c1", frozenset({"s1"}))]


def test_what_is_not_done_at_microsoft_from_here_says_so() -> None:
    order = Provision("c1", "sub-1", "product-1", None, 5, "P1Y", False, "r1")
    steps: list[Step] = [
        lambda connector: connector.provision(order),
        lambda connector: connector.ensure_account(CustomerAtVendor("k1", "Contoso")),
    ]
    for step in steps:
        error = one().run(lambda connector, step=step: ended_with(step, connector))  # type: ignore[misc]  # bound now
        assert type(error) is Refused
        assert "in Partner Center" in str(error)
    assert one().run(lambda connector: connector.count_used("c1")) == {}


def test_a_role_that_is_missing_costs_its_customer_and_is_named() -> None:
    error = seven(failing={"c1": 403}).run(lambda connector: ended_with(lambda c: c.list_entitlements("c1"), connector))
    assert type(error) is NoSuchAccount
    assert "customer c1" in str(error)
    assert "GDAP" in str(error)


def test_what_is_read_of_the_two_commerces() -> None:
    async def scenario(connector: MicrosoftConnector) -> list[Entitlement]:
        return list(await connector.list_entitlements("c1"))

    new, old = one().run(scenario)
    assert (new.product_key, new.quantity, new.reducible, new.scheduled_cancel) == ("cfq7ttc0lh18:0001", 10, 4, False)
    assert new.term_end == datetime(2027, 6, 4, 23, 59, 59, tzinfo=UTC)
    assert (old.product_key, old.quantity, old.reducible, old.scheduled_cancel) == (
        "db2e705f-b82a-4024-a3d5-d88e12f2db35", 5, None, None,
    )  # fmt: skip
