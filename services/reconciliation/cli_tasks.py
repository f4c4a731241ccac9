"""What `seatledger reconcile tasks`, `provision` and `retry` do: what vendors are asked for."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID

from psycopg import AsyncConnection

from services import presentation
from services.reconciliation.cli import moment
from services.reconciliation.reacting import NotProjectedYet, to_provision
from services.reconciliation.suggesting import billing_days
from services.reconciliation.tasks import Task, ask, tasks, try_again
from services.reconciliation.uploading import PANDA, report_in, upload
from shared.commands.operating import Database, database_failures, read_now
from shared.errors import NOT_FOUND, UserError
from shared.store.operations import operator

_TASKS = ("task", "kind", "vendor", "subscription", "state", "attempts", "asked_at", "error")


def show_tasks(database: Database, *, state: str | None, limit: int, as_json: bool) -> None:
    """What vendors are to do, were told to do, or did not do."""

    async def read(connection: AsyncConnection) -> tuple[list[Task], list[str]]:
        found = await tasks(connection, state=state, most=limit)
        return found, await billing_days(connection, found)

    found, suggested = read_now(database, read)
    if as_json:
        presentation.list_document(found)
        return
    rows = [[moment(value) if name == "asked_at" else value for name in _TASKS for value in [getattr(one, name)]]
            for one in found]  # fmt: skip
    presentation.table("Tasks", _TASKS, rows, right=("attempts",))
    for sentence in suggested:
        presentation.say(sentence)


def provision(database: Database, subscription: str, *, as_json: bool) -> None:
    """Have a subscription's licences assigned by its vendor. UserError where there is nothing to assign."""

    async def asked(connection: AsyncConnection) -> tuple[Task | None, list[str]]:
        async with connection.transaction():
            task = await to_provision(connection, subscription, operator())
            if task is not None:
                await ask(connection, task)
            return task, await billing_days(connection, () if task is None else (task,))

    try:
        task, suggested = read_now(database, asked)
    except NotProjectedYet:
        raise UserError(f"there is no subscription {subscription!r}", NOT_FOUND) from None
    if task is None:
        raise UserError(f"{subscription}: its vendor assigns no licences, or has assigned them: see reconcile --all")
    if as_json:
        presentation.document(task)
    else:
        presentation.say(f"{subscription}: asked of {task.vendor} within seconds (seatledger reconcile tasks)")
        for sentence in suggested:
            presentation.say(sentence)


def report(database: Database, file: str, *, day_first: bool, as_json: bool) -> None:
    """Take in what a vendor's own report says of its accounts."""
    found = report_in(Path(file), day_first=day_first)
    with database_failures():
        done = asyncio.run(upload(database(), found))
    if as_json:
        presentation.document(done)
        return
    presentation.note(f"{file}, line {one.line}: {one.reason}" for one in done.refused)
    presentation.say(
        f"{done.accounts} accounts: {done.news} changed, {done.not_observed} could not be observed; compare with "
        f"seatledger reconcile --vendor {PANDA} --no-look"
    )


def retry(database: Database, task: UUID, *, as_json: bool) -> None:
    """Have a task that failed carried out again. UserError for one that has not failed."""

    async def again(connection: AsyncConnection) -> bool:
        return await try_again(connection, task)

    if not read_now(database, again):
        raise UserError(f"no task {task} has failed: see seatledger reconcile tasks --state failed", NOT_FOUND)
    if as_json:
        presentation.document({"task": str(task), "state": "waiting"})
    else:
        presentation.say(f"{task}: tried again within seconds")
