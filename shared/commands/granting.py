"""From what a token says of somebody to a principal. Pure; the same for API tokens and those of an OIDC issuer."""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

from shared.commands.principal import PERMISSIONS, ROLES, Permission, Principal, principal_of


class NotGranted(Exception):
    """No principal can be made of this; the sentence says what is missing or wrong."""


def granted(
    name: str, role: str | None, *, reseller: str | None, customer: str | None, scopes: Collection[str]
) -> Principal:
    """The principal with a role, for its reseller or customer where the role is theirs; else they are left out.

    Of its role's permissions it has `scopes`, where there are any. Raises NotGranted.
    """
    if role not in ROLES:
        raise NotGranted(f"{role!r} is no role; give one of {', '.join(ROLES)}")
    if role == "reseller" and not reseller:
        raise NotGranted("the role reseller needs the id of its reseller")
    if role == "customer" and not customer:
        raise NotGranted("the role customer needs the id of its customer")
    unknown = sorted(set(scopes) - PERMISSIONS)
    if unknown:
        raise NotGranted(f"{unknown[0]!r} is no permission; give some of {', '.join(sorted(PERMISSIONS))}")
    return principal_of(
        name,
        role,
        reseller=reseller if role == "reseller" else None,
        customer=customer if role == "customer" else None,
        scopes=cast("frozenset[Permission]", frozenset(scopes)),
    )
