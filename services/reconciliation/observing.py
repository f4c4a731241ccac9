"""What was seen of a vendor's account, kept: an event where it is another than before, and when it was looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from psycopg import AsyncConnection
from pydantic import ValidationError

from services.reconciliation.gone_accounts import shown_again
from services.reconciliation.sides import ENDED
from services.reconciliation.vendors.connector import WHOLE_ACCOUNT, Entitlement, VendorAccount
from shared.commands.envelopes import enveloped
from shared.events.models.reconciliation import VendorSnapshotTaken, VendorSubscription
from shared.events.reading import data_of
from shared.store.event_table import append_all, hold_streams, numbered

SOURCE = "urn:seatledger:reconciliation"
_KNOWN = """
SELECT failed, snapshot, digest FROM reconciliation.account WHERE vendor = %s AND account = %s
"""
_KEEP = """
INSERT INTO reconciliation.account (vendor, account, name, domain, looked_at, failed, hinted, snapshot, digest)
VALUES (%(vendor)s, %(account)s, %(name)s, %(domain)s, %(at)s, %(failed)s, %(hinted)s, %(snapshot)s, %(digest)s)
ON CONFLICT (vendor, account) DO UPDATE
SET name = excluded.name, domain = excluded.domain, looked_at = excluded.looked_at, failed = excluded.failed,
    hinted = excluded.hinted, snapshot = excluded.snapshot, digest = excluded.digest
"""


@dataclass(frozen=True, slots=True)
class Observation:
    """One look at one account: what it holds, or why it did not show it. `used` are seats in use by product key."""

    vendor: str
    account: VendorAccount
    at: datetime
    held: Sequence[Entitlement] = ()
    used: Mapping[str, int] | None = None
    failed: str | None = None
    hinted: bool = False


async def observe(connection: AsyncConnection, seen: Observation) -> bool:
    """Keep a look in the caller's transaction; whether it showed anything else than the one before."""
    vendor, account = seen.vendor, seen.account
    stream = f"vendor-account-{account.account_id}"
    ends = await hold_streams(connection, [stream])
    row = await (await connection.execute(_KNOWN, [vendor, account.account_id])).fetchone()
    failed, snapshot, digest = row or (None, None, None)
    model = snapshot_of(seen)
    content = _digest(model)
    is_news = seen.failed != failed or (seen.failed is None and content != digest)
    if is_news:
        (event,) = numbered(stream, ends.get(stream, 0), [enveloped(SOURCE, model, seen.at)])
        await append_all(connection, [(stream, ends.get(stream, 0), [event])])
        snapshot = event.id if seen.failed is None else snapshot
    if seen.failed is None:
        digest = content
        await shown_again(connection, vendor, account.account_id)
    keep = {
        "vendor": vendor, "account": account.account_id, "name": account.name, "domain": account.domain, "at": seen.at,
        "failed": seen.failed, "hinted": seen.hinted, "snapshot": snapshot, "digest": digest,
    }  # fmt: skip
    await connection.execute(_KEEP, keep)
    return is_news


def readable(seen: Observation) -> Observation:
    """A look that can be kept: what holds a value that no event takes was not observed, and says which it is.

    A connector reads leniently, and one odd value of one account must not end the sweep of all the others.
    """
    try:
        snapshot_of(seen)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        return replace(seen, held=(), used=None, failed=f"what it holds cannot be kept: {where}: {first['msg']}"[:500])
    return seen


def snapshot_of(seen: Observation) -> VendorSnapshotTaken:
    """What a look says as an event; by id, so that the same content is the same event."""
    held = () if seen.failed is not None else sorted(seen.held, key=lambda one: one.vendor_subscription_id)
    used = _by_product(seen.used or {}, held)
    return VendorSnapshotTaken(
        vendor=seen.vendor,
        account_id=seen.account.account_id,
        observed_at=seen.at,
        subscriptions=tuple(_subscription(one, used) for one in held),
        failed=seen.failed,
    )


def _by_product(used: Mapping[str, int], held: Sequence[Entitlement]) -> Mapping[str, int]:
    """Seats in use by product; those of a whole account count for its product, where it has only one that runs."""
    running = {one.product_key for one in held if one.status not in ENDED}
    if WHOLE_ACCOUNT in used and len(running) == 1:
        return {**used, running.pop(): used[WHOLE_ACCOUNT]}
    return used


def _subscription(one: Entitlement, used: Mapping[str, int]) -> VendorSubscription:
    return VendorSubscription(
        vendor_subscription_id=one.vendor_subscription_id,
        product_key=one.product_key,
        quantity=one.quantity,
        status=one.status,
        raw_status=one.raw_status,
        auto_renew=one.auto_renew,
        term_end=one.term_end,
        parent_id=one.parent_id,
        name=one.name,
        is_trial=one.is_trial,
        scheduled_cancel=one.scheduled_cancel,
        migrated_from=one.migrated_from,
        used=used.get(one.product_key),
    )


def _digest(model: VendorSnapshotTaken) -> bytes:
    """Of what was seen, whenever it was."""
    return sha256(b"\n".join(data_of(one) for one in model.subscriptions)).digest()
