"""Letterheads as they are kept: each holds from a day on, and what is on the paper of issued documents stays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from services.invoicing.paper.letterheads import Letterhead, Scope
from shared.errors import UserError
from shared.store.operations import operator, record

_LOCK = "SELECT pg_advisory_xact_lock(hashtext('invoicing.letterhead'))"
# The last document that shows what held until now on the day in question: the row of that day, or of a day before.
_LAST_SHOWN = """
SELECT max(document.date) FROM read.documents AS document
WHERE (%(scope)s = 'organisation' OR document.recipient = %(id)s)
    AND document.date >= (SELECT min(holds_from) FROM invoicing.letterhead WHERE scope = %(scope)s AND id = %(id)s)
"""
_SET = """
INSERT INTO invoicing.letterhead (scope, id, holds_from, content, logo, set_by)
VALUES (%(scope)s, %(id)s, %(holds_from)s, %(content)s, %(logo)s, %(by)s)
ON CONFLICT (scope, id, holds_from) DO UPDATE
SET content = excluded.content, logo = excluded.logo, set_at = clock_timestamp(), set_by = excluded.set_by
"""
_LIST = """
SELECT scope, id, holds_from, content, logo, set_at, set_by FROM read.letterheads
WHERE scope = %(scope)s AND (id, holds_from) > (%(after)s, %(after_day)s) ORDER BY id, holds_from LIMIT %(limit)s
"""
_ON = """
SELECT scope, id, holds_from, content, logo, set_at, set_by FROM read.letterheads
WHERE scope = %s AND id = %s AND holds_from <= %s ORDER BY holds_from DESC LIMIT 1
"""
_LOGO = "SELECT logo FROM read.letterheads WHERE scope = %s AND id = %s ORDER BY holds_from DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class Kept:
    """A letterhead as it was set: `holds_from` is the first day it holds, `id` the recipient, "" the organisation."""

    scope: Scope
    id: str
    holds_from: date
    content: dict[str, object]
    logo: bytes | None
    set_at: datetime
    set_by: str


async def keep(
    connection: AsyncConnection,
    scope: Scope,
    id: str,
    holds_from: date,
    content: Letterhead,
    logo: bytes | None,
    by: str | None = None,
) -> None:
    """Set a letterhead from a day on. UserError where it would change what is on the paper of an issued document.

    The first one may hold from any day: documents had none before. Without a logo the last one stays.
    """
    who = by or operator()
    async with connection.transaction():
        await connection.execute(_LOCK)
        found = await (await connection.execute(_LAST_SHOWN, {"scope": scope, "id": id})).fetchone()
        last = None if found is None else found[0]
        if last is not None and last >= holds_from:
            raise UserError(
                f"a document of {last} was issued with the letterhead that holds until now, and stays as it is: "
                f"have the new one hold from a later day than {last}"
            )
        if logo is None:
            kept = await (await connection.execute(_LOGO, [scope, id])).fetchone()
            logo = None if kept is None else kept[0]
        row = {
            "scope": scope, "id": id, "holds_from": holds_from, "logo": logo, "by": who,
            "content": Jsonb(content.model_dump(mode="json", exclude_none=True)),
        }  # fmt: skip
        await connection.execute(_SET, row)
        about = f"letterhead of {id}" if id else "letterhead of the organisation"
        await record(connection, "letterheads set", about, detail={"holds_from": holds_from.isoformat()}, by=who)


async def listed(
    connection: AsyncConnection, scope: Scope, limit: int, after: tuple[str, date] = ("", date.min)
) -> list[Kept]:
    """Letterheads of a scope after (id, day), sorted by these; those that who reads may see."""
    wanted = {"scope": scope, "after": after[0], "after_day": after[1], "limit": limit}
    async with connection.cursor(row_factory=class_row(Kept)) as cursor:
        return await (await cursor.execute(_LIST, wanted)).fetchall()


async def holding(connection: AsyncConnection, scope: Scope, id: str, day: date) -> Kept | None:
    """The letterhead that holds on a day; None where there is none yet."""
    async with connection.cursor(row_factory=class_row(Kept)) as cursor:
        return await (await cursor.execute(_ON, [scope, id, day])).fetchone()
