"""Which vendors are configured here, and their connectors: made of the environment, each when it is needed."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from services.reconciliation.vendors.connector import Connector, Misconfigured
from shared.errors import UserError

# A vendor is configured where this is set; what else it needs, its connector says.
_NEEDS: Final[Mapping[str, str]] = {
    "microsoft": "SEATLEDGER_MICROSOFT_TENANT",
    "panda": "SEATLEDGER_WATCHGUARD_ACCOUNT",
}
VENDORS: Final = tuple(_NEEDS)


def configured_vendors() -> list[str]:
    """The vendors that this process has credentials for."""
    return [vendor for vendor, variable in _NEEDS.items() if os.environ.get(variable)]


@asynccontextmanager
async def connected(vendor: str) -> AsyncIterator[Connector]:
    """A connector for the time of the block. UserError says what of its configuration is missing or wrong."""
    require(vendor)
    try:
        connector = _made(vendor)
    except Misconfigured as error:
        raise UserError(str(error)) from None
    try:
        yield connector
    finally:
        await connector.aclose()


def require(vendor: str) -> None:
    """UserError for a vendor that cannot be asked, or that is not configured here."""
    if vendor not in _NEEDS:
        raise UserError(f"{vendor!r} is no vendor that can be asked: there are {', '.join(VENDORS)}")
    if vendor not in configured_vendors():
        raise UserError(
            f"{vendor} is not configured: set {_NEEDS[vendor]} and what goes with it (docs/vendors/{vendor}.md)"
        )


def _made(vendor: str) -> Connector:
    # Each brings a client library of its own.
    if vendor == "microsoft":
        from services.reconciliation.vendors.microsoft.config import from_environment
        from services.reconciliation.vendors.microsoft.connector import MicrosoftConnector

        return MicrosoftConnector(from_environment())
    from services.reconciliation.vendors.watchguard.config import configured
    from services.reconciliation.vendors.watchguard.connector import PandaConnector

    return PandaConnector(configured())
