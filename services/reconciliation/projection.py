"""The projection of reconciliation: what vendors have, and every difference with what became of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import orjson
from psycopg.types.json import Jsonb
from pydantic import JsonValue

from services.reconciliation.asking import ORDERED, reactions
from services.reconciliation.bodies import (
    TYPES,
    Difference,
    account_key,
    body_from_json,
    body_to_json,
    facts_of,
)
from services.reconciliation.findings import IGNORED
from shared.billing.facts import Fact
from shared.billing.masterdata import MasterData
from shared.billing.moments import instant
from shared.events.models.base import EventModel
from shared.events.models.fields import FROM_JSON
from shared.events.models.reconciliation import DiscrepancyFound, DiscrepancyResolved, VendorSnapshotTaken
from shared.events.reading import data_of
from shared.events.registry import EVENT_TYPES
from shared.log.topics import ORDERS, RECONCILIATION
from shared.projections.registers import LatestFold, Register, Registers, Stated
from shared.projections.spec import ProjectionSpec, Row, Rows, Stream, Table
from shared.projections.subscription_stream import master_data

VENDOR_ACCOUNT = Table(
    "vendor_account",
    ("account_key", "vendor", "account", "snapshot", "observed_at", "failed"),
    owner="account_key",
    key=("account_key",),
)
VENDOR_SUBSCRIPTION = Table(
    "vendor_subscription",
    (
        "account_key", "vendor", "account", "vendor_subscription", "product_key", "name", "quantity", "status",
        "raw_status", "auto_renew", "scheduled_cancel", "term_end", "parent", "is_trial", "migrated_from",
        "used",
    ),
    owner="account_key",
    key=("account_key", "vendor_subscription"),
    many=True,
)  # fmt: skip
DISCREPANCY = Table(
    "discrepancy",
    (
        "discrepancy", "number", "vendor", "account", "subscription", "vendor_subscription", "verdict", "state",
        "ours_quantity", "ours_status", "theirs_quantity", "theirs_status", "snapshot", "found_at", "ended_at",
        "resolution", "by", "reason",
    ),
    owner="discrepancy",
    key=("discrepancy", "number"),
    many=True,
)  # fmt: skip
# An alignment that billed nothing where something would have been billed (rule R7.6).
MANUAL_INVOICING = Table(
    "manual_invoicing",
    (
        "alignment", "discrepancy", "vendor", "account", "subscription", "vendor_subscription", "customer", "action",
        "aligned_at", "by", "amounts", "refused",
    ),
    owner="discrepancy",
    key=("discrepancy", "alignment"),
    many=True,
)  # fmt: skip

# What was last seen of an account and when it was last looked at; whether anything was told of a difference.
_SEEN, _LOOKED, _TOLD = "seen", "looked", "told"


@dataclass(frozen=True, slots=True)
class _Event:
    """An event about a difference: its id, when it was known, and what it says."""

    id: str
    at: datetime
    model: Difference


def account_states(fact: Fact) -> Stated:
    """A look at an account, and what it gave: after one that failed what was seen before still stands."""
    model = cast(VendorSnapshotTaken, fact.body)
    yield _LOOKED, {"id": fact.id, "content": _json(model.model_copy(update={"subscriptions": ()}))}
    if model.failed is None:
        yield _SEEN, {"id": fact.id, "content": _json(model)}


def account_rows(account: str, state: Registers, master: MasterData) -> Rows:
    """The last look at an account, and what the vendor had there when it was last seen."""
    snapshot, looked = _snapshot(state[_LOOKED])
    of = (account_key(looked.vendor, looked.account_id), looked.vendor, looked.account_id)
    seen = _snapshot(state[_SEEN])[1].subscriptions if _SEEN in state else ()
    # Ids of a vendor's differ by their letters, never by their case alone.
    held = {one.vendor_subscription_id.lower(): one for one in seen}
    return {
        VENDOR_ACCOUNT.name: [(*of, snapshot, instant(looked.observed_at, UTC), looked.failed)],
        VENDOR_SUBSCRIPTION.name: [
            (
                *of, name, one.product_key, one.name, one.quantity, one.status, one.raw_status, one.auto_renew,
                one.scheduled_cancel, None if one.term_end is None else instant(one.term_end, UTC), one.parent_id,
                one.is_trial, one.migrated_from, one.used,
            )
            for name, one in sorted(held.items())
        ],
    }  # fmt: skip


def _snapshot(register: Register) -> tuple[str, VendorSnapshotTaken]:
    stored = cast("dict[str, JsonValue]", register.value)
    return str(stored["id"]), VendorSnapshotTaken.model_validate(stored["content"], context=FROM_JSON)


def discrepancy_states(fact: Fact) -> Stated:
    """Each event stands for itself."""
    yield _TOLD, True
    yield f"{fact.type} {fact.source} {fact.id}", _json(cast(EventModel, fact.body))


def _json(model: EventModel) -> JsonValue:
    return cast(JsonValue, orjson.loads(data_of(model)))


def discrepancy_rows(discrepancy: str, state: Registers, master: MasterData) -> Rows:
    """One row for each time that both sides began to differ so, in order, with what ended it.

    `state` is open, ignored, or over; one that was found anew with other values is over, and the new one open. Beside
    them what alignments left to be invoiced by hand.
    """
    rows: list[Row] = []
    by_hand: dict[str, Row] = {}
    found: _Event | None = None
    for told in _in_order(state):
        left = _by_hand(discrepancy, told)
        if left is not None:
            by_hand[told.id] = left
        if found is not None:
            rows.append(_row(discrepancy, len(rows) + 1, found, told))
            found = None
        if isinstance(told.model, DiscrepancyFound):
            found = told
    if found is not None:
        rows.append(_row(discrepancy, len(rows) + 1, found, None))
    return {DISCREPANCY.name: rows, MANUAL_INVOICING.name: [*by_hand.values()]}


def _in_order(state: Registers) -> Iterable[_Event]:
    for name, register in sorted(state.items(), key=lambda item: item[1].stamp):
        event_type, _, event = name.partition(" ")
        if event_type in TYPES:
            model = EVENT_TYPES[event_type].model.model_validate(register.value, context=FROM_JSON)
            yield _Event(event.rpartition(" ")[2], register.stamp[0], cast(Difference, model))


def _by_hand(discrepancy: str, told: _Event) -> Row | None:
    """What an alignment left to be invoiced by hand; None where no amount was left."""
    one = told.model
    if not isinstance(one, DiscrepancyResolved) or not (one.not_billed or one.not_billable):
        return None
    return (
        told.id, discrepancy, one.vendor, one.account_id, one.subscription_id, one.vendor_subscription_id,
        one.customer_id, one.resolution, told.at, one.by,
        Jsonb([amount.model_dump(mode="json") for amount in one.not_billed or ()]), one.not_billable,
    )  # fmt: skip


def _row(discrepancy: str, number: int, found: _Event, ended: _Event | None) -> Row:
    one = found.model
    over = None if ended is None or isinstance(ended.model, DiscrepancyFound) else ended.model
    is_ignored = over is not None and over.resolution == IGNORED
    return (
        discrepancy, number, one.vendor, one.account_id, one.subscription_id, one.vendor_subscription_id, one.verdict,
        "open" if ended is None else "ignored" if is_ignored else "over",
        one.ours and one.ours.quantity, one.ours and one.ours.status,
        one.theirs and one.theirs.quantity, one.theirs and one.theirs.status,
        one.snapshot_id, found.at, None if ended is None else ended.at,
        "CHANGED" if ended is not None and over is None else over and over.resolution,
        over and over.by, one.reason if over is None or over.reason is None else over.reason,
    )  # fmt: skip


SPEC = ProjectionSpec(
    name="reconciliation",
    version=2,
    # Of orders only what a vendor is to be told.
    topics=(ORDERS.name, RECONCILIATION.name),
    sql=Path(__file__).parent / "sql",
    streams=(
        Stream(
            "vendor_account",
            LatestFold(account_states, account_rows, frozenset({_LOOKED})),
            (VENDOR_ACCOUNT, VENDOR_SUBSCRIPTION),
        ),
        Stream(
            "discrepancy",
            LatestFold(discrepancy_states, discrepancy_rows, frozenset({_TOLD})),
            (DISCREPANCY, MANUAL_INVOICING),
        ),
    ),
    master=master_data,
    types=TYPES | ORDERED,
    reactions=reactions,
    facts_of=facts_of,
    body_to_json=body_to_json,
    body_from_json=body_from_json,
)
