"""The views that dashboards read, as a page: what the database says of them (COMMENT ON), and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import class_row

_COLUMNS = """
SELECT c.relname AS view, obj_description(c.oid, 'pg_class') AS about, a.attname AS name,
    format_type(a.atttypid, a.atttypmod) AS type, col_description(c.oid, a.attnum) AS meaning
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relnamespace = 'read'::regnamespace AND c.relkind = 'v' AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY c.relname, a.attnum
"""
_HEAD: Final = """\
# The read model

The views of the schema `read`: what the APIs, the console, BI and dashboards read. This page is what the database says
of itself: `seatledger schemas read-model` prints it, and `COMMENT ON` in `sql/read.sql` of each service is where it is
written. [Dashboards](dashboards.md) has logins for it, [access](access.md) who is who.

- Amounts are `numeric`, in the major unit of the currency beside them, and rounded to its minor unit; prices may have
  more places.
- Days are days of the customer (of a document: the day that its run closed), moments are in UTC. No view asks what time
  it is: what a row says of today, it says as of the clock of its projection, which the worker of its service moves on.
- Ids are those that upstream gave. They are unique within their kind, whatever view they stand in.
- Columns are only ever added, at the end.
"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a view, and what is said of both; None where nothing is."""

    view: str
    about: str | None
    name: str
    type: str
    meaning: str | None


async def columns(connection: AsyncConnection) -> list[Column]:
    """Every column of every view, by view and place."""
    async with connection.cursor(row_factory=class_row(Column)) as cursor:
        return await (await cursor.execute(_COLUMNS)).fetchall()


async def page(connection: AsyncConnection) -> str:
    """All of it in Markdown."""
    parts = [_HEAD]
    for view, found in groupby(await columns(connection), lambda column: column.view):
        parts.append("\n".join(_section(view, list(found))))
    return "\n".join(parts)


def _section(view: str, found: Sequence[Column]) -> Iterator[str]:
    yield f"## read.{view}\n"
    # Paragraphs, the last of which says who sees which rows.
    for line in (found[0].about or "").splitlines():
        yield f"{line}\n"
    yield "| column | type | |\n|---|---|---|"
    for column in found:
        meaning = (column.meaning or "").replace("|", "\\|")
        yield f"| `{column.name}` | {column.type} | {meaning} |"
    yield ""
