"""The accounts of vendors over HTTP, and that one is gone for good: the organisation's alone (rule R7.4)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from psycopg import AsyncConnection
from psycopg.rows import class_row
from pydantic import BaseModel, ConfigDict

from services.reconciliation import queries
from services.reconciliation.access import ORGANISATIONS
from services.reconciliation.gone_accounts import say_gone
from services.reconciliation.said import Because
from services.reconciliation.shown import VendorAccountRow
from shared.commands.decision import CommandRefused
from shared.errors import NOT_FOUND, UserError
from shared.events.models.fields import ID_PATTERN, MAX_ID_LENGTH
from shared.web.access import Caller
from shared.web.application import Connection, Reading
from shared.web.commanding import PROBLEMS
from shared.web.errors import NotFound
from shared.web.paging import Cursor, Limit, Page, key_of, page_of

router = APIRouter()
_GONE: Final = (
    "SELECT vendor, account, said_at, said_by, reason FROM read.gone_accounts WHERE (vendor, account) = (%s, %s)"
)
_Id = Annotated[str, Path(min_length=1, max_length=MAX_ID_LENGTH, pattern=ID_PATTERN)]


class GoneAccount(BaseModel):
    """An account that is gone at its vendor for good, as somebody said, and why."""

    model_config = ConfigDict(json_schema_extra={"examples": [{
        "vendor": "microsoft", "account": "c1b2", "said_at": "2026-03-02T09:00:00Z", "said_by": "token 4f (Maria)",
        "reason": "moved to another partner",
    }]})  # fmt: skip

    vendor: str
    account: str
    said_at: datetime
    said_by: str
    reason: str


class WhyGone(Because):
    """Why an account is gone for good."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "moved to another partner"}]})


@router.get("/vendor-accounts", dependencies=ORGANISATIONS)
async def vendor_accounts(
    connection: Reading,
    vendor: str | None = None,
    failed: Annotated[bool, Query(description="only those that were not observed")] = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[VendorAccountRow]:
    """The accounts of vendors as they were last looked at."""
    after = key_of(cursor, ["", ""])
    found = await queries.accounts(connection, after, limit + 1, vendor=vendor, failed=failed)
    return page_of(found, limit, lambda one: [one.vendor, one.account])


@router.post("/vendor-accounts/{vendor}/{account:path}/gone", responses={404: PROBLEMS[404], 422: PROBLEMS[422]})
async def say_account_gone(
    connection: Connection, principal: Caller, vendor: _Id, account: _Id, why: WhyGone
) -> GoneAccount:
    """Have what is billed for an account be missing at its vendor, from the next comparison on.

    Said again it stays as it was said first. The vendor showing the account takes it back.
    """
    principal.need("reconciliation:write", "say that an account is gone")
    try:
        await say_gone(connection, account, vendor, why.reason, principal.name)
    except UserError as error:
        if error.kind == NOT_FOUND:
            raise NotFound(f"{vendor} has no account {account!r} that was ever looked at") from None
        raise CommandRefused(str(error)) from None
    return await _gone(connection, vendor, account)


async def _gone(connection: AsyncConnection, vendor: str, account: str) -> GoneAccount:
    async with connection.cursor(row_factory=class_row(GoneAccount)) as cursor:
        found = await (await cursor.execute(_GONE, [vendor, account])).fetchone()
    if found is None:
        raise CommandRefused(f"{vendor} showed account {account} again meanwhile: it is not gone")
    return found
