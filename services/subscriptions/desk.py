"""Where commands on subscriptions are decided: locks and reads what they need, and opens a session on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from psycopg import AsyncConnection

from services.subscriptions.commands.bodies import Command, Convert, Import
from services.subscriptions.commands.session import SubscriptionSession, stream_of
from services.subscriptions.previews import previews
from services.subscriptions.projection import SPEC
from shared.commands.add_ons import add_ons_of
from shared.commands.desk import Asked
from shared.commands.known import known_of
from shared.commands.standing import Standing
from shared.projections.spec import Key
from shared.store.event_table import hold_streams, stream_ends


class SubscriptionDesk:
    """The desk of the subscriptions service."""

    projection = SPEC.name

    async def open(self, connection: AsyncConnection, asked: Sequence[Asked[Command]]) -> SubscriptionSession:
        """Lock the subscriptions that are asked about, and read all that is known of them."""
        names = sorted({one.command.subscription for one in asked})
        streams = [stream_of(name) for name in names]
        if all(one.preview for one in asked):
            ends = await stream_ends(connection, streams)
        else:
            ends = await hold_streams(connection, streams)
        add_ons = await add_ons_of(connection, [one.command.subscription for one in asked if one.preview])
        together = {*names, *(add_on for some in add_ons.values() for add_on in some)}
        known = await known_of(connection, SPEC, sorted(together), _named(asked))
        heard = known.heard(min((one.at for one in asked), default=None))
        standings = {
            one.command.subscription: Standing(
                one.command.subscription,
                known.facts[one.command.subscription],
                known.master,
                ends.get(stream_of(one.command.subscription), 0),
                one.at,
                heard=heard,
            )
            for one in asked
        }
        return SubscriptionSession(standings, await previews(connection, known, add_ons))


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
