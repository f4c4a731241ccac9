"""What commands on subscriptions would cost: reckoned from all that is known of them and what documents hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from psycopg import AsyncConnection

from services.subscriptions.commands.session import Preview
from shared.billing.facts import Fact
from shared.billing.preview import preview
from shared.billing.run_loop import NOTHING_ISSUED
from shared.commands.add_ons import AddOns, billed_with, payers_of
from shared.commands.known import Known
from shared.commands.standing import Standing
from shared.events.preview_shape import preview_shape
from shared.store.ledger import issued_for


async def previews(connection: AsyncConnection, known: Known, add_ons: AddOns) -> Preview:
    """How previews of commands on some subscriptions are reckoned. What is known of their parents is only looked at."""
    issued = NOTHING_ISSUED
    if add_ons:
        names = {*add_ons, *(add_on for some in add_ons.values() for add_on in some)}
        issued = await issued_for(connection, sorted(names), payers_of(known))

    def of(standing: Standing, facts: Sequence[Fact]) -> Mapping[str, object]:
        on = standing.today if standing.exists else standing.at.date()
        billed = billed_with(standing, known, add_ons)
        return preview_shape(preview(known.everything, facts, issued, on, billed))

    return of
