"""Where commands on subscriptions are decided: locks and reads what they need, and opens a session on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from psycopg import AsyncConnection

from services.subscriptions.commands.bodies import Command, Convert, Import
from services.subscriptions.commands.session import SOURCE, SubscriptionSession, stream_of
from services.subscriptions.commands.standing import Standing
from services.subscriptions.projection import SPEC
from shared.billing.facts import Fact
from shared.commands.desk import Asked
from shared.commands.known import known_of, stream_ends
from shared.projections.anchors import hold
from shared.projections.spec import Key


class SubscriptionDesk:
    """The desk of the subscriptions service."""

    source = SOURCE
    projection = SPEC.name

    async def open(self, connection: AsyncConnection, asked: Sequence[Asked[Command]]) -> SubscriptionSession:
        """Lock the subscriptions that are asked about, and read all that is known of them."""
        names = sorted({one.command.subscription for one in asked})
        await hold(connection, [Key("subscription", name) for name in names])
        ends = await stream_ends(connection, [stream_of(name) for name in names])
        known = await known_of(connection, SPEC, names, _named(asked))
        at = min((one.at for one in asked), default=None)
        standings = {
            name: Standing(name, known.facts[name], known.master, ends.get(stream_of(name), 0), at)
            for name in names
            if at is not None
        }
        return SubscriptionSession(standings, _no_preview)


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


def _no_preview(before: Standing, after: Standing, facts: list[Fact]) -> Mapping[str, object]:
    raise NotImplementedError
