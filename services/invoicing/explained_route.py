"""The route of a document's lines with the reason of each in words, some at a time."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from psycopg import AsyncConnection
from psycopg.rows import class_row
from pydantic import BaseModel, Field

from services.invoicing.events_behind import events_behind
from services.invoicing.projection import SPEC
from services.invoicing.queries import DocumentLine
from shared.billing.facts import Ref
from shared.events.explanation import Happened, Shape, event_shape, refs_of, sentence
from shared.events.models.base import OPTIONAL
from shared.web.access import needs
from shared.web.application import Reading
from shared.web.errors import NotFound
from shared.web.row_security import read_on_as_owner

router = APIRouter()
# A page of them takes the events of as many subscriptions.
_MOST_LINES = 500
_LAST_LINE = 10_000_000
_EXISTS = "SELECT 1 FROM read.documents WHERE number = %s"
_LINES = """
SELECT * FROM read.document_lines WHERE number = %s
ORDER BY customer, subscription, "from", kind, line LIMIT %s OFFSET %s
"""

Offset = Annotated[int, Query(ge=0, le=_LAST_LINE, description="how many lines of the document stand before")]
Lines = Annotated[int, Query(ge=1, le=_MOST_LINES, description="how many at most")]


class EventBehindLine(BaseModel):
    """An event, what it did for the line, and where it lies in the log; what is not known of it is left out."""

    role: str
    source: str
    id: str
    type: str | None = OPTIONAL
    time: str | None = OPTIONAL
    topic: str | None = OPTIONAL
    partition: int | None = OPTIONAL
    offset: int | None = OPTIONAL


class ExplainedLine(DocumentLine):
    """A line of a document; `sentence` says how its amount came about and because of what."""

    sentence: str
    events: list[EventBehindLine]


class ExplainedLines(BaseModel):
    """Some lines of a document in its order: a document never changes, so their places never do."""

    lines: list[ExplainedLine] = Field(description="by customer, subscription, from, kind, line")


@router.get("/documents/{number:path}/explained", dependencies=[needs("invoices:read", "read documents")])
async def explained(connection: Reading, number: str, offset: Offset = 0, limit: Lines = 100) -> ExplainedLines:
    """Lines of a document, each with the reason in words and the events behind it."""
    if await (await connection.execute(_EXISTS, [number])).fetchone() is None:
        raise NotFound(f"there is no document {number!r}")
    async with connection.cursor(row_factory=class_row(DocumentLine)) as cursor:
        lines = await (await cursor.execute(_LINES, [number, limit, offset])).fetchall()
    shapes = [line.model_dump(mode="json", by_alias=True, exclude_none=True) for line in lines]
    happened = await _happened(connection, shapes)
    return ExplainedLines(lines=[_explained(*pair, happened) for pair in zip(lines, shapes, strict=True)])


async def _happened(connection: AsyncConnection, shapes: list[dict[str, object]]) -> dict[Ref, Happened]:
    """What the events behind lines were. They are named on lines that whoever asks was shown."""
    refs = {ref for shape in shapes for ref in refs_of(shape)}
    await read_on_as_owner(connection, SPEC.name)
    return await events_behind(connection, {str(shape["subscription"]) for shape in shapes}, refs)


def _explained(line: DocumentLine, shape: Shape, happened: dict[Ref, Happened]) -> ExplainedLine:
    behind = shape["why"]["events"] if shape.get("why") else ()
    events = [EventBehindLine.model_validate(event_shape(one, happened)) for one in behind]
    return ExplainedLine.model_validate(
        {**line.model_dump(by_alias=True), "sentence": sentence(shape, happened), "events": events}
    )
