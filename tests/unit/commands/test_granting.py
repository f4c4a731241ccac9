"""From what a token says to a principal: what the role asks for, narrowed by scopes, never widened."""

from __future__ import annotations

from typing import Any

import pytest

from shared.commands.granting import NotGranted, granted
from shared.commands.principal import MAY, PERMISSIONS, ROLES

NOTHING: dict[str, Any] = {"reseller": None, "customer": None, "scopes": ()}
BOTH: dict[str, Any] = {"reseller": "res-1", "customer": "cus-1", "scopes": ()}


@pytest.mark.parametrize("role", ROLES)
def test_without_scopes_a_token_may_what_its_role_may(role: str) -> None:
    found = granted("x", role, **BOTH)
    assert found.permissions == MAY[found.role]
    # Whom the role does not ask for is left out: a customer's token that names a reseller reaches nothing of it.
    assert (found.reseller is not None, found.customer is not None) == (role == "reseller", role == "customer")


@pytest.mark.parametrize("role", ROLES)
def test_scopes_only_take_away(role: str) -> None:
    for permission in PERMISSIONS:
        found = granted("x", role, **{**BOTH, "scopes": [permission]})
        assert found.permissions == MAY[found.role] & {permission}


@pytest.mark.parametrize(
    ("role", "given", "said"),
    [
        (None, {}, "None is no role"),
        ("admin", {}, "'admin' is no role"),
        ("reseller", {"customer": "cus-1"}, "needs the id of its reseller"),
        ("reseller", {"reseller": ""}, "needs the id of its reseller"),
        ("customer", {"reseller": "res-1"}, "needs the id of its customer"),
        ("distributor", {"scopes": ["everything"]}, "'everything' is no permission"),
    ],
)
def test_what_grants_nothing_says_what_is_missing(role: str | None, given: dict[str, Any], said: str) -> None:
    with pytest.raises(NotGranted, match=said):
        granted("x", role, **{**NOTHING, **given})
