"""What alignments that billed nothing left to be invoiced by hand, over HTTP: the organisation's alone (rule R7.6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date
from typing import Annotated

from fastapi import APIRouter, Query

from services.reconciliation.access import ORGANISATIONS
from services.reconciliation.manual_invoicing import LeftByHand, left_by_hand
from shared.web.application import Reading
from shared.web.paging import Cursor, Limit, Page, key_of, page_of

router = APIRouter()
First = Annotated[date | None, Query(alias="from", description="aligned on this day (UTC) or later")]
Last = Annotated[date | None, Query(alias="to", description="aligned on this day (UTC) or earlier")]
Settled = Annotated[bool, Query(description="also what was settled by hand")]


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


def _place(one: LeftByHand) -> Sequence[str]:
    return one.aligned_at.astimezone(UTC).date().isoformat(), one.alignment
