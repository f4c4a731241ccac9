"""What `seatledger reconcile check` does: says of each vendor whether it lets us in."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from services import presentation
from services.reconciliation.vendors.configured import VENDORS, configured_vendors, connected
from services.reconciliation.vendors.connector import VendorError
from shared.errors import UserError
from shared.store.logging import configure_logging


@dataclass(frozen=True, slots=True)
class Checked:
    """What a vendor answered, in a sentence; `works`: what is configured lets us in."""

    vendor: str
    works: bool
    said: str


def check(vendor: str | None, *, as_json: bool) -> bool:
    """Ask one vendor, or each that is configured; whether all let us in. UserError where none is configured."""
    configure_logging("reconcile", "error")
    wanted = configured_vendors() if vendor is None else [vendor]
    if not wanted:
        raise UserError(f"no vendor is configured: docs/vendors says how, for {', '.join(VENDORS)}")
    found = asyncio.run(_each(wanted))
    if as_json:
        presentation.list_document(found)
    else:
        for one in found:
            presentation.say(f"{one.vendor}: {one.said}")
    return all(one.works for one in found)


async def _each(vendors: list[str]) -> list[Checked]:
    return [await _checked(vendor) for vendor in vendors]


async def _checked(vendor: str) -> Checked:
    try:
        async with connected(vendor) as connector:
            own = await connector.check_credentials()
    except (VendorError, UserError) as error:
        return Checked(vendor, works=False, said=str(error))
    named = "" if own is None else f" as {own.name} ({own.account_id})"
    return Checked(vendor, works=True, said=f"lets us in{named}")
