"""What `seatledger reconcile` does: looks at a vendor, compares, shows what differs, has something done about it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from services import presentation
from services.reconciliation import queries
from services.reconciliation.commands.bodies import Command, Request
from services.reconciliation.comparing import Outcome, compare_now, until_shown
from services.reconciliation.delay import Policy
from services.reconciliation.desk import ReconciliationDesk
from services.reconciliation.rows_shown import differences_of, row_shown
from services.reconciliation.shown import ComparedRow, Ours, Theirs
from services.reconciliation.sweeping import Progress, Swept, sweep
from services.reconciliation.vendors.configured import connected
from services.reconciliation.verdicts import MENDS
from shared.commands.operating import Database, body_of, database_failures, operate, read_now
from shared.commands.typed import Typed
from shared.errors import NOT_FOUND, UserError
from shared.store.logging import configure_logging
from shared.store.operations import operator

Broker = Callable[[], str]
Row = Mapping[str, Any]

_ROWS = """
SELECT * FROM read.reconciliation
WHERE vendor = %(vendor)s
    AND (%(account)s::text IS NULL OR account = %(account)s)
    AND (%(subscription)s::text IS NULL OR subscription = %(subscription)s
        OR vendor_subscription = lower(%(subscription)s))
    AND (%(all)s OR NOT verdicts && ARRAY['OK'] OR cardinality(warnings) > 0)
ORDER BY row
"""
_ABOUT = """
SELECT vendor, snapshot, looked_at FROM read.reconciliation
WHERE lower(coalesce(subscription, vendor_subscription)) = lower(%(about)s)
    AND (%(vendor)s::text IS NULL OR vendor = %(vendor)s)
"""
_HISTORY = """
SELECT vendor, account, subscription, vendor_subscription, verdict, ours_quantity, ours_status, theirs_quantity,
    theirs_status, state, found_at, ended_at, resolution, by, reason, snapshot
FROM read.discrepancies
WHERE (%(vendor)s::text IS NULL OR vendor = %(vendor)s)
    AND (%(subscription)s::text IS NULL OR subscription = %(subscription)s
        OR vendor_subscription = lower(%(subscription)s))
ORDER BY found_at DESC, discrepancy, number DESC LIMIT %(limit)s
"""
_SHOWN = ("subscription", "vendor_subscription", "account", "name", "ours", "theirs", "verdict", "state", "to be known")
# The command of each action, as it is typed.
_COMMANDS = {
    "ALIGN_BSS_QUANTITY": "align-quantity", "ALIGN_BSS_STATUS": "align-status",
    "PUSH_QUANTITY_TO_VENDOR": "push-quantity", "RELINK": "relink", "IMPORT": "import", "IGNORE": "ignore",
}  # fmt: skip


def reconcile(
    database: Database,
    broker: Broker,
    vendor: str,
    *,
    look: bool,
    account: str | None,
    subscription: str | None,
    everything: bool,
    as_json: bool,
) -> None:
    """Sweep a vendor (unless `look` is false), compare, and show what differs: of all, an account, a subscription."""
    # Whoever looks on sees the result; what goes wrong with one account is told with it.
    configure_logging("reconcile", "error")
    swept = _swept(database(), vendor, quiet=as_json) if look else None
    with database_failures():
        outcome = asyncio.run(_compared(database(), broker(), vendor))
    scope = {"vendor": vendor, "account": account, "subscription": subscription, "all": everything}
    rows = read_now(database, lambda connection: _rows(connection, scope))
    if as_json:
        shown = [row.model_dump(mode="json") for row in rows]
        presentation.document({"sweep": swept, "comparison": outcome, "rows": shown})
        return
    _show(swept, outcome, rows)


async def _rows(connection: AsyncConnection, scope: Mapping[str, object]) -> list[ComparedRow]:
    rows = await _read(connection, _ROWS, scope)
    told = await queries.told(connection, [key for row in rows for key in differences_of(row)])
    return [row_shown(row, told, may_act=True) for row in rows]


async def _compared(dsn: str, broker: str, vendor: str) -> Outcome:
    outcome = await compare_now(dsn, broker, vendor, Policy())
    await until_shown(dsn, broker)
    return outcome


def _swept(dsn: str, vendor: str, *, quiet: bool) -> Swept:
    async def run() -> Swept:
        last = Progress()

        def told(progress: Progress) -> None:
            nonlocal last
            counted(progress.accounts - last.accounts)
            last = progress

        async with connected(vendor) as connector:
            return await sweep(dsn, connector, operator(), told)

    with presentation.counting(f"Accounts of {vendor}", quiet=quiet) as counted, database_failures():
        return asyncio.run(run())


def _show(swept: Swept | None, outcome: Outcome, rows: Sequence[ComparedRow]) -> None:
    if swept is not None:
        taken_up = ", taken up where a sweep was interrupted" if swept.resumed else ""
        presentation.say(
            f"Looked at {swept.accounts} accounts of {outcome.vendor}{taken_up}: {swept.news} changed, "
            f"{swept.failed} could not be observed"
        )
        if swept.broken is not None:
            presentation.say(f"The list of accounts broke off: {swept.broken}")
    counted = ", ".join(f"{count} {verdict}" for verdict, count in sorted(outcome.verdicts.items()))
    presentation.say(f"{outcome.rows} subscriptions compared: {counted or 'nothing to compare'}")
    presentation.say(f"{outcome.found} differences are new, {outcome.gone} are gone\n")
    if rows:
        presentation.table("Reconciliation", _SHOWN, [_cells(row) for row in rows])
    for verdict in dict.fromkeys(verdict for row in rows if row.actions for verdict in row.verdicts if MENDS[verdict]):
        commands = ", ".join(_COMMANDS[action] for action in MENDS[verdict])
        presentation.say(f"{verdict}: seatledger reconcile {commands}")


def _cells(row: ComparedRow) -> Sequence[object]:
    known = [row.reason, f"may be {', '.join(row.candidates)}" if row.candidates else None, *row.warnings]
    states = dict.fromkeys(one.resolution or one.state for one in row.differences)
    return (
        row.subscription, row.vendor_subscription, row.account, row.name or row.product, _held(row.ours),
        _held(row.theirs), " ".join(row.verdicts), " ".join(states), "; ".join(part for part in known if part),
    )  # fmt: skip


def _held(side: Ours | Theirs | None) -> str | None:
    return None if side is None else f"{side.quantity} {side.status}"


def _side(row: Row, side: str) -> str | None:
    status = row[f"{side}_status"]
    return None if status is None else f"{row[f'{side}_quantity']} {status}"


def act(
    database: Database,
    about: str,
    model: type[Request],
    fields: Mapping[str, object],
    *,
    vendor: str | None,
    snapshot: str | None,
    preview: bool,
    as_json: bool,
) -> None:
    """Do something about a difference. UserError with the rules' own sentence where it is not done."""
    rows = read_now(database, lambda connection: _read(connection, _ABOUT, {"about": about, "vendor": vendor}))
    if not rows:
        raise UserError(f"no comparison has a row {about!r}: see seatledger reconcile --vendor VENDOR --all", NOT_FOUND)
    if len(rows) > 1:
        raise UserError(f"{about} is of several vendors: name one with --vendor")
    quoted = snapshot or rows[0]["snapshot"]
    request = body_of(model, {**fields, "snapshot": quoted}, Typed())
    done = operate(database, ReconciliationDesk(), Command(rows[0]["vendor"], about, request), preview=preview)
    if as_json:
        presentation.document({**done.body, "snapshot": quoted})
        return
    if snapshot is None:
        seen = "never shown" if rows[0]["looked_at"] is None else f"looked at {moment(rows[0]['looked_at'])}"
        presentation.say(f"{about}: decided on what was compared last, snapshot {quoted} ({seen})")
    events = [event.type for some in done.appending for event in some.events]
    if preview:
        presentation.say(f"{about}: would come to {_named(done.body['events'])}; nothing was changed")
    elif not events:
        presentation.say(f"{about}: was done before; nothing was changed")
    else:
        presentation.say(f"{about}: {request.action} done: {', '.join(events)}")
    if preview or events:
        _say_left(done.body)


def _say_left(body: Mapping[str, Any]) -> None:
    """What an alignment that bills nothing leaves to be invoiced by hand."""
    left = body["not_billed"]
    if left:
        told = ", ".join(f"{one['net']} {one['currency']} net ({one['day']})" for one in left)
        presentation.say(f"Not billed, to be invoiced by hand: {told}; see seatledger reconcile manual-invoicing")
    elif body["not_billable"]:
        presentation.say(f"Not billed, and the rules would have refused to bill it: {body['not_billable']}")


def _named(events: object) -> str:
    return ", ".join(str(event["type"]) for event in events) if isinstance(events, list) else "nothing"


def history(database: Database, *, vendor: str | None, subscription: str | None, limit: int, as_json: bool) -> None:
    """Every difference with what became of it, the newest first."""
    wanted = {"vendor": vendor, "subscription": subscription, "limit": limit}
    rows = read_now(database, lambda connection: _read(connection, _HISTORY, wanted))
    if as_json:
        presentation.list_document(rows)
        return
    columns = ("found", "ended", "vendor", "subscription", "verdict", "ours", "theirs", "state", "by", "reason")
    presentation.table(
        "Differences",
        columns,
        [
            (
                moment(row["found_at"]), moment(row["ended_at"]), row["vendor"],
                row["subscription"] or row["vendor_subscription"], row["verdict"], _side(row, "ours"),
                _side(row, "theirs"), row["resolution"] or row["state"], row["by"], row["reason"],
            )
            for row in rows
        ],
    )  # fmt: skip


def moment(value: Any) -> str | None:
    return None if value is None else value.isoformat(sep=" ", timespec="seconds")


async def _read(connection: AsyncConnection, statement: str, wanted: Mapping[str, object]) -> list[Row]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        return list(await (await cursor.execute(statement.encode(), wanted)).fetchall())
