"""A customer as Partner Center has it, read into what the comparison knows."""

from __future__ import annotations

from services.reconciliation.vendors.connector import VendorAccount
from services.reconciliation.vendors.microsoft.reading import field, identifier, text


def account(customer: object) -> VendorAccount | None:
    """The customer; its id is its tenant's. None where it has no id: it cannot be asked about."""
    profile = field(customer, "companyProfile")
    found = identifier(field(customer, "id"))
    if found is None:
        return None
    domain = text(field(profile, "domain"))
    return VendorAccount(found, text(field(profile, "companyName")) or domain or found, domain)
