"""What is known of one subscription: its events with what the rules made of them, and its life. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from psycopg import AsyncConnection

from services.subscriptions.projection import SPEC
from shared.billing.account import Account
from shared.billing.facts import CustomerStated, Fact, PriceChanged, Ref
from shared.billing.moments import known_key
from shared.commands.known import known_of
from shared.commands.principal import Principal
from shared.commands.standing import Standing
from shared.events.fact_shown import without_costs, without_reseller
from shared.projections.facts import identity_of
from shared.store.arrays import literal

_PLACES = """
SELECT identity, topic, partition, "offset" FROM event WHERE identity = ANY(%s::uuid[])
"""

# Topic, partition, offset.
Place = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class History:
    """The facts that bear on one subscription, the latest first, and its account.

    `rejected` are the reasons of those that the rules refuse; `now` is when it was looked at.
    """

    facts: tuple[Fact, ...]
    rejected: Mapping[Ref, str]
    account: Account | None
    now: datetime


async def history_of(connection: AsyncConnection, subscription: str) -> History:
    """All that is known of a subscription, by the search_path of the live generation and the list of own events."""
    known = await known_of(connection, SPEC, [subscription], ())
    now = datetime.now(UTC)
    own = known.facts[subscription]
    standing = Standing(subscription, own, known.master, 0, now)
    timeline = standing.timeline if standing.account is None else standing.account.timeline
    rejected = () if timeline is None else timeline.rejected
    found = [*own, *_beside(standing.account, known.everything)]
    found.sort(key=lambda fact: known_key(fact, UTC), reverse=True)
    return History(
        tuple(found), {Ref(one.source, one.id): one.reason for one in rejected}, standing.account, now
    )  # fmt: skip


def _beside(account: Account | None, facts: Iterable[Fact]) -> Iterator[Fact]:
    """What is said of others and reaches it: list prices of its products, another billing day of its customer."""
    if account is None:
        return
    products = {phase.terms.product_id for phase in account.layout.phases}
    for fact in facts:
        if isinstance(fact.body, PriceChanged):
            if fact.scope_id in products and fact.body.currency == account.terms.currency:
                yield fact
        elif isinstance(fact.body, CustomerStated):
            moves = fact.body.moves_subscriptions and fact.body.customer.billing_day is not None
            if moves and fact.scope_id == account.terms.customer_id:
                yield fact


def shown_to(principal: Principal, fact: Fact) -> Fact | None:
    """The fact as somebody may see it; None where it is nothing to them: a customer reads no catalogue."""
    if principal.sees_all:
        return fact
    if fact.scope == "product" and not principal.may("catalogue:read"):
        return None
    return without_reseller(without_costs(fact), principal.reseller)


async def places_of(connection: AsyncConnection, refs: Collection[Ref]) -> dict[Ref, Place]:
    """Where events lie in the log; one that has not come back from there yet is not in the mapping."""
    named = {identity_of(*ref): ref for ref in refs}
    rows = await (await connection.execute(_PLACES, [literal([one.hex for one in named])])).fetchall()
    return {named[identity]: (topic, partition, offset) for identity, topic, partition, offset in rows}
