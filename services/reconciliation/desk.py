"""Where actions on differences are decided: locks and reads what they need, and opens a session on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from psycopg import AsyncConnection
from psycopg.rows import class_row

from services.reconciliation.bodies import Difference
from services.reconciliation.commands.bodies import AlignQuantity, AlignStatus, Command, ImportTheirs
from services.reconciliation.commands.by_hand import Compared
from services.reconciliation.commands.rows import Row, Standing
from services.reconciliation.commands.session import Place, ReconciliationSession, named_by, place_of
from shared.billing.facts import Fact
from shared.billing.preview import Preview, preview
from shared.billing.run_loop import NOTHING_ISSUED
from shared.commands import standing as subscriptions
from shared.commands.add_ons import AddOns, add_ons_of, billed_with, payers_of
from shared.commands.desk import Asked
from shared.commands.known import Known, known_of
from shared.commands.reading import FACTS_OF_SUBSCRIPTIONS
from shared.events.models.fields import FROM_JSON
from shared.events.models.reconciliation import DiscrepancyFound, DiscrepancyResolved
from shared.projections.spec import Key
from shared.store.arrays import literal
from shared.store.event_table import hold_streams, stream_ends
from shared.store.ledger import issued_for

# A comparison takes the row of its vendor for itself: while an action is decided none goes on.
_NO_COMPARISON = "SELECT FROM reconciliation.comparison WHERE vendor = ANY(%s::text[]) ORDER BY vendor FOR SHARE"
_ROWS = """
SELECT vendor, verdicts, subscription, vendor_subscription, account, snapshot, told_until, ours_quantity, ours_status,
    theirs_quantity, theirs_status
FROM reconciliation.compared
JOIN unnest(%s::text[], %s::text[]) AS w (vendor, about) USING (vendor)
WHERE lower(coalesce(subscription, vendor_subscription)) = about
"""
_SNAPSHOTS = """
SELECT vendor, account, snapshot FROM reconciliation.account
JOIN unnest(%s::text[], %s::text[]) AS w (vendor, account) USING (vendor, account)
"""
_TOLD = """
SELECT stream_id, type, data::text FROM store.event WHERE stream_id = ANY(%s::text[]) ORDER BY stream_id, sequence
"""
_MODELS: Mapping[str, type[Difference]] = {
    "DiscrepancyFound": DiscrepancyFound,
    "DiscrepancyResolved": DiscrepancyResolved,
}


class ReconciliationDesk:
    """The desk of the reconciliation service."""

    # What is changed are subscriptions; the rows of the comparison stand outside the generations.
    projection = FACTS_OF_SUBSCRIPTIONS.name

    async def open(self, connection: AsyncConnection, asked: Sequence[Asked[Command]]) -> ReconciliationSession:
        """Lock the streams that are asked about, and read the rows and all that is known of their subscriptions."""
        commands = [one.command for one in asked]
        await connection.execute(_NO_COMPARISON, [literal(sorted({one.vendor for one in commands}))])
        rows = await _rows(connection, commands)
        named = {name for command in commands if (name := _ours(command, rows.get(place_of(command)))) is not None}
        streams = {f"subscription-{name}" for name in named} | {row.stream for row in rows.values()}
        previewed = all(one.preview for one in asked)
        ends = await (stream_ends(connection, streams) if previewed else hold_streams(connection, streams))
        told = await _told(connection, {row.stream for row in rows.values()})
        snapshots = await _snapshots(connection, rows.values())
        unbilled = {name for name in named if any(_bills_nothing(one, name, rows) for one in commands)}
        add_ons = await add_ons_of(connection, unbilled)
        together = named.union(*add_ons.values())
        known = await known_of(connection, FACTS_OF_SUBSCRIPTIONS, sorted(together), _masters(commands))
        # None asks anything new where all were answered before, under their keys.
        at = min((one.at for one in asked), default=datetime.now(UTC))
        heard = known.heard(at)
        ours = {
            name: subscriptions.Standing(
                name, known.facts[name], known.master, ends.get(f"subscription-{name}", 0), at, heard=heard
            )
            for name in named
        }
        standings = {
            place: Standing(
                row, told.get(row.stream, {}), ends.get(row.stream, 0), snapshots.get((row.vendor, row.account))
            )
            for place, row in rows.items()
        }
        return ReconciliationSession(standings, ours, ends, await _comparing(connection, known, add_ons))


async def _comparing(connection: AsyncConnection, known: Known, add_ons: AddOns) -> Compared:
    """How what an alignment leaves unbilled is reckoned: from what is known, and what documents hold."""
    issued = NOTHING_ISSUED
    if add_ons:
        names = set(add_ons).union(*add_ons.values())
        issued = await issued_for(connection, sorted(names), payers_of(known))

    def compared(ours: subscriptions.Standing, unbilled: Sequence[Fact], billed: Sequence[Fact]) -> Preview:
        of = billed_with(ours, known, add_ons)
        return preview(known.everything, billed, issued, ours.today, of, instead_of=unbilled)

    return compared


def _bills_nothing(command: Command, name: str, rows: Mapping[Place, Row]) -> bool:
    request = command.request
    is_unbilled = isinstance(request, AlignQuantity | AlignStatus) and request.billing == "none"
    return is_unbilled and _ours(command, rows.get(place_of(command))) == name


def _ours(command: Command, row: Row | None) -> str | None:
    return named_by(command) or (None if row is None else row.subscription)


def _masters(commands: Iterable[Command]) -> Iterable[Key]:
    """The master data that an import names and no fact does yet."""
    for command in commands:
        if isinstance(command.request, ImportTheirs):
            said = command.request.subscription
            yield Key("product", said.product.id)
            yield Key("customer", said.customer.id)
            if said.reseller is not None:
                yield Key("reseller", said.reseller.id)


async def _rows(connection: AsyncConnection, commands: Sequence[Command]) -> dict[Place, Row]:
    places = sorted({place_of(command) for command in commands})
    wanted = [literal([vendor for vendor, _ in places]), literal([about for _, about in places])]
    async with connection.cursor(row_factory=class_row(Row)) as cursor:
        found = await (await cursor.execute(_ROWS, wanted)).fetchall()
    return {(row.vendor, (row.subscription or row.vendor_subscription or "").lower()): row for row in found}


async def _snapshots(connection: AsyncConnection, rows: Iterable[Row]) -> Mapping[tuple[str, str | None], str]:
    places = sorted({(row.vendor, row.account) for row in rows if row.account is not None})
    wanted = [literal([vendor for vendor, _ in places]), literal([account for _, account in places])]
    found = await connection.execute(_SNAPSHOTS, wanted)
    return {(vendor, account): snapshot for vendor, account, snapshot in await found.fetchall()}


async def _told(connection: AsyncConnection, streams: set[str]) -> dict[str, dict[str, Difference]]:
    """What was told last of each verdict, by stream."""
    found: dict[str, dict[str, Difference]] = {}
    for stream, event_type, data in await (await connection.execute(_TOLD, [literal(sorted(streams))])).fetchall():
        model = _MODELS[event_type].model_validate_json(data, context=FROM_JSON)
        found.setdefault(stream, {})[model.verdict] = model
    return found
