"""The projection of subscriptions: facts give the state of each, and what the rules refuse. Pure."""

from __future__ import annotations

from datetime import UTC, date
from pathlib import Path

from psycopg.types.json import Jsonb
from pydantic import TypeAdapter

from shared.billing.account import Account
from shared.billing.facts import SettingChanged
from shared.billing.scheduled import Scheduled, scheduled
from shared.billing.seat_history import seat_history
from shared.billing.settings import refusal
from shared.billing.state import subscription_state
from shared.billing.timeline import Timeline
from shared.events.envelope import CloudEvent
from shared.events.facts import BILLED, facts_of
from shared.events.models.base import EventModel
from shared.log.topics import CATALOG, ORDERS, SUBSCRIPTIONS
from shared.projections.spec import Documents, ProjectionSpec, Row, Rows, Stream, Table
from shared.projections.subscription_stream import (
    MASTER_SCOPES,
    PARENT_SCOPES,
    SubscriptionFold,
    master_data,
    matters,
    names,
)

_SCHEDULED = TypeAdapter(Scheduled)

# What `subscription_row` gives, and read.subscriptions shows.
STATE = (
    "subscription", "status", "quantity", "unit_price", "billing_plan", "term_start", "term_end", "protected_until",
    "customer", "reseller", "product", "vendor", "currency", "auto_renew", "scheduled",
    "vendor_subscription", "parent", "is_trial", "told_until",
)  # fmt: skip
SUBSCRIPTION = Table("subscription", (*STATE, "seat_history"), owner="subscription", key=("subscription",))
REJECTED_EVENT = Table(
    "rejected_event",
    ("subscription", "source", "id", "type", "reason"),
    owner="subscription",
    key=("subscription", "source", "id"),
    many=True,
)
REJECTED_SETTING = Table("rejected_setting", ("source", "id", "type", "reason"), owner="id", key=("source", "id"))


def rejected_setting(event: CloudEvent, model: EventModel) -> Rows | None:
    """The row of a SettingChanged that cannot hold: it changes nothing, and says why. None for any other event."""
    if event.type != "SettingChanged":
        return None
    bodies = [fact.body for fact in facts_of(event, model)]
    reasons = [refusal(body) for body in bodies if isinstance(body, SettingChanged)]
    return {REJECTED_SETTING.name: [(event.source, event.id, event.type, why) for why in reasons if why is not None]}


def rows_of(timeline: Timeline, account: Account | None, on: date, extra: None) -> Rows:
    """The row of a subscription on a day, and one row for each of its facts that the rules refuse."""
    settled = timeline if account is None else account.timeline
    rejected = [(settled.subscription_id, r.source, r.id, r.type, r.reason) for r in settled.rejected]
    return {
        SUBSCRIPTION.name: [] if account is None else [(*subscription_row(account, on), seats(account, on))],
        REJECTED_EVENT.name: sorted(rejected),
    }


def subscription_row(account: Account, on: date) -> Row:
    state = subscription_state(account, on)
    terms, timeline = account.terms, account.timeline
    payer = account.recipient
    coming = scheduled(account, on)
    return (
        state.subscription, state.status, state.quantity, state.unit_price, state.billing_plan, state.term_start,
        state.term_end, state.protected_until, terms.customer_id, None if payer == terms.customer_id else payer,
        terms.product_id, terms.vendor, terms.currency, timeline.auto_renew,
        None if coming is None else Jsonb(_SCHEDULED.dump_python(coming, mode="json")),
        timeline.vendor_id, terms.parent_id, terms.trial_until is not None and on < terms.trial_until,
        None if timeline.told_until is None else timeline.told_until.astimezone(UTC),
    )  # fmt: skip


def seats(account: Account, on: date) -> Jsonb:
    """The active seats up to a day, as read.seat_changes takes them apart: [[day, seats, change], ...]."""
    return Jsonb([[one.on.isoformat(), one.seats, one.change] for one in seat_history(account, on)])


SPEC = ProjectionSpec(
    name="subscriptions",
    version=7,
    topics=(CATALOG.name, ORDERS.name, SUBSCRIPTIONS.name),
    sql=Path(__file__).parent / "sql",
    streams=(Stream("subscription", SubscriptionFold(rows_of), (SUBSCRIPTION, REJECTED_EVENT)),),
    master_scopes=MASTER_SCOPES,
    parent_scopes=PARENT_SCOPES,
    master=master_data,
    types=BILLED,
    names=names,
    matters=matters,
    documents=Documents(frozenset({"SettingChanged"}), (REJECTED_SETTING,), rejected_setting, lambda event, model: ()),
)
