"""Reading as somebody: under the role of the APIs, to which the policies of the read models apply.

The rows that a request sees are chosen by the database (`sql/policies.sql` of each service), so a
query that forgets whom it is for shows nothing more. Where nothing was said about who asks, nothing is seen.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from psycopg import AsyncConnection

from shared.commands.principal import Principal
from shared.projections.generations import use_live

# One moment for the whole request: what it shows of a thing and the version that it gives belong together.
_READ = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
# All of it local: it ends with the transaction, whoever gets the connection next.
_AS = """
SELECT set_config('seatledger.sees', %s, true), set_config('seatledger.reseller', %s, true),
    set_config('seatledger.customer', %s, true), set_config('role', 'seatledger_api', true)
"""

_AS_OWNER = "SELECT set_config('role', 'none', true)"


@asynccontextmanager
async def reading_as(connection: AsyncConnection, principal: Principal) -> AsyncIterator[AsyncConnection]:
    """The connection, for the time of one transaction that reads only and sees what `principal` may see."""
    sees = "all" if principal.sees_all else principal.role
    async with connection.transaction():
        await connection.execute(_READ)
        await connection.execute(_AS, [sees, principal.reseller or "", principal.customer or ""])
        yield connection


async def read_on_as_owner(reading: AsyncConnection, projection: str) -> None:
    """From here on the transaction of `reading` sees every row of a projection's live generation, at the same moment.

    For what no view shows, once the views have shown that whoever asks reaches the thing itself: what is read from now
    on is chosen by the code, and nobody else does.
    """
    await reading.execute(_AS_OWNER)
    await use_live(reading, projection)
