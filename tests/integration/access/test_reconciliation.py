"""Reconciliation is the organisation's; after its beta resellers read their rows, and nothing else of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from deploy.local.services import SERVICES
from shared.commands.principal import Role
from tests.infrastructure.tokens import bearer, token_of
from tests.integration.access.conftest import World
from tests.integration.access.routes import app_of

pytestmark = [pytest.mark.broker, pytest.mark.database]

_LISTS = ("/v1/reconciliation", "/v1/discrepancies", "/v1/vendor-accounts", "/v1/vendor-tasks", "/v1/sweeps")
_IGNORE = {"action": "IGNORE", "snapshot": "x", "reason": "so be it"}


@pytest.fixture
def in_beta(world: World) -> Iterator[TestClient]:
    (process,) = [one for one in SERVICES if one.name == "reconciliation-api"]
    with TestClient(app_of(process, world.dsn)) as client:
        yield client


def token(world: World, role: Role, **more: Any) -> dict[str, str]:
    return bearer(token_of(world.dsn, role, **more))


@pytest.mark.parametrize("role", ["distributor", "customer_success"])
def test_the_organisation_reads_and_acts_during_the_beta_and_afterwards(
    world: World, in_beta: TestClient, role: Role
) -> None:
    headers = token(world, role)
    for client in (in_beta, world.clients["GET /v1/reconciliation"]):
        for path in _LISTS:
            assert client.get(path, headers=headers).json()["items"], path
        rows = client.get("/v1/reconciliation", headers=headers, params={"findings": True}).json()["items"]
        assert all(row["actions"] and row["differences"] for row in rows)
        # Refused by what it quotes, not by who asks.
        answer = client.post("/v1/reconciliation/microsoft/sub-south-1/actions", headers=headers, json=_IGNORE)
        assert (answer.status_code, answer.json()["type"]) == (412, "urn:seatledger:problem:outdated")


def test_during_the_beta_a_reseller_reads_nothing_of_it(world: World, in_beta: TestClient) -> None:
    headers = token(world, "reseller", reseller="res-north")
    for path in _LISTS:
        answer = in_beta.get(path, headers=headers)
        assert answer.status_code == 403
    beta = in_beta.get("/v1/reconciliation", headers=headers).json()
    assert "reconciliation is in beta (SEATLEDGER_RECONCILIATION_BETA)" in beta["detail"]


def test_afterwards_a_reseller_reads_its_rows_without_what_names_others(world: World) -> None:
    client = world.clients["GET /v1/reconciliation"]
    linked_twice = {"subscription": "sub-north-1-2"}

    (theirs,), (whole,) = (
        client.get("/v1/reconciliation", headers=headers, params=linked_twice).json()["items"]
        for headers in (token(world, "reseller", reseller="res-north"), token(world, "distributor"))
    )

    assert whole["verdicts"] == theirs["verdicts"] == ["NOT_COMPARABLE"]
    assert "sub-south-2" in whole["reason"]
    assert (theirs["reason"], theirs["candidates"], theirs["actions"], theirs["differences"]) == (None, [], [], [])
    assert (theirs["ours"], theirs["theirs"]) == (whole["ours"], whole["theirs"])


@pytest.mark.parametrize(("role", "more"), [("integration", {}), ("customer", {"customer": "cus-south"})])
def test_programs_and_customers_have_no_part_in_it(world: World, role: Role, more: dict[str, str]) -> None:
    headers = token(world, role, **more)
    client = world.clients["GET /v1/reconciliation"]

    refused = [client.get(path, headers=headers) for path in _LISTS]
    refused.append(client.post("/v1/reconciliation/microsoft/sub-south-1/actions", headers=headers, json=_IGNORE))

    assert {answer.status_code for answer in refused} == {403}
    assert all("needs the permission reconciliation:" in answer.json()["detail"] for answer in refused)


def test_who_may_only_read_is_shown_no_actions(world: World) -> None:
    headers = token(world, "customer_success", scopes=["reconciliation:read"])
    client = world.clients["GET /v1/reconciliation"]

    rows = client.get("/v1/reconciliation", headers=headers).json()["items"]
    answer = client.post("/v1/reconciliation/microsoft/sub-south-1/actions", headers=headers, json=_IGNORE)

    assert rows
    assert all(row["actions"] == [] for row in rows)
    assert answer.status_code == 403
