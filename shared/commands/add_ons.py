"""Which add-ons are billed with a subscription: a command that ends or changes it reaches them too."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from psycopg import AsyncConnection

from shared.billing.facts import Fact
from shared.billing.moments import FOUNDING
from shared.commands.known import Known
from shared.commands.standing import Standing
from shared.store.arrays import literal

_ADD_ONS = """
SELECT scope_id, dependent_id FROM dependency JOIN unnest(%s::text[]) AS w (scope_id) USING (scope_id)
WHERE scope = 'subscription' AND dependent_scope = 'subscription'
"""

# The subscriptions that are asked about, each with its add-ons.
AddOns = Mapping[str, Collection[str]]


async def add_ons_of(connection: AsyncConnection, subscriptions: Collection[str]) -> AddOns:
    """The add-ons of subscriptions, theirs too: they end with them, and are billed accordingly."""
    found: dict[str, set[str]] = {name: set() for name in subscriptions}
    if found:
        rows = await (await connection.execute(_ADD_ONS, [literal(sorted(found))])).fetchall()
        for name, add_on in rows:
            found[name].add(add_on)
    return found


def billed_with(standing: Standing, known: Known, add_ons: AddOns) -> set[str]:
    """A subscription and its add-ons of its own customer: what another's costs is not told."""
    theirs = (one for one in add_ons[standing.subscription] if _is_of(standing, known.facts[one]))
    return {standing.subscription, *theirs}


def payers_of(known: Known) -> set[str]:
    """Who may get the documents of what is known: customers and resellers alike."""
    return {fact.scope_id for fact in known.everything if fact.scope in ("customer", "reseller")}


def _is_of(standing: Standing, facts: Iterable[Fact]) -> bool:
    return any(isinstance(f.body, FOUNDING) and f.body.customer.id == standing.ordered.customer_id for f in facts)
