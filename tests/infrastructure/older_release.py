"""A database as an earlier release of invoicing left it, as far as what came later would be in the way."""

from __future__ import annotations

from typing import Final

from psycopg import AsyncConnection

# Made by the migrations from 6 on.
_LATER: Final = """
DROP TABLE invoicing.letterhead, invoicing.document_names, invoicing.delivery_destination, invoicing.webhook_secret,
    invoicing.webhook_secret_before, invoicing.delivery CASCADE
"""
_FORGET: Final = "DELETE FROM store.schema_migration WHERE room = 'invoicing' AND number > %s"


async def back_to(connection: AsyncConnection, number: int) -> None:
    """Have migrations after `number`, which is 5 at the most, applied again; what 2 to 5 made the caller takes away."""
    await connection.execute(_LATER)
    await connection.execute(_FORGET, [number])
