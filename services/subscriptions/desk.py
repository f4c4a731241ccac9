"""Where commands on subscriptions are decided: locks and reads what they need, and opens a session on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from psycopg import AsyncConnection

from services.subscriptions.commands.bodies import Command, Convert, Import
from services.subscriptions.commands.session import SOURCE, Preview, SubscriptionSession, stream_of
from services.subscriptions.commands.standing import Standing
from services.subscriptions.projection import SPEC
from shared.billing.facts import Fact
from shared.billing.preview import preview
from shared.billing.run_loop import NOTHING_ISSUED
from shared.commands.desk import Asked
from shared.commands.known import Known, known_of
from shared.events.preview_shape import preview_shape
from shared.projections.anchors import hold
from shared.projections.spec import Key
from shared.store.event_table import hold_streams, stream_ends
from shared.store.ledger import issued_for


class SubscriptionDesk:
    """The desk of the subscriptions service."""

    source = SOURCE
    projection = SPEC.name

    async def open(self, connection: AsyncConnection, asked: Sequence[Asked[Command]]) -> SubscriptionSession:
        """Lock the subscriptions that are asked about, and read all that is known of them."""
        names = sorted({one.command.subscription for one in asked})
        streams = [stream_of(name) for name in names]
        if all(one.preview for one in asked):
            ends = await stream_ends(connection, streams)
        else:
            ends = await hold_streams(connection, streams)
            await hold(connection, [Key("subscription", name) for name in names])
        known = await known_of(connection, SPEC, names, _named(asked))
        standings = {
            one.command.subscription: Standing(
                one.command.subscription,
                known.facts[one.command.subscription],
                known.master,
                ends.get(stream_of(one.command.subscription), 0),
                one.at,
            )
            for one in asked
        }
        return SubscriptionSession(standings, await _previews(connection, known, asked))


async def _previews(connection: AsyncConnection, known: Known, asked: Sequence[Asked[Command]]) -> Preview:
    """How previews are reckoned: from all that is known and from what documents hold."""
    names = sorted({one.command.subscription for one in asked if one.preview})
    payers = {fact.scope_id for fact in known.everything if fact.scope in ("customer", "reseller")} if names else set()
    issued = await issued_for(connection, names, payers) if names else NOTHING_ISSUED

    def of(standing: Standing, facts: list[Fact]) -> Mapping[str, object]:
        on = standing.today if standing.exists else standing.at.date()
        return preview_shape(preview(known.everything, facts, issued, on))

    return of


def _named(asked: Iterable[Asked[Command]]) -> Iterable[Key]:
    """The master data that commands name and no fact does yet."""
    for one in asked:
        request = one.command.request
        if isinstance(request, Convert):
            yield Key("product", request.product)
        elif isinstance(request, Import):
            yield Key("product", request.product.id)
            yield Key("customer", request.customer.id)
            if request.reseller is not None:
                yield Key("reseller", request.reseller.id)
