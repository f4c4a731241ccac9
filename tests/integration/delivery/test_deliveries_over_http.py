"""Where documents go and what became of them over HTTP: who decides for whom, who sees what."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from services.invoicing.api import router
from shared.web.application import create_app
from tests.infrastructure.endpoints import endpoint
from tests.infrastructure.tokens import bearer, token_of
from tests.integration.delivery.issued import issue, standing, turn, wanted

pytestmark = pytest.mark.database
HOOK = "https://hooks.example.com/invoices"


class Api:
    """The API of invoicing, asked by whoever is named."""

    def __init__(self, dsn: str, client: TestClient) -> None:
        self._client = client
        self._headers = {
            "org": bearer(token_of(dsn, "distributor")),
            "success": bearer(token_of(dsn, "customer_success")),
            "res-1": bearer(token_of(dsn, "reseller", reseller="res-1")),
            "res-2": bearer(token_of(dsn, "reseller", reseller="res-2")),
            "cus-9": bearer(token_of(dsn, "customer", customer="cus-9")),
        }

    def ask(self, who: str, method: str, path: str, body: object = None) -> Response:
        answer: Response = self._client.request(method, f"/v1/{path}", json=body, headers=self._headers[who])
        return answer

    def subscribe(self, who: str, recipient: str | None, address: str = HOOK, channel: str = "webhook") -> Response:
        body = {"recipient": recipient, "address": address, "channel": channel}
        return self.ask(who, "POST", "delivery-destinations", body)

    def listed(self, who: str, path: str) -> list[Any]:
        answer = self.ask(who, "GET", path)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])


@pytest.fixture
def api(prepared: str) -> Iterator[Api]:
    with TestClient(create_app("invoicing", router, prepared)) as client:
        yield Api(prepared, client)


def test_a_reseller_decides_about_its_own_documents_and_is_shown_the_secret_once(api: Api) -> None:
    made = api.subscribe("res-1", "res-1")

    assert (made.status_code, made.json()["secret"][:6]) == (201, "whsec_")
    assert made.json()["created_by"].startswith("token ")
    (listed,) = api.listed("res-1", "delivery-destinations")
    assert listed == {name: value for name, value in made.json().items() if name != "secret"}
    assert api.listed("res-2", "delivery-destinations") == []
    again = api.subscribe("res-1", "res-1")
    assert (again.status_code, again.json()["detail"]) == (409, f"documents of res-1 go to {HOOK} already")
    path = f"delivery-destinations/{listed['destination']}"
    assert api.ask("res-2", "DELETE", path).status_code == 404
    assert api.ask("res-1", "DELETE", path).status_code == 200
    assert api.ask("res-1", "DELETE", path).status_code == 404
    assert api.listed("res-1", "delivery-destinations") == []


@pytest.mark.parametrize(
    ("who", "recipient", "status"),
    [
        ("org", None, 201),
        ("org", "cus-9", 201),
        ("success", "res-1", 403),
        ("res-1", None, 403),
        ("res-1", "res-2", 404),
        ("cus-9", "cus-9", 403),
    ],
)
def test_who_decides_for_whom(api: Api, who: str, recipient: str | None, status: int) -> None:
    assert api.subscribe(who, recipient, "a@b.c", "email").status_code == status


@pytest.mark.parametrize(
    ("channel", "address", "reason"),
    [
        ("email", "nobody", "address: 'nobody' is no e-mail address: give it as name@example.com"),
        ("webhook", "https://u:p@example.com/", "address: a URL with a user or a password"),
        ("fax", "1", "channel"),
    ],
)
def test_an_address_that_is_none_is_a_sentence(api: Api, channel: str, address: str, reason: str) -> None:
    answer = api.subscribe("org", None, address, channel)
    assert answer.status_code == 400
    assert reason in answer.json()["detail"]


def test_everybody_sees_what_became_of_deliveries_to_their_own_addresses_alone(api: Api, prepared: str) -> None:
    async def delivered() -> None:
        with endpoint() as receiver:
            receiver.answers = [(404, {})] * 3
            await wanted(prepared, "webhook", f"{receiver.url}/1", "res-1")
            await wanted(prepared, "webhook", f"{receiver.url}/9", "cus-9")
            await wanted(prepared, "webhook", f"{receiver.url}/all", None)
            await issue(prepared, "INV-1", "res-1")
            await turn(prepared)
            receiver.answers = [(204, {})] * 2
            await issue(prepared, "INV-9", "cus-9")
            await turn(prepared)

    asyncio.run(delivered())
    seen = {who: sorted(one["address"][-2:] + one["state"] for one in api.listed(who, "deliveries")) for who in
            ("org", "success", "res-1", "res-2", "cus-9")}  # fmt: skip
    assert seen["org"] == seen["success"] == ["/1failed", "/9delivered", "lldelivered", "llfailed"]
    assert (seen["res-1"], seen["res-2"], seen["cus-9"]) == (["/1failed"], [], ["/9delivered"])
    assert len(api.listed("org", "deliveries?state=failed&recipient=res-1")) == 2
    (one,) = api.listed("res-1", "deliveries?document=INV-1")
    # Its own it may have tried again, another's is not there, and what arrived stays as it is
    path = f"deliveries/{one['delivery']}/retry"
    assert [api.ask(who, "POST", path).status_code for who in ("res-2", "cus-9", "success")] == [404, 403, 403]
    again = api.ask("res-1", "POST", path)
    assert (again.status_code, again.json()["state"], again.json()["tries"]) == (200, "pending", 0)
    arrived = next(one for one in asyncio.run(standing(prepared)) if one.state == "delivered")
    refused = api.ask("org", "POST", f"deliveries/{arrived.delivery}/retry")
    assert (refused.status_code, refused.json()["detail"].split(": ")[1]) == (422, "it arrived")


def test_lists_go_on_where_a_page_ended(api: Api) -> None:
    for number in range(3):
        api.subscribe("org", f"res-{number}", "a@b.c", "email")
    first = api.ask("org", "GET", "delivery-destinations?limit=2").json()
    rest = api.ask("org", "GET", f"delivery-destinations?limit=2&cursor={first['next']}").json()
    assert [one["recipient"] for one in first["items"] + rest["items"]] == ["res-0", "res-1", "res-2"]
    assert rest["next"] is None
    assert api.ask("org", "GET", "deliveries?cursor=bm8").status_code == 400


def test_a_secret_is_rotated_by_who_decides_about_the_destination(api: Api) -> None:
    made = api.subscribe("res-1", "res-1").json()
    path = f"delivery-destinations/{made['destination']}/secret"

    rotated = api.ask("res-1", "POST", path, {"old_signs_for_hours": 24})

    assert rotated.status_code == 200
    assert rotated.json()["secret"].startswith("whsec_")
    assert rotated.json()["secret"] != made["secret"]
    assert rotated.json()["old_until"] is not None
    assert api.ask("org", "POST", path, {"old_signs_for_hours": 0}).json()["old_until"] is None
    assert api.ask("res-2", "POST", path, {"old_signs_for_hours": 24}).status_code == 404
    assert api.ask("cus-9", "POST", path, {"old_signs_for_hours": 24}).status_code == 403
    assert api.ask("res-1", "POST", path, {"old_signs_for_hours": 721}).status_code == 400
    letters = api.subscribe("res-1", "res-1", "a@example.com", "email").json()["destination"]
    unsigned = api.ask("res-1", "POST", f"delivery-destinations/{letters}/secret", {"old_signs_for_hours": 1})
    assert unsigned.status_code == 422
    assert unsigned.json()["detail"] == "what goes to a@example.com is not signed: only webhooks have a secret"
    api.ask("res-1", "DELETE", f"delivery-destinations/{made['destination']}")
    assert api.ask("res-1", "POST", path, {"old_signs_for_hours": 24}).status_code == 404
