"""The names of roles and permissions alone: the help of the command line lists them, and is to be there at once."""

from typing import Literal

Role = Literal["distributor", "customer_success", "reseller", "customer", "integration"]
Permission = Literal[
    "accounts:read", "accounts:write", "catalogue:read", "catalogue:write", "orders:read", "orders:write",
    "subscriptions:read", "subscriptions:write", "subscriptions:import", "prices:write", "backdating", "rates:write",
    "settings:read", "settings:write", "invoices:read", "reconciliation:read", "reconciliation:write",
    "operations:read", "operations:write",
]  # fmt: skip
