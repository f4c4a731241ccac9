"""What an order would come to on the next documents, were it executed now. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.orders.commands.bodies import Command
from services.orders.commands.books import SOURCE, Books, stream_of
from services.orders.commands.orders import executed_now
from shared.billing.facts import Fact
from shared.billing.preview import preview
from shared.billing.run_loop import Issued
from shared.commands.desk import Asked
from shared.commands.envelopes import appending
from shared.events.preview_shape import preview_shape
from shared.projections.spec import Key


def previewed(
    before: Books, after: Books, facts: Sequence[Fact], key: Key, asked: Asked[Command], issued: Issued
) -> Mapping[str, object] | None:
    """What is billed without the order and with it, as JSON values; None where it brings nothing into being.

    `facts` are those of billing that the command itself says; a draft is reckoned as if it were executed with it.
    `issued` is what the documents of its payers hold.
    """
    order = after.order(key.scope_id)
    if order is None or order.status == "deleted":
        return None
    candidates = list(facts)
    if order.status == "placed":
        stream = stream_of(key)
        executed = executed_now(after, key.scope_id)
        candidates += appending(SOURCE, stream, after.ends.get(stream, 0), [executed], asked, after.at).facts
    billed = {fact.scope_id for fact in candidates if fact.scope == "subscription"}
    if not billed:
        return None
    known = [*before.facts, *before.rates]
    return preview_shape(preview(known, candidates, issued, after.today(order.content.customer.id), billed))
