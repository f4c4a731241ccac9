"""Replays and dead letters are the distributor's; reconciliation the organisation's, later its resellers' too."""

from __future__ import annotations

import html
import re

import pytest

from tests.integration.console.conftest import SignIn

pytestmark = pytest.mark.database

_OPERATIONS = (
    "/replay", "/replay/runs", "/replay/runs/1", "/replay/positions", "/replay/operations", "/dead-letters",
    "/dead-letters/retry", "/dead-letters/orders.events/0/1",
)  # fmt: skip
_ORGANISATIONS = (
    "/reconciliation/findings", "/reconciliation/tasks", "/reconciliation/accounts", "/reconciliation/sweeps",
    "/reconciliation/costs", "/reconciliation/act?vendor=microsoft&row=s:1&action=IGNORE",
)  # fmt: skip
_RESELLER = {"reseller": "res-1"}


@pytest.mark.parametrize(
    ("role", "whose"),
    [("customer_success", {}), ("integration", {}), ("reseller", _RESELLER), ("customer", {"customer": "cus-1"})],
    ids=str,
)
def test_nobody_but_the_distributor_finds_pages_of_operations(
    sign_in: SignIn, role: str, whose: dict[str, str]
) -> None:
    client = sign_in(role, **whose)
    assert {path: client.get(path).status_code for path in _OPERATIONS} == dict.fromkeys(_OPERATIONS, 404)


@pytest.mark.parametrize(
    ("role", "whose", "operates"),
    [("distributor", {}, True), ("customer_success", {}, False), ("integration", {}, False),
     ("reseller", _RESELLER, False), ("customer", {"customer": "cus-1"}, False)],
    ids=str,
)  # fmt: skip
def test_the_overview_leads_nobody_to_what_is_not_there_for_them(
    sign_in: SignIn, role: str, whose: dict[str, str], operates: bool
) -> None:
    client = sign_in(role, **whose)
    page = client.get("/").text
    links = {html.unescape(one) for one in re.findall(r'href="(/[^"]*)"', page)}

    assert "/subscriptions?status=active" in links
    assert ("The broker does not answer" in page) is operates
    assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def test_the_distributor_finds_them(sign_in: SignIn) -> None:
    client = sign_in("distributor")
    shown = [path for path in _OPERATIONS if client.get(path).status_code == 200]
    assert shown == ["/replay", "/replay/runs", "/replay/positions", "/replay/operations", "/dead-letters",
                     "/dead-letters/retry"]  # fmt: skip
    assert "the broker does not answer" in client.get("/replay/positions").text


@pytest.mark.parametrize(("beta", "status"), [(True, 404), (False, 200)], ids=["in beta", "after it"])
def test_a_reseller_sees_rows_after_the_beta_and_nothing_else(sign_in: SignIn, beta: bool, status: int) -> None:
    client = sign_in("reseller", beta=beta, **_RESELLER)
    answer = client.get("/reconciliation")
    assert answer.status_code == status
    assert ('href="/reconciliation"' in client.get("/subscriptions").text) is not beta
    assert {path: client.get(path).status_code for path in _ORGANISATIONS} == dict.fromkeys(_ORGANISATIONS, 404)


def test_customer_success_sees_all_of_reconciliation(sign_in: SignIn) -> None:
    client = sign_in("customer_success")
    found = {path: client.get(path).status_code for path in ("/reconciliation", *_ORGANISATIONS[:-2])}
    assert set(found.values()) == {200}
    assert "No compared subscriptions" in client.get("/reconciliation").text


def test_where_the_service_is_away_the_page_of_costs_says_so(sign_in: SignIn) -> None:
    answer = sign_in("distributor").get("/reconciliation/costs")
    assert answer.status_code == 503
    assert "Reconciliation does not answer; nothing was changed: try again" in answer.text
