"""Accounts that are gone at a vendor for good, as a person says; the vendor showing one again takes that back (R7.4).

A vendor answers the same for a customer that left and for one that it does not show today, so nothing is concluded of
it by itself: only a person can know.
"""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import AsyncConnection

from shared.errors import BAD_REQUEST, NOT_FOUND, UserError
from shared.store.operations import operator, record

_LOOKS = """
SELECT vendor, failed FROM reconciliation.account
WHERE account = %(account)s AND (%(vendor)s::text IS NULL OR vendor = %(vendor)s) FOR UPDATE
"""
_SAY = """
INSERT INTO reconciliation.gone_account (vendor, account, said_by, reason) VALUES (%s, %s, %s, %s)
ON CONFLICT DO NOTHING
"""
_SHOWN_AGAIN = "DELETE FROM reconciliation.gone_account WHERE vendor = %s AND account = %s"


@dataclass(frozen=True, slots=True)
class Gone:
    """An account that is gone at its vendor; `changed`: nobody had said so before."""

    vendor: str
    account: str
    changed: bool


async def say_gone(
    connection: AsyncConnection, account: str, vendor: str | None, reason: str, by: str | None = None
) -> Gone:
    """Say that an account is gone for good. UserError for one that answered last, or that was never looked at.

    `by` None: the operator.
    """
    if not reason.strip():
        raise UserError(f"why is {account} gone? Give a reason", BAD_REQUEST)
    async with connection.transaction():
        found = await connection.execute(_LOOKS, {"account": account, "vendor": vendor})
        looks = await found.fetchall()
        if not looks:
            raise UserError(
                f"no account {account!r} was ever looked at: seatledger reconcile shows their ids", NOT_FOUND
            )
        if len(looks) > 1:
            raise UserError(f"{account} is an account of several vendors: name one with --vendor", BAD_REQUEST)
        of, failed = looks[0]
        if failed is None:
            raise UserError(f"{of} showed account {account} when it was last looked at: it is not gone", BAD_REQUEST)
        said = await connection.execute(_SAY, [of, account, by or operator(), reason.strip()])
        if said.rowcount:
            await record(connection, "reconcile accounts gone", f"{of}/{account}", reason.strip(), by=by)
    return Gone(of, account, bool(said.rowcount))


async def shown_again(connection: AsyncConnection, vendor: str, account: str) -> None:
    """A vendor shows an account: it is not gone, whatever was said; in the caller's transaction."""
    taken_back = await connection.execute(_SHOWN_AGAIN, [vendor, account])
    if taken_back.rowcount:
        await record(connection, "account shown again", f"{vendor}/{account}", by=vendor)
