"""The routes of what happened to one subscription: its events, and its life over time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from fastapi import APIRouter
from psycopg import AsyncConnection

from services.subscriptions.history import History, Place, history_of, places_of, shown_to
from services.subscriptions.projection import SPEC
from shared.billing.account import Account
from shared.billing.calendar import ONE_DAY
from shared.billing.facts import Fact, Ref
from shared.billing.life import PriceHeld, Span, life
from shared.billing.moments import civil_date, effective
from shared.events.fact_shown import data_of
from shared.events.fact_words import words_of
from shared.events.models.documents import EventRef
from shared.events.values import moment_text
from shared.web.access import Caller, needs
from shared.web.application import Reading
from shared.web.errors import NotFound
from shared.web.history_models import Days, PriceIn, SeatsFrom, SeatsWindow, SubscriptionEvent, Timeline
from shared.web.paging import Cursor, Limit, Page, key_of, page_of
from shared.web.row_security import read_on_as_owner

router = APIRouter()
_READS = needs("subscriptions:read", "read subscriptions")
_IS_THEIRS = "SELECT 1 FROM read.subscriptions WHERE subscription = %s"


@router.get("/subscriptions/{subscription_id:path}/events", dependencies=[_READS])
async def events(
    connection: Reading, caller: Caller, subscription_id: str, limit: Limit = 100, cursor: Cursor = None
) -> Page[SubscriptionEvent]:
    """What happened to a subscription, the latest first: refused events too, list prices and a moved billing day."""
    history = await _history(connection, subscription_id)
    after = tuple(key_of(cursor, ["", "", ""]))
    facts = [shown for fact in history.facts if (shown := shown_to(caller, fact)) is not None]
    first = next((place for place, fact in enumerate(facts, 1) if _key(fact) == after), 0)
    wanted = facts[first : first + limit + 1]
    places = await places_of(connection, {fact.ref for fact in wanted})
    return page_of(
        [_event(fact, history, places) for fact in wanted], limit, lambda one: [one.about, one.source, one.id]
    )


@router.get("/subscriptions/{subscription_id:path}/timeline", dependencies=[_READS])
async def timeline(connection: Reading, subscription_id: str) -> Timeline:
    """Seats and prices of a subscription over time, its free periods, cycles and terms, the windows of its seats."""
    history = await _history(connection, subscription_id)
    if history.account is None:
        raise NotFound(f"there is no subscription {subscription_id!r}")
    return _timeline(subscription_id, history.account, history.now)


async def _history(connection: AsyncConnection, subscription_id: str) -> History:
    """What is known of a subscription that is theirs; NotFound for any other."""
    if await (await connection.execute(_IS_THEIRS, [subscription_id])).fetchone() is None:
        raise NotFound(f"there is no subscription {subscription_id!r}")
    await read_on_as_owner(connection, SPEC.name)
    return await history_of(connection, subscription_id)


def _key(fact: Fact) -> tuple[str, str, str]:
    return (fact.scope, fact.source, fact.id)


def _event(fact: Fact, history: History, places: Mapping[Ref, Place]) -> SubscriptionEvent:
    place = places.get(fact.ref)
    topic, partition, offset = (None, None, None) if place is None else place
    # The same event can say something of a product as well, and only what it says of the subscription be refused.
    reason = history.rejected.get(fact.ref) if fact.scope == "subscription" else None
    return SubscriptionEvent(
        source=fact.source, id=fact.id, type=fact.type, time=moment_text(fact.time),
        effective=moment_text(effective(fact)), about=fact.scope, says=words_of(fact), data=data_of(fact),
        rejected=reason, topic=topic, partition=partition, offset=offset,
    )  # fmt: skip


def _timeline(subscription: str, account: Account, now: datetime) -> Timeline:
    today = civil_date(now, account.terms.tz)
    shown = life(account, today)
    return Timeline(
        subscription=subscription,
        currency=account.terms.currency,
        today=today,
        starts=shown.begins,
        ends=None if shown.ends is None else shown.ends - ONE_DAY,
        until=shown.until - ONE_DAY,
        seats=[SeatsFrom(**{"from": begins}, quantity=seats, event=_ref(by)) for begins, seats, by in shown.seats],
        prices=[_price(one) for one in shown.prices],
        free=_days(shown.free),
        suspended=_days(shown.suspended),
        cycles=_days(shown.cycles),
        terms=_days(shown.terms),
        windows=[
            SeatsWindow(
                opened=one.at, seats=one.seats, full_refund_until=one.full_refund_until, change_until=one.change_until
            )
            for one in shown.windows
        ],
    )


def _days(spans: Iterable[Span]) -> list[Days]:
    return [Days(**{"from": begins}, to=None if ends is None else ends - ONE_DAY) for begins, ends in spans]


def _price(one: PriceHeld) -> PriceIn:
    return PriceIn(
        **{"from": one.begins}, to=one.ends - ONE_DAY, unit_price=one.unit_price, product=one.product,
        origin=one.origin, protected_until=one.protected_until, free=one.free, excluded=one.excluded,
        event=_ref(one.by),
    )  # fmt: skip


def _ref(ref: Ref) -> EventRef:
    return EventRef(source=ref.source, id=ref.id)
