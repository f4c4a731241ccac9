"""What `seatledger reconcile manual-invoicing` does: shows what is left to be invoiced by hand, and settles it."""

from __future__ import annotations

from datetime import date

from psycopg import AsyncConnection

from services import presentation
from services.reconciliation.cli import moment
from services.reconciliation.manual_invoicing import LeftByHand, left_by_hand, settle
from shared.commands.operating import Database, read_now

_COLUMNS = ("alignment", "aligned", "subscription", "customer", "document of", "net", "tax", "gross", "currency", "so")
_AMOUNTS = ("net", "tax", "gross")


def show(
    database: Database, first: date | None, last: date | None, *, customer: str | None, settled: bool, limit: int,
    as_json: bool,
) -> None:  # fmt: skip
    """What alignments that billed nothing left to be invoiced, an amount a line."""

    async def read(connection: AsyncConnection) -> list[LeftByHand]:
        return await left_by_hand(
            connection, ["", ""], limit, first=first, last=last, customer=customer, settled=settled
        )

    found = read_now(database, read)
    if as_json:
        presentation.list_document([one.model_dump(mode="json") for one in found])
        return
    if not found:
        presentation.say("Nothing is left to be invoiced by hand")
        return
    presentation.table("To be invoiced by hand", _COLUMNS, [row for one in found for row in _rows(one)], right=_AMOUNTS)
    presentation.say("Done: seatledger reconcile manual-invoicing --settle ID --reason TEXT")


def _rows(one: LeftByHand) -> list[tuple[object, ...]]:
    of = (one.alignment, moment(one.aligned_at), one.subscription, one.customer)
    settled = None if one.settled_by is None else f"settled by {one.settled_by}: {one.reason}"
    if not one.amounts:
        return [(*of, None, None, None, None, None, settled or f"could not be billed: {one.refused}")]
    return [(*of, each.day, each.net, each.tax, each.gross, each.currency, settled) for each in one.amounts]


def settle_one(database: Database, alignment: str, reason: str, *, as_json: bool) -> None:
    """Say that what an alignment left is settled. UserError for one that left nothing."""

    async def settled(connection: AsyncConnection) -> bool:
        return await settle(connection, alignment, reason)

    changed = read_now(database, settled)
    if as_json:
        presentation.document({"alignment": alignment, "settled": True, "changed": changed})
    else:
        presentation.say(f"{alignment}: is settled" if changed else f"{alignment}: was settled before")
