"""What vendors billed and what became of comparing it with our own cost, over HTTP: the organisation's alone (R7.7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query
from psycopg import AsyncConnection
from psycopg.rows import class_row
from pydantic import BaseModel, ConfigDict

from services.reconciliation.access import ORGANISATIONS
from services.reconciliation.cost.comparing import compare_on
from services.reconciliation.cost.import_store import MICROSOFT
from services.reconciliation.cost.verdicts import CostComparison, Period, Verdict
from shared.web.application import Reading
from shared.web.errors import BadRequest
from shared.web.paging import Cursor, Limit, Page, key_of, page_of

router = APIRouter()
_BILLS: Final = """
SELECT * FROM read.vendor_bills
WHERE (vendor, invoice) > (%(after_vendor)s, %(after_invoice)s)
    AND (%(vendor)s::text IS NULL OR vendor = %(vendor)s)
    AND (%(first)s::date IS NULL OR to_day >= %(first)s) AND (%(last)s::date IS NULL OR from_day <= %(last)s)
ORDER BY vendor, invoice LIMIT %(limit)s
"""
First = Annotated[date | None, Query(alias="from", description="with something for this day or later")]
Last = Annotated[date | None, Query(alias="to", description="with something for this day or earlier")]
PeriodFrom = Annotated[date, Query(alias="from", description="the first day of the period")]
PeriodTo = Annotated[date, Query(alias="to", description="its last day")]


class VendorBill(BaseModel):
    """An invoice of a vendor in the version that counts: for which days, and how much by currency."""

    model_config = ConfigDict(json_schema_extra={"examples": [{
        "vendor": "microsoft", "invoice": "G012345678", "version": "2026-03-08T04:00:00Z", "source": "graph",
        "file": None, "imported_at": "2026-03-09T06:11:09Z", "imported_by": "maria", "rows": 412,
        "from_day": "2026-02-01", "to_day": "2026-02-28", "amounts": {"EUR": "41230.18"}, "cancelled_at": None,
        "cancelled_by": None, "cancelled_because": None,
    }]})  # fmt: skip

    vendor: str
    invoice: str
    version: str
    source: Literal["graph", "csv"]
    file: str | None
    imported_at: datetime
    imported_by: str
    rows: int
    from_day: date | None
    to_day: date | None
    amounts: Mapping[str, str]
    cancelled_at: datetime | None
    cancelled_by: str | None
    cancelled_because: str | None


class Cost(BaseModel):
    """A subscription in a period: our cost, the vendor's bill, what it is sold for; null where that is not known."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [{
        "subscription": "sub-1", "verdict": "match", "currency": "EUR", "ours": "64.00", "theirs": "64.00",
        "difference": "0.00", "sell": "80.00", "margin": "16.00", "margin_by_vendor": "16.00",
        "lines": ["sub-1/2026-02-01/2026-02-01"],
    }]})  # fmt: skip

    subscription: str
    verdict: Verdict
    currency: str
    ours: Decimal | None
    theirs: Decimal | None
    difference: Decimal | None
    sell: Decimal | None
    margin: Decimal | None
    margin_by_vendor: Decimal | None
    lines: tuple[str, ...]


@router.get("/vendor-bills", dependencies=ORGANISATIONS)
async def vendor_bills(
    connection: Reading,
    vendor: str | None = None,
    first: First = None,
    last: Last = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[VendorBill]:
    """What was taken in of vendors' bills, by vendor and invoice."""
    after = key_of(cursor, ["", ""])
    wanted = {"vendor": vendor, "first": first, "last": last, "limit": limit + 1}
    found = await _bills(connection, {"after_vendor": after[0], "after_invoice": after[1], **wanted})
    return page_of(found, limit, lambda one: [one.vendor, one.invoice])


async def _bills(connection: AsyncConnection, wanted: Mapping[str, object]) -> list[VendorBill]:
    async with connection.cursor(row_factory=class_row(VendorBill)) as cursor:
        return await (await cursor.execute(_BILLS, wanted)).fetchall()


@router.get("/costs", dependencies=ORGANISATIONS)
async def costs(
    connection: Reading,
    first: PeriodFrom,
    last: PeriodTo,
    vendor: str = MICROSOFT,
    verdict: Verdict | None = None,
    subscription: str | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[Cost]:
    """Our cost beside a vendor's bills of a period, as both stand now, by subscription; with one verdict."""
    try:
        period = Period(first, last)
    except ValueError as error:
        raise BadRequest(f"from, to: {error}") from None
    (after,) = key_of(cursor, [""])
    report = await compare_on(connection, period, vendor=vendor)

    def is_wanted(one: CostComparison) -> bool:
        return one.subscription > after and verdict in (None, one.verdict) and subscription in (None, one.subscription)

    found = [Cost.model_validate(one) for one in report.comparisons if is_wanted(one)]
    return page_of(found[: limit + 1], limit, lambda one: [one.subscription])
