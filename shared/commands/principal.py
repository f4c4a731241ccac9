"""Who asks for something, and what they may do. Pure.

A role is what somebody is; permissions are what the role may do; the scopes of a token can only take some of them away.
A reseller reaches what is its own and a customer what is its own, whatever they may do with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, get_args

from shared.commands.decision import Forbidden
from shared.commands.roles import Permission as Permission
from shared.commands.roles import Role as Role

ROLES: Final[tuple[Role, ...]] = get_args(Role)
PERMISSIONS: Final[frozenset[Permission]] = frozenset(get_args(Permission))

_READING: Final = frozenset[Permission](
    {"accounts:read", "catalogue:read", "orders:read", "subscriptions:read", "settings:read", "invoices:read"}
)
_CHANGING: Final = frozenset[Permission]({"accounts:write", "orders:write", "subscriptions:write"})
# What is done about differences with vendors is decided by people of the organisation (rule R7.1).
_RECONCILING: Final = frozenset[Permission]({"reconciliation:read", "reconciliation:write"})
# How the system itself is, and having it go on: what lies in dead letters is whatever somebody sent, of anybody.
_OPERATING: Final = frozenset[Permission]({"operations:read", "operations:write"})
# What a reseller may not: its own prices and rates, the past, and what holds for everybody.
MAY: Final[Mapping[Role, frozenset[Permission]]] = {
    "distributor": PERMISSIONS,
    "integration": PERMISSIONS - _RECONCILING - _OPERATING,
    "customer_success": _READING | _CHANGING | _RECONCILING | {"backdating"},
    "reseller": (_READING - {"settings:read"}) | _CHANGING | {"reconciliation:read"},
    "customer": frozenset({"accounts:read", "orders:read", "subscriptions:read", "invoices:read"}),
}
# Who sees every row. Any other role sees what is its own: of a new one nothing, until the policies know it.
_ORGANISATION: Final = frozenset[Role]({"distributor", "customer_success", "integration"})


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who was recognised. `name` is the token's or the subject's, for logs and the audit.

    `reseller` is set for a reseller, `customer` for a customer: what they may reach.
    """

    name: str
    role: Role
    permissions: frozenset[Permission]
    reseller: str | None = None
    customer: str | None = None

    @property
    def sees_all(self) -> bool:
        """Whether they are of the organisation itself."""
        return self.role in _ORGANISATION

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def need(self, permission: Permission, to: str) -> None:
        """Forbidden without a permission; `to` says what for: "set a price"."""
        if permission not in self.permissions:
            raise Forbidden(f"{self.name} may not {to}: that needs the permission {permission}")

    def reaches(self, *, customer: str | None, reseller: str | None) -> bool:
        """Whether something of this customer, sold by this reseller, is theirs to see and, if allowed, to change."""
        if self.role == "reseller":
            return reseller is not None and reseller == self.reseller
        if self.role == "customer":
            return customer is not None and customer == self.customer
        return True


def principal_of(
    name: str,
    role: Role,
    *,
    reseller: str | None = None,
    customer: str | None = None,
    scopes: frozenset[Permission] = frozenset(),
) -> Principal:
    """A principal with what its role may do; of that only `scopes`, where there are any."""
    may = MAY[role]
    return Principal(name, role, may & scopes if scopes else may, reseller, customer)


# Who works at the machine itself has the database anyway: the command line asks as the distributor.
OPERATOR: Final = principal_of("operator", "distributor")
