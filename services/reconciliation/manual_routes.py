"""What alignments that billed nothing left to be invoiced by hand, over HTTP, and that it is settled (rule R7.6).

The organisation's alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict

from services.reconciliation.access import ORGANISATIONS
from services.reconciliation.manual_invoicing import LeftByHand, left_by_hand, one_by_hand, settle
from services.reconciliation.said import Because
from shared.events.models.fields import ID_PATTERN, MAX_ID_LENGTH
from shared.web.access import Caller
from shared.web.application import Connection, Reading
from shared.web.commanding import PROBLEMS
from shared.web.errors import NotFound
from shared.web.paging import Cursor, Limit, Page, key_of, page_of

router = APIRouter()
First = Annotated[date | None, Query(alias="from", description="aligned on this day (UTC) or later")]
Last = Annotated[date | None, Query(alias="to", description="aligned on this day (UTC) or earlier")]
Settled = Annotated[bool, Query(description="also what was settled by hand")]


class HowSettled(Because):
    """That nothing is left of an alignment, and how it was settled."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "invoice M-17"}]})


@router.get("/manual-invoicing", dependencies=ORGANISATIONS)
async def manual_invoicing(
    connection: Reading,
    first: First = None,
    last: Last = None,
    customer: str | None = None,
    settled: Settled = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[LeftByHand]:
    """What alignments that billed nothing left to be invoiced by hand, the oldest day first."""
    after = key_of(cursor, ["", ""])
    found = await left_by_hand(connection, after, limit + 1, first=first, last=last, customer=customer, settled=settled)
    return page_of(found, limit, _place)


@router.post("/manual-invoicing/{alignment:path}/settle", responses={404: PROBLEMS[404]})
async def settle_by_hand(
    connection: Connection,
    principal: Caller,
    alignment: Annotated[str, Path(min_length=1, max_length=MAX_ID_LENGTH, pattern=ID_PATTERN)],
    how: HowSettled,
) -> LeftByHand:
    """Say that what an alignment left is settled: once; what was settled before stays as it was said then."""
    principal.need("reconciliation:write", "settle what is invoiced by hand")
    left = await one_by_hand(connection, alignment)
    if left is None:
        raise NotFound(f"no alignment {alignment!r} left anything to be invoiced")
    await settle(connection, alignment, how.reason, principal.name)
    return await one_by_hand(connection, alignment) or left


def _place(one: LeftByHand) -> Sequence[str]:
    return one.aligned_at.astimezone(UTC).date().isoformat(), one.alignment
