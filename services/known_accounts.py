"""Whether a reseller or a customer was ever stated: what is made for one that nobody knows may be a slip of the pen."""

from __future__ import annotations

import psycopg
from psycopg import AsyncConnection

_IS_A_RESELLER = """
SELECT EXISTS (SELECT FROM store.event WHERE stream_id = %(stream)s)
    OR EXISTS (SELECT FROM read.resellers WHERE reseller = %(reseller)s)
    OR EXISTS (SELECT FROM read.customers WHERE reseller = %(reseller)s)
"""
_KNOWN = """
SELECT EXISTS (SELECT FROM store.event WHERE stream_id = %(stream)s)
    OR EXISTS (SELECT FROM read.resellers WHERE reseller = %(reseller)s)
    OR EXISTS (SELECT FROM read.customers WHERE customer = %(customer)s OR reseller = %(reseller)s)
"""


async def is_known(connection: AsyncConnection, reseller: str | None, customer: str | None = None) -> bool:
    """Whether either was ever stated; an own registration that is under way counts. True where none is asked for."""
    account = f"reseller-{reseller}" if reseller else f"customer-{customer}"
    wanted = {"stream": account, "reseller": reseller, "customer": customer}
    if reseller is None and customer is None:
        return True
    try:
        row = await (await connection.execute(_KNOWN, wanted)).fetchone()
    except psycopg.errors.UndefinedTable:
        # A database that is prepared for tokens alone has no accounts to look at.
        return True
    return row is not None and bool(row[0])


async def is_a_reseller(connection: AsyncConnection, id: str) -> bool:
    """Whether there is a reseller of this id; False where the database has no accounts to look at."""
    try:
        row = await (await connection.execute(_IS_A_RESELLER, {"stream": f"reseller-{id}", "reseller": id})).fetchone()
    except psycopg.errors.UndefinedTable:
        return False
    return row is not None and bool(row[0])
