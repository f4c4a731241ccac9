"""Rows of two generations beside each other, in the order of their key; never more of them at once than a few."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from psycopg import AsyncConnection, sql

from shared.store.streaming import streamed

# Values as text, in the order of the columns that were asked for.
Values = tuple[str | None, ...]


async def differing(
    live: AsyncConnection, rebuilt: AsyncConnection, source: sql.Composable, columns: Sequence[str], key: Sequence[str]
) -> AsyncIterator[tuple[Values | None, Values | None]]:
    """The rows of both sides that are not the same, None on the side where there is none.

    `source` is a table, or a SELECT in brackets with a name; `live` is in a transaction, `rebuilt` in none.
    """
    statement = sql.SQL("SELECT {} FROM {} ORDER BY {}").format(
        sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(column)) for column in columns),
        source,
        sql.SQL(", ").join(sql.SQL('{}::text COLLATE "C" NULLS FIRST').format(sql.Identifier(one)) for one in key),
    )
    places = [columns.index(column) for column in key]
    async with live.cursor("live") as one, rebuilt.transaction(), rebuilt.cursor("rebuilt") as other:
        befores, afters = streamed(one, statement), streamed(other, statement)
        before, after = await anext(befores, None), await anext(afters, None)
        while before is not None or after is not None:
            if after is None or (before is not None and _at(before, places) < _at(after, places)):
                yield before, None
                before = await anext(befores, None)
            elif before is None or _at(after, places) < _at(before, places):
                yield None, after
                after = await anext(afters, None)
            else:
                if before != after:
                    yield before, after
                before, after = await anext(befores, None), await anext(afters, None)


def _at(row: Values, places: Sequence[int]) -> list[tuple[bool, str]]:
    """As the database orders keys: what is null first, then by code points."""
    return [(row[place] is not None, row[place] or "") for place in places]
