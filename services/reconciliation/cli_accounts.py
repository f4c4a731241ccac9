"""What `seatledger reconcile accounts` does: says of an account that the vendor has it no more."""

from __future__ import annotations

from psycopg import AsyncConnection

from services import presentation
from services.reconciliation.gone_accounts import Gone, say_gone
from shared.commands.operating import Database, read_now


def gone(database: Database, account: str, *, vendor: str | None, reason: str, as_json: bool) -> None:
    """Have what is billed for an account be missing at its vendor from the next comparison on."""

    async def said(connection: AsyncConnection) -> Gone:
        return await say_gone(connection, account, vendor, reason)

    done = read_now(database, said)
    if as_json:
        presentation.document(done)
    elif done.changed:
        presentation.say(
            f"{account}: is gone; compare with seatledger reconcile --vendor {done.vendor} --no-look, and what is "
            "billed for it is MISSING_IN_VENDOR"
        )
    else:
        presentation.say(f"{account}: was said to be gone before; nothing was changed")
