"""A comparison in the database: reads both sides, keeps a row of each subscription, tells what is new of differences.

One transaction, one comparison of a vendor at a time. It begins when both projections have read what is in the log, so
that it neither finds what was mended a moment ago nor tells twice what it told before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from psycopg import AsyncConnection

from services.reconciliation import both_sides
from services.reconciliation.bodies import Difference
from services.reconciliation.compare import compare
from services.reconciliation.delay import Policy
from services.reconciliation.findings import news
from services.reconciliation.observing import SOURCE
from services.reconciliation.projection import SPEC
from services.reconciliation.verdicts import FINDINGS, Compared
from shared.commands.envelopes import enveloped
from shared.events.envelope import CloudEvent
from shared.events.models.reconciliation import DiscrepancyFound
from shared.projections import barrier
from shared.projections.generations import use_live
from shared.store.event_table import append_all, numbered, stream_ends
from shared.store.pool import connect

# What is billed is read from the projection of subscriptions, whatever service brings it.
_READ_FROM = (SPEC.name, "subscriptions")
_BEGIN = "INSERT INTO reconciliation.comparison VALUES (%s, %s, 0, 0, 0) ON CONFLICT (vendor) DO NOTHING"
_ALONE = "SELECT FROM reconciliation.comparison WHERE vendor = %s FOR UPDATE"
_CLEAR = "DELETE FROM reconciliation.compared WHERE vendor = %s"
_COPY = """
COPY reconciliation.compared (
    vendor, row, verdicts, subscription, vendor_subscription, account, customer, reseller, product, product_key, name,
    is_addon, is_trial, ours_quantity, ours_status, theirs_quantity, theirs_status, raw_status, warnings, reason,
    candidates, snapshot, looked_at, told_until
) FROM STDIN
"""
_KEEP = """
UPDATE reconciliation.comparison SET at = %s, rows = %s, findings = %s, not_comparable = %s WHERE vendor = %s
"""
_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a comparison came to: rows by verdict ("QUANTITY_MISMATCH STATUS_MISMATCH" is one), and what it told."""

    vendor: str
    at: datetime
    rows: int
    verdicts: dict[str, int]
    found: int
    gone: int


def _told_nobody(what: str) -> None:
    pass


async def compare_now(
    dsn: str,
    broker: str,
    vendor: str,
    policy: Policy,
    waiting: Callable[[str], None] = _told_nobody,
    now: datetime | None = None,
) -> Outcome:
    """Compare what is billed with what the vendor showed last. UserError where the projections do not come up."""
    application = f"seatledger compare {vendor}"
    async with await connect(dsn, application=application) as connection, connection.transaction():
        await connection.execute(_BEGIN, [vendor, datetime.now(UTC)])
        await connection.execute(_ALONE, [vendor])
        for projection in _READ_FROM:
            await use_live(connection, projection)
            await barrier.wait(
                connection, broker, _TIMEOUT_S, waiting, who="the comparison", then="Nothing was compared"
            )
        return await _compare(connection, vendor, policy, now or datetime.now(UTC))


async def until_shown(dsn: str, broker: str) -> None:
    """Until what a comparison told stands in the views. UserError when it does not come up."""
    async with await connect(dsn, application="seatledger compare") as connection, connection.transaction():
        await use_live(connection, SPEC.name)
        await barrier.wait(
            connection, broker, _TIMEOUT_S, _told_nobody, who="what was found", then="It shows when the projector runs"
        )


async def _compare(connection: AsyncConnection, vendor: str, policy: Policy, at: datetime) -> Outcome:
    looks = await both_sides.looks(connection, vendor)
    known = await both_sides.standing(connection, vendor)
    rows = list(
        compare(
            await both_sides.ours(connection, vendor), await both_sides.theirs(connection, vendor), looks, at, policy
        )
    )
    # What no account is known for quotes the comparison itself.
    snapshot = f"comparison {at.isoformat()}"
    told = list(news(vendor, rows, known, snapshot))
    await _tell(connection, told, at)
    await _keep(connection, vendor, rows, snapshot, at)
    verdicts: dict[str, int] = {}
    for row in rows:
        name = " ".join(row.verdicts)
        verdicts[name] = verdicts.get(name, 0) + 1
    found = sum(isinstance(one, DiscrepancyFound) for one in told)
    return Outcome(vendor, at, len(rows), verdicts, found, len(told) - found)


async def _tell(connection: AsyncConnection, told: Sequence[Difference], at: datetime) -> None:
    """Append what is new, each to the stream of its subscription."""
    events = [enveloped(SOURCE, model, at) for model in told]
    by_stream: dict[str, list[CloudEvent]] = {}
    for event in events:
        by_stream.setdefault(f"discrepancy-{event.subject}", []).append(event)
    # Nobody else appends to them meanwhile: whoever would holds the comparison of the vendor. A lock for each of a
    # hundred thousand is more than the server has.
    ends = await stream_ends(connection, list(by_stream))
    appended = [
        (stream, ends.get(stream, 0), numbered(stream, ends.get(stream, 0), some)) for stream, some in by_stream.items()
    ]
    if appended:
        await append_all(connection, appended)


async def _keep(
    connection: AsyncConnection, vendor: str, rows: Sequence[Compared], snapshot: str, at: datetime
) -> None:
    await connection.execute(_CLEAR, [vendor])
    async with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for row in rows:
            await copy.write_row(_columns(vendor, row, snapshot))
    findings = sum(any(verdict in FINDINGS for verdict in row.verdicts) for row in rows)
    unsure = sum(row.verdicts == ("NOT_COMPARABLE",) for row in rows)
    await connection.execute(_KEEP, [at, len(rows), findings, unsure, vendor])


def _columns(vendor: str, row: Compared, snapshot: str) -> tuple[object, ...]:
    one, other, look = row.ours, row.theirs, row.look
    place = f"s:{row.subscription}" if row.subscription is not None else f"v:{row.vendor_subscription}"
    return (
        vendor, place, list(row.verdicts), row.subscription, row.vendor_subscription, row.account,
        one and one.customer, one and one.reseller, one and one.product, other and other.product_key,
        other and other.name, one.is_addon if one else other is not None and other.parent is not None,
        one.is_trial if one else other is not None and bool(other.is_trial),
        one and one.quantity, one and one.status, other and other.quantity, other and other.status,
        other and other.raw_status, list(row.warnings), row.reason, list(row.candidates),
        snapshot if look is None else look.snapshot, look and look.observed_at, one and one.told_until,
    )  # fmt: skip
