"""A session: the commands of one transaction on the subscriptions that were read for it. Pure from here on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from services.subscriptions.commands.bodies import Command, Import
from services.subscriptions.commands.deciding import CHOOSES_A_PLAN, decide, refuse_plan
from services.subscriptions.commands.importing import imported
from services.subscriptions.shapes import last_day_of, subscription_shape
from shared.billing.facts import Fact
from shared.commands.decision import Appending, CommandRefused, Decided, Outdated, Unknown
from shared.commands.desk import Asked
from shared.commands.envelopes import appending
from shared.commands.standing import Standing
from shared.events.envelope import CloudEvent
from shared.events.models.base import EventModel

SOURCE = "urn:seatledger:subscriptions"

Preview = Callable[[Standing, Sequence[Fact]], Mapping[str, object]]
"""What the facts of a command would come to, as JSON values."""


class SubscriptionSession:
    """Decides on `standings`; each command sees what those before it came to."""

    def __init__(self, standings: Mapping[str, Standing], preview: Preview) -> None:
        self._standings = dict(standings)
        self._preview = preview

    def decide(self, asked: Asked[Command]) -> Decided:
        """What a command comes to. Raises CommandRefused with the rules' own sentence where they refuse its event."""
        name, request = asked.command.subscription, asked.command.request
        before = self._standings[name].asked_at(asked.at)
        model: EventModel | None
        if isinstance(request, Import):
            _refuse_outdated(before, asked)
            model = imported(before, request, asked.principal)
        else:
            _refuse_stranger(before, asked)
            _refuse_outdated(before, asked)
            model = decide(before, request, asked.principal)
        if model is None:
            return self._decided(before, before, None, asked)
        some = appending(SOURCE, stream_of(name), before.sequence, [model], asked, before.at)
        after = before.then(next(fact for fact in some.facts if fact.scope == "subscription"))
        reason = after.refusal_of(some.facts[0].ref)
        if reason is not None:
            raise CommandRefused(reason)
        if isinstance(request, CHOOSES_A_PLAN):
            refuse_plan(before, after)
        if asked.preview:
            return Decided(self._preview(before, some.facts))
        self._standings[name] = after
        return self._decided(before, after, some, asked)

    def _decided(self, before: Standing, after: Standing, some: Appending | None, asked: Asked[Command]) -> Decided:
        if asked.preview:
            return Decided(self._preview(before, []))
        events = [] if some is None else [_event_shape(event) for event in some.events]
        body = {
            "subscription": subscription_shape(after.running, after.today),
            "last_day": last_day_of(after.running),
            "events": events,
        }
        return Decided(body, () if some is None else (some,), after.version, created=not before.exists)


def stream_of(subscription: str) -> str:
    """The stream of a subscription's own events. These names are stored: version with care."""
    return f"subscription-{subscription}"


def _event_shape(event: CloudEvent) -> dict[str, object]:
    return {"type": event.type, "id": event.id, "source": event.source, "sequence": event.sequence}


def _refuse_stranger(standing: Standing, asked: Asked[Command]) -> None:
    """What is not theirs is not there for them."""
    if not standing.exists:
        raise Unknown(_unknown(standing))
    if not asked.principal.reaches(customer=standing.ordered.customer_id, reseller=standing.reseller):
        raise Unknown(f"there is no subscription {standing.subscription!r}")


def _unknown(standing: Standing) -> str:
    timeline = standing.timeline
    if timeline is not None and timeline.refusal is not None:
        return f"subscription {standing.subscription!r} was never brought into being: {timeline.refusal}"
    return f"there is no subscription {standing.subscription!r}"


def _refuse_outdated(standing: Standing, asked: Asked[Command]) -> None:
    if asked.if_match is not None and asked.if_match not in ("*", standing.version):
        raise Outdated(
            f"subscription {standing.subscription} has changed since version {asked.if_match}: read it again, it is "
            f"{standing.version} now"
        )
