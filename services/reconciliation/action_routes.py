"""What is done about a difference over HTTP, and about a vendor's task that failed. The organisation's alone."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Body, Path, Response

from services.reconciliation import queries
from services.reconciliation.commands.bodies import Command, Request
from services.reconciliation.shown import ActionDone, VendorTask
from services.reconciliation.tasks import try_again
from shared.commands.decision import CommandRefused
from shared.events.models.fields import ID_PATTERN, MAX_ID_LENGTH
from shared.web.access import Caller
from shared.web.application import Connection
from shared.web.commanding import PROBLEMS, Ask
from shared.web.errors import NotFound

router = APIRouter()
_log = structlog.get_logger("reconciliation")
_ID = Path(min_length=1, max_length=MAX_ID_LENGTH, pattern=ID_PATTERN)


@router.post("/reconciliation/{vendor}/{about:path}/actions", response_model=ActionDone, responses={**PROBLEMS})
async def act_on_difference(
    vendor: Annotated[str, _ID],
    about: Annotated[str, Path(min_length=1, max_length=MAX_ID_LENGTH, pattern=ID_PATTERN,
                               description="our id of the subscription; the vendor's where we have none")],
    request: Annotated[Request, Body(discriminator="action")],
    ask: Ask,
) -> Response:  # fmt: skip
    """Do something about a row of the comparison, on the snapshot that is quoted."""
    return await ask(Command(vendor, about, request))


@router.post("/vendor-tasks/{task}/retry", responses={404: PROBLEMS[404], 422: PROBLEMS[422]})
async def retry_vendor_task(connection: Connection, principal: Caller, task: UUID) -> VendorTask:
    """Have a task that failed carried out once more, with the same id; one that waits goes on waiting."""
    principal.need("reconciliation:write", "have a vendor asked again")
    is_again = await try_again(connection, task)
    found = await queries.task(connection, task)
    if found is None:
        raise NotFound(f"there is no task {str(task)!r}")
    if found.state == "done":
        raise CommandRefused(f"task {task} is done: only one that failed is tried again")
    if is_again:
        _log.info("tried again", task=str(task), vendor=found.vendor, subscription=found.subscription)
    return found
