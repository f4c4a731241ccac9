"""Which subscriptions hypothetical facts can reach, and which of those share documents. Pure.

What a subscription is charged is a function of its own facts, of its parent's where it is an add-on, and of the master
data that it looks at (its products, its customer, its resellers, the organisation). So only those can differ that a
hypothetical fact names, or that look at something it names; for all others both simulations would be the same by
construction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from shared.billing.facts import CustomerStated, Fact, OrderExecuted, ResellerStated, SubscriptionImported
from shared.billing.history import known_with
from shared.billing.masterdata import MasterData
from shared.billing.moments import known_key
from shared.projections.facts import by_key
from shared.projections.spec import Key
from shared.projections.subscription_stream import MASTER_SCOPES, names

_STATEMENTS = (CustomerStated, ResellerStated)


def telling(hypothetical: Sequence[Fact], known: Mapping[Key, Sequence[Fact]]) -> list[Fact]:
    """The hypothetical facts without those about master data that change nothing for anybody.

    Every order says again what it knows of its customer and reseller. If that alone counted, one new subscription would
    bring in all those of its reseller. `known` are the real facts about the master data in question.
    """
    silent = {
        key
        for key, said in by_key(hypothetical).items()
        if key.scope in MASTER_SCOPES and _repeats(key, said, known.get(key, ()))
    }
    return [fact for fact in hypothetical if Key(fact.scope, fact.scope_id) not in silent]


def _repeats(key: Key, said: Sequence[Fact], known: Sequence[Fact]) -> bool:
    """Whether each of these statements about a customer or reseller says only what was known right before it."""
    ordered = [*known, *said]
    # A date alone has another place among instants in each customer's zone.
    if any(not isinstance(fact.time, datetime) for fact in ordered):
        return False
    if any(not isinstance(fact.body, _STATEMENTS) for fact in said):
        return False
    ordered.sort(key=lambda fact: known_key(fact, UTC))
    master, new = MasterData.of(ordered), {(fact.source, fact.id) for fact in said}
    look = master.customer if key.scope == "customer" else master.reseller
    before: object = look(key.scope_id, UTC, (datetime.min.replace(tzinfo=UTC),))
    for fact in ordered:
        after = look(key.scope_id, UTC, known_with(fact, UTC))
        if (fact.source, fact.id) in new and after != before:
            return False
        before = after
    return True


def named(facts: Iterable[Fact]) -> tuple[set[str], set[Key]]:
    """The subscriptions that facts are about, and the master data that others are about."""
    keys = {Key(fact.scope, fact.scope_id) for fact in facts}
    return {key.scope_id for key in keys if key.scope == "subscription"}, {k for k in keys if k.scope in MASTER_SCOPES}


# A subscription, or a customer whose documents may go to a reseller, and one who may get them: ("subscription", id) or
# ("payer", id). Documents name their recipient by its id alone, whether it is a customer or a reseller.
Link = tuple[tuple[str, str], tuple[str, str]]


def links_said(facts: Iterable[Fact]) -> Iterator[Link]:
    """Who may get whose documents, as facts say it: an order names customer and reseller, a customer its reseller."""
    for fact in facts:
        kind = "subscription" if fact.scope == "subscription" else "payer"
        for name in names(fact):
            if name.scope in ("customer", "reseller"):
                yield (kind, fact.scope_id), ("payer", name.scope_id)


def add_ons_said(facts: Iterable[Fact]) -> Iterator[tuple[str, str]]:
    """Subscriptions that are add-ons, with their parents."""
    for fact in facts:
        if isinstance(fact.body, OrderExecuted | SubscriptionImported) and fact.body.item.parent_subscription_id:
            yield fact.scope_id, fact.body.item.parent_subscription_id


def with_families(subscriptions: Iterable[str], add_ons: Iterable[tuple[str, str]]) -> set[str]:
    """These with their add-ons, which end with them, and with their parents, without which an add-on is not known."""
    relatives: dict[str, set[str]] = {}
    for add_on, parent in add_ons:
        relatives.setdefault(add_on, set()).add(parent)
        relatives.setdefault(parent, set()).add(add_on)
    found, wanted = set[str](), set(subscriptions)
    while wanted:
        found |= wanted
        wanted = {relative for one in wanted for relative in relatives.get(one, ())} - found
    return found


def family_links(add_ons: Iterable[tuple[str, str]]) -> Iterator[Link]:
    """An add-on and its parent are looked at together, whoever pays them."""
    for add_on, parent in add_ons:
        yield ("subscription", add_on), ("subscription", parent)


def portions(subscriptions: Iterable[str], links: Iterable[Link], most: int) -> Iterator[list[str]]:
    """Subscriptions in portions of about `most`; those that may share a document, however distantly, stay together."""
    parents: dict[tuple[str, str], tuple[str, str]] = {}

    def root(node: tuple[str, str]) -> tuple[str, str]:
        while (parent := parents.setdefault(node, node)) != node:
            parents[node] = node = parents[parent]
        return node

    for one, other in links:
        parents[root(one)] = root(other)
    together: dict[tuple[str, str], list[str]] = {}
    for subscription in sorted(subscriptions):
        together.setdefault(root(("subscription", subscription)), []).append(subscription)
    portion: list[str] = []
    for group in together.values():
        if portion and len(portion) + len(group) > most:
            yield portion
            portion = []
        portion += group
    if portion:
        yield portion
