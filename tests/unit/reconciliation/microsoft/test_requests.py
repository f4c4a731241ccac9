"""How often, when and under which ids Partner Center is asked; on a clock that is driven."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

import httpx
import pytest

from services.reconciliation.vendors.connector import (
    Connector,
    Entitlement,
    Misconfigured,
    NotReached,
    Refused,
    VendorError,
)
from services.reconciliation.vendors.microsoft.budget import Budget
from services.reconciliation.vendors.microsoft.connector import MicrosoftConnector
from tests.infrastructure.driven_loop import driven
from tests.unit.reconciliation.microsoft.surroundings import (
    FixedTokens,
    PartnerCenter,
    collection,
    config,
    ok,
    problem,
    sent,
)

SUBSCRIPTION = {
    "id": "s1", "offerId": "P:1:A", "quantity": 5, "status": "active", "autoRenewEnabled": True, "newField": {"x": [1]},
}  # fmt: skip
REQUEST = str(uuid4())


def asked_for_entitlements(center: PartnerCenter) -> tuple[Sequence[Entitlement] | VendorError, float]:
    """What listing gives or ends with, and how many seconds it took."""

    async def scenario() -> tuple[Sequence[Entitlement] | VendorError, float]:
        connector = center.connector()
        try:
            return await connector.list_entitlements("c1"), asyncio.get_running_loop().time()
        except VendorError as error:
            return error, asyncio.get_running_loop().time()
        finally:
            await connector.aclose()

    return driven(scenario())


def changed(center: PartnerCenter, to: int, request_id: str = REQUEST) -> str:
    return driven(center.connector().change_quantity("c1", "s1", to, request_id))


def busy(seconds: int | None = 57) -> httpx.Response:
    message = (
        "Rate limit is exceeded." if seconds is None else f"Rate limit is exceeded. Try again in {seconds} seconds."
    )
    headers = {} if seconds is None else {"Retry-After": str(seconds)}
    return ok({"statusCode": 429, "message": message}, 429, headers)


def test_it_does_what_every_connector_does() -> None:
    one: Connector = PartnerCenter(collection()).connector()
    assert one.vendor == "microsoft"


def test_every_request_says_who_asks_and_carries_its_ids() -> None:
    center = PartnerCenter(collection())
    asked_for_entitlements(center)
    headers = center.asked[0].headers
    assert headers["Authorization"] == "Bearer token-1"
    assert headers["Accept"] == "application/json"
    assert UUID(headers["MS-RequestId"]) != UUID(headers["MS-CorrelationId"])


def test_the_pause_that_is_asked_for_is_kept() -> None:
    center = PartnerCenter(busy(57), collection(SUBSCRIPTION))
    found, seconds = asked_for_entitlements(center)
    assert not isinstance(found, VendorError)
    assert len(found) == 1
    assert 57 <= seconds < 58


def test_the_pause_is_in_the_sentence_where_the_header_is_missing() -> None:
    said = ok({"statusCode": 429, "message": "Rate limit is exceeded. Try again in 31 seconds."}, 429)
    _, seconds = asked_for_entitlements(PartnerCenter(said, collection()))
    assert 31 <= seconds < 32


def test_without_a_pause_the_waits_grow() -> None:
    center = PartnerCenter(busy(None))
    error, seconds = asked_for_entitlements(center)
    assert isinstance(error, NotReached)
    assert len(center.asked) == 4, "once, and three times more"
    assert 0.5 + 1 + 2 <= seconds <= 0.5 + 1 + 2 + 3 * 0.5


def test_a_pause_of_an_hour_is_left_to_the_next_sweep() -> None:
    center = PartnerCenter(busy(3600))
    error, seconds = asked_for_entitlements(center)
    assert isinstance(error, NotReached)
    assert "asks for a pause of 3600 seconds" in str(error)
    assert len(center.asked) == 1
    assert seconds < 1


def test_everybody_keeps_the_pause_that_one_was_asked_for() -> None:
    center = PartnerCenter(busy(57), collection())

    async def scenario() -> Sequence[float]:
        connector = center.connector()
        loop = asyncio.get_running_loop()
        ended = []

        async def one(after: float) -> None:
            await asyncio.sleep(after)
            await connector.list_entitlements("c1")
            ended.append(loop.time())

        await asyncio.gather(one(0), one(1), one(2))
        return ended

    ended = driven(scenario())
    assert min(ended) >= 57
    assert len(center.asked) == 4, "only the first was refused"


@pytest.mark.parametrize("content", [b"<html><body>Bad Gateway</body></html>", b""])
def test_a_gateway_that_answers_in_its_place_is_asked_again(content: bytes) -> None:
    center = PartnerCenter(httpx.Response(502, content=content), collection(SUBSCRIPTION))
    found, _ = asked_for_entitlements(center)
    assert not isinstance(found, VendorError)


@pytest.mark.parametrize("content", [b'\xef\xbb\xbf{"items": [{"id"', b"", b"[]", b"<html></html>"])
def test_half_an_answer_is_asked_for_again_and_then_nothing_is_concluded(content: bytes) -> None:
    center = PartnerCenter(httpx.Response(200, content=content))
    error, _ = asked_for_entitlements(center)
    assert isinstance(error, NotReached)
    assert len(center.asked) == 4
    assert str(error).startswith("the answer of Partner Center cannot be read")


def test_a_request_that_nobody_answered_goes_out_under_the_same_id() -> None:
    center = PartnerCenter(httpx.ReadTimeout("late"), httpx.ConnectError("away"), collection())
    asked_for_entitlements(center)
    assert len(set(center.header("MS-RequestId"))) == 1
    assert len(set(center.header("MS-CorrelationId"))) == 1


def test_after_an_answer_the_id_is_another() -> None:
    center = PartnerCenter(busy(1), httpx.ReadTimeout("late"), collection())
    asked_for_entitlements(center)
    first, second, third = center.header("MS-RequestId")
    assert first != second
    assert second == third
    assert len(set(center.header("MS-CorrelationId"))) == 1, "all are one operation"


def test_an_answer_that_trickles_in_ends() -> None:
    async def scenario() -> None:
        async def never(_: httpx.Request) -> httpx.Response:
            await asyncio.sleep(10_000)
            raise AssertionError("nobody waits that long")

        client = httpx.AsyncClient(transport=httpx.MockTransport(never))
        connector = MicrosoftConnector(config(timeout_seconds=20), tokens=FixedTokens(), client=client)
        with pytest.raises(NotReached, match="did not answer"):
            await connector.list_entitlements("c1")
        assert 80 <= asyncio.get_running_loop().time() < 90, "four times 20 seconds, and the waits between"

    driven(scenario())


def test_a_token_that_is_not_taken_is_replaced_once() -> None:
    center = PartnerCenter(problem(401, "unauthorized"), collection())
    asked_for_entitlements(center)
    assert center.header("Authorization") == ["Bearer token-1", "Bearer token-2"]

    center = PartnerCenter(problem(401, "unauthorized"))
    error, _ = asked_for_entitlements(center)
    assert isinstance(error, Misconfigured)
    assert len(center.asked) == 2


def test_a_token_for_somebody_else_is_a_matter_of_configuration() -> None:
    center = PartnerCenter(problem(401, 900420))
    error, _ = asked_for_entitlements(center)
    assert isinstance(error, Misconfigured)
    assert "SEATLEDGER_MICROSOFT_AUDIENCE" in str(error)
    assert len(center.asked) == 1


def test_a_known_reason_is_not_asked_for_again_even_with_a_server_error() -> None:
    center = PartnerCenter(ok(SUBSCRIPTION), problem(500, "800097"))
    with pytest.raises(Refused, match="scheduled for the next term"):
        changed(center, 6)
    assert len(center.asked) == 2


def test_the_budget_of_a_minute_is_never_exceeded_in_any_minute() -> None:
    """aiolimiter alone would let twice as many through in the first one."""

    async def scenario() -> Sequence[float]:
        budget = Budget(500)
        loop = asyncio.get_running_loop()
        taken = []
        for number in range(2000):
            await budget.take()
            taken.append(loop.time())
            if number == 700:
                budget.pause(57)
        return taken

    taken = driven(scenario())
    busiest = max(sum(1 for other in taken if at <= other < at + 60) for at in taken[::10])
    assert 450 <= busiest <= 500
    assert taken[-1] < 2000 / 450 * 60 + 60 + 57


def test_who_waits_out_a_pause_does_not_rush_afterwards() -> None:
    async def scenario() -> Sequence[float]:
        budget = Budget(500)
        loop = asyncio.get_running_loop()
        taken: list[float] = []

        async def one() -> None:
            await budget.take()
            taken.append(loop.time())

        budget.pause(57)
        await asyncio.gather(*(one() for _ in range(900)))
        return taken

    taken = driven(scenario())
    assert min(taken) >= 57
    assert max(sum(1 for other in taken if at <= other < at + 60) for at in taken) <= 500


def test_two_connectors_are_one_sender_to_microsoft() -> None:
    async def scenario() -> Sequence[float]:
        loop = asyncio.get_running_loop()
        answered: list[float] = []

        async def one(number: int) -> None:
            await PartnerCenter(collection()).connector(requests_per_minute=100).list_entitlements(f"c{number}")
            answered.append(loop.time())

        await asyncio.gather(*(one(number) for number in range(300)))
        return answered

    answered = driven(scenario())
    assert max(sum(1 for other in answered if at <= other < at + 60) for at in answered) <= 100


def test_a_change_sends_back_all_that_was_read() -> None:
    center = PartnerCenter(ok(SUBSCRIPTION), ok({**SUBSCRIPTION, "quantity": 8}))
    assert changed(center, 8) == "done"
    read, write = center.asked
    assert (read.method, write.method) == ("GET", "PATCH")
    assert sent(write) == {**SUBSCRIPTION, "quantity": 8}
    assert "If-Match" not in write.headers
    assert len(set(center.header("MS-CorrelationId"))) == 1


def test_half_a_character_goes_back_as_it_came() -> None:
    odd = b'{"id": "s1", "offerId": "P:1:A", "quantity": 5, "status": "active", "friendlyName": "a\\ud800"}'
    center = PartnerCenter(httpx.Response(200, content=odd), ok({}))
    changed(center, 8)
    assert b'"friendlyName": "a\\ud800"' in center.asked[1].content


def test_a_change_that_nobody_answered_is_asked_for_later_under_the_same_id() -> None:
    lost = PartnerCenter(ok(SUBSCRIPTION), httpx.ReadTimeout("late"))
    with pytest.raises(NotReached):
        changed(lost, 8, request_id="discrepancy-17/lost")
    later = PartnerCenter(ok(SUBSCRIPTION), ok(SUBSCRIPTION))
    changed(later, 8, request_id="discrepancy-17/lost")
    ids = {request.headers["MS-RequestId"] for request in [*lost.asked, *later.asked] if request.method == "PATCH"}
    assert len(ids) == 1
    assert {str(UUID(name)) for name in ids} == ids


def test_another_change_is_never_under_the_id_of_one_before() -> None:
    """Else Partner Center would answer what it answered before, and do nothing."""
    ids: list[str | None] = []
    for to in (8, 9):
        center = PartnerCenter(ok(SUBSCRIPTION), ok(SUBSCRIPTION))
        changed(center, to, request_id="discrepancy-17/push")
        ids += center.header("MS-RequestId")[1:]
    assert len(set(ids)) == 2


def test_what_was_refused_is_asked_for_later_under_another_id() -> None:
    ids: list[str | None] = []
    for _ in range(2):
        center = PartnerCenter(ok(SUBSCRIPTION), problem(409, 900278))
        with pytest.raises(NotReached, match="24 hours"):
            changed(center, 8, request_id="discrepancy-17/busy")
        ids += center.header("MS-RequestId")[1:]
    assert len(set(ids)) == 2


def test_a_change_that_is_carried_out_later_is_accepted() -> None:
    center = PartnerCenter(ok(SUBSCRIPTION), httpx.Response(202, headers={"Location": "/operations/1"}))
    assert changed(center, 8) == "accepted"


def test_a_change_whose_answer_cannot_be_read_is_not_made_twice() -> None:
    center = PartnerCenter(ok(SUBSCRIPTION), httpx.Response(200, content=b'{"id":'))
    assert changed(center, 8) == "done"
    assert len(center.asked) == 2


def test_an_etag_is_sent_and_a_stale_one_is_read_anew_once() -> None:
    def with_etag(etag: str, quantity: int) -> httpx.Response:
        return ok({**SUBSCRIPTION, "offerId": "GUID", "quantity": quantity, "attributes": {"etag": etag}})

    center = PartnerCenter(with_etag("one", 5), problem(400, 2055), with_etag("two", 6), ok(SUBSCRIPTION))
    assert changed(center, 8) == "done"
    assert center.header("If-Match") == [None, "one", None, "two"]
    assert center.asked[1].headers["MS-RequestId"] != center.asked[3].headers["MS-RequestId"], "the first was answered"

    center = PartnerCenter(with_etag("one", 5), problem(400, "2055"), with_etag("two", 6), problem(412, ""))
    with pytest.raises(NotReached, match="changed by somebody else"):
        changed(center, 8)
    assert len(center.asked) == 4


def test_a_refusal_of_our_own_names_the_wish_and_asks_nothing() -> None:
    center = PartnerCenter(ok({**SUBSCRIPTION, "cancellationAllowedUntilDate": "2026-11-01T00:00:00Z"}))
    with pytest.raises(Refused) as refused:
        changed(center, 4)
    assert str(refused.value) == (
        "Partner Center was not asked to change subscription s1 of customer c1 to 4 seats: seats could be given back "
        "until 2026-11-01T00:00+00:00; schedule it for the next term"
    )
    assert refused.value.correlation == center.header("MS-CorrelationId")[0]
    assert len(center.asked) == 1


def test_an_id_is_no_path() -> None:
    center = PartnerCenter(collection())
    driven(center.connector().list_entitlements("../customers?x=1"))
    assert center.asked[0].url.raw_path == b"/v1/customers/..%2Fcustomers%3Fx%3D1/subscriptions"


def test_one_without_an_id_leaves_nothing_to_be_said_of_its_customer() -> None:
    error, _ = asked_for_entitlements(PartnerCenter(collection(SUBSCRIPTION, {"quantity": 3})))
    assert isinstance(error, NotReached)
    assert "without an id" in str(error)
