"""What commands on subscriptions would cost: reckoned from all that is known of them and what documents hold."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from psycopg import AsyncConnection

from services.subscriptions.commands.session import Preview
from shared.billing.facts import Fact
from shared.billing.moments import FOUNDING
from shared.billing.preview import preview
from shared.billing.run_loop import NOTHING_ISSUED
from shared.commands.known import Known
from shared.commands.standing import Standing
from shared.events.preview_shape import preview_shape
from shared.store.arrays import literal
from shared.store.ledger import issued_for

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


async def previews(connection: AsyncConnection, known: Known, add_ons: AddOns) -> Preview:
    """How previews of commands on some subscriptions are reckoned. What is known of their parents is only looked at."""
    issued = NOTHING_ISSUED
    if add_ons:
        payers = {fact.scope_id for fact in known.everything if fact.scope in ("customer", "reseller")}
        names = {*add_ons, *(add_on for some in add_ons.values() for add_on in some)}
        issued = await issued_for(connection, sorted(names), payers)

    def of(standing: Standing, facts: Sequence[Fact]) -> Mapping[str, object]:
        on = standing.today if standing.exists else standing.at.date()
        theirs = (one for one in add_ons[standing.subscription] if _is_of(standing, known.facts[one]))
        billed = {standing.subscription, *theirs}
        return preview_shape(preview(known.everything, facts, issued, on, billed))

    return of


def _is_of(standing: Standing, facts: Iterable[Fact]) -> bool:
    """Whether an add-on is of the subscription's own customer: what another's costs is not told."""
    return any(isinstance(f.body, FOUNDING) and f.body.customer.id == standing.ordered.customer_id for f in facts)
