"""A session: the actions of one transaction on the rows that were read for it. Pure from here on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from services.reconciliation.bodies import Difference
from services.reconciliation.commands.bodies import Command, Ignore, ImportTheirs, Relink, Request
from services.reconciliation.commands.by_hand import ByHand, Compared, left_of
from services.reconciliation.commands.deciding import event_of
from services.reconciliation.commands.rows import Row, Standing
from services.reconciliation.findings import IGNORED, refound, resolved
from services.reconciliation.observing import SOURCE
from services.reconciliation.verdicts import Verdict
from shared.commands import standing as subscriptions
from shared.commands.decision import Appending, CommandRefused, Decided, Outdated, Unknown
from shared.commands.desk import Asked
from shared.commands.envelopes import appending
from shared.events.envelope import CloudEvent
from shared.events.models.base import EventModel
from shared.events.models.reconciliation import DiscrepancyResolved
from shared.events.models.subscriptions import LicensesChanged, SubscriptionCanceled

# A row by the vendor and what it is about, in lower case: our id, or the vendor's where we have none.
Place = tuple[str, str]


def place_of(command: Command) -> Place:
    """Which row a command is about."""
    return command.vendor, command.about.lower()


def named_by(command: Command) -> str | None:
    """Which of ours a command changes beside what its row says: one to be linked, or to be made."""
    match command.request:
        case Relink(subscription=subscription) if subscription is not None:
            return subscription
        case ImportTheirs(subscription=said):
            return said.subscription_id
    return None


class ReconciliationSession:
    """Decides on rows, and on the subscriptions that they are about."""

    def __init__(
        self,
        rows: Mapping[Place, Standing],
        ours: Mapping[str, subscriptions.Standing],
        streams: Mapping[str, int],
        compared: Compared,
    ) -> None:
        """`streams` are the last sequences of the streams of subscriptions; `compared` reckons what is not billed."""
        self._rows = rows
        self._ours = ours
        self._streams = streams
        self._compared = compared
        self._settled: set[Place] = set()

    def decide(self, asked: Asked[Command]) -> Decided:
        """What an action comes to. Raises CommandRefused, Outdated where the vendor or we moved on since."""
        asked.principal.need("reconciliation:write", "do something about a difference")
        command, request = asked.command, asked.command.request
        if isinstance(request, ImportTheirs):
            asked.principal.need("subscriptions:import", "import subscriptions, which says what they cost")
        standing = self._rows.get(place_of(command))
        if standing is None:
            raise Unknown(f"the last comparison with {command.vendor} has no row {command.about!r}")
        row = standing.row
        if place_of(command) in self._settled:
            raise CommandRefused(f"{command.about} was settled a moment ago: compare again")
        verdicts = row.mended_by(request.action)
        if not verdicts:
            raise CommandRefused(
                f"{command.about} is {' '.join(row.verdicts)}: {request.action} does nothing about that"
            )
        ours = self._subscription(row, command)
        if all(_was(standing.told.get(verdict), row, ours, request) for verdict in verdicts):
            return Decided(_body(row, request, [], _kept(standing.told, verdicts)))
        _refuse_stale(standing, ours, asked)
        settled = [one for verdict in verdicts for one in _settled(standing, verdict, request, asked.principal.name)]
        model = event_of(row, ours, request, asked.principal)
        appended = [] if model is None or ours is None else [self._changed(ours, model, asked)]
        by_hand = None if model is None or ours is None else self._by_hand(ours, model, appended[0], asked)
        if by_hand is not None and ours is not None:
            settled[-1] = with_by_hand(settled[-1], by_hand, ours.terms.customer_id)
        appended.append(appending(SOURCE, row.stream, standing.sequence, settled, asked, asked.at))
        if asked.preview:
            return Decided(_body(row, request, appended, by_hand))
        self._settled.add(place_of(command))
        return Decided(_body(row, request, appended, by_hand), appended)

    def _subscription(self, row: Row, command: Command) -> subscriptions.Standing | None:
        name = named_by(command) or row.subscription
        return None if name is None else self._ours.get(name)

    def _changed(self, ours: subscriptions.Standing, model: EventModel, asked: Asked[Command]) -> Appending:
        """The event of the subscription, unless the rules refuse it: then their sentence is the answer."""
        stream = f"subscription-{ours.subscription}"
        before = ours.asked_at(asked.at)
        some = appending(SOURCE, stream, self._streams.get(stream, 0), [model], asked, before.at)
        after = before.then(next(fact for fact in some.facts if fact.scope == "subscription"))
        reason = after.refusal_of(some.facts[0].ref)
        if reason is not None:
            raise CommandRefused(reason)
        return some

    def _by_hand(
        self, ours: subscriptions.Standing, model: EventModel, some: Appending, asked: Asked[Command]
    ) -> ByHand | None:
        """What is left to be invoiced by hand; None where the change is billed, or moves no money."""
        if not isinstance(model, LicensesChanged | SubscriptionCanceled) or model.billing != "none":
            return None
        before = ours.asked_at(asked.at)
        normal = model.model_copy(update={"billing": "normal"})
        billed = appending(SOURCE, some.stream_id, some.expected, [normal], asked, before.at)
        return left_of(before, some.facts, billed.facts, self._compared)


def with_by_hand(told: Difference, by_hand: ByHand, customer: str) -> Difference:
    """The end of a difference with what it leaves to be invoiced by hand."""
    more = {"customer_id": customer, "not_billed": by_hand.amounts, "not_billable": by_hand.refused}
    return told.model_copy(update=more)


def _kept(told: Mapping[str, Difference], verdicts: Sequence[Verdict]) -> ByHand | None:
    """What was reckoned when just this was done before."""
    for one in (told.get(verdict) for verdict in verdicts):
        if isinstance(one, DiscrepancyResolved) and one.not_billed is not None:
            return ByHand(one.not_billed, one.not_billable)
    return None


def _was(told: Difference | None, row: Row, ours: subscriptions.Standing | None, request: Request) -> bool:
    """Whether just this was done about it before: the same action on the same snapshot, with the same of ours."""
    if not isinstance(told, DiscrepancyResolved):
        return False
    if (told.resolution, told.snapshot_id) != (request.action, request.snapshot):
        return False
    if not isinstance(request, Relink | ImportTheirs):
        return True
    wanted = row.vendor_subscription
    if isinstance(request, Relink) and row.subscription is not None:
        wanted = request.vendor_subscription
    linked = None if ours is None or ours.timeline is None else ours.timeline.vendor_id
    return linked is not None and wanted is not None and linked.lower() == wanted.lower()


def _settled(standing: Standing, verdict: Verdict, request: Request, by: str) -> Iterator[Difference]:
    """What is told of a difference that an action ends: on which snapshot it was decided, and by whom.

    One that is ignored stands again first. CommandRefused where somebody settled it otherwise.
    """
    told = standing.told.get(verdict)
    if told is None:
        raise Outdated("the difference is not told yet: compare again")
    if isinstance(told, DiscrepancyResolved):
        if told.resolution != IGNORED:
            raise CommandRefused(f"this was settled by {told.by or 'the vendor'} ({told.resolution}): compare again")
        told = refound(told, None).model_copy(update={"snapshot_id": request.snapshot})
        yield told
    decided_on = told.model_copy(update={"snapshot_id": request.snapshot})
    reason = request.reason if isinstance(request, Ignore) else None
    yield resolved(decided_on, request.action, by=by, reason=reason)


def _refuse_stale(standing: Standing, ours: subscriptions.Standing | None, asked: Asked[Command]) -> None:
    """An action is for what was compared: the vendor's snapshot, the row's version, and ours as it was then."""
    row = standing.row
    about = row.subscription or row.vendor_subscription
    quoted = asked.command.request.snapshot
    if asked.if_match not in (None, "*", quoted):
        raise Outdated(f"{about} quotes snapshot {quoted}, and If-Match another version: give the snapshot of the row")
    if quoted != row.snapshot or (standing.account_snapshot is not None and quoted != standing.account_snapshot):
        raise Outdated(
            f"{about} was decided on snapshot {quoted}, and the vendor was found otherwise since: compare again, and "
            "look at what it has now"
        )
    if row.subscription is not None and ours is not None and ours.subscription == row.subscription:
        known = None if ours.timeline is None else ours.timeline.told_until
        if known != row.told_until:
            raise Outdated(f"{about} was changed here since it was compared: compare again")


def _body(row: Row, request: Request, appended: list[Appending], by_hand: ByHand | None = None) -> dict[str, object]:
    return {
        "vendor": row.vendor,
        "subscription": row.subscription,
        "vendor_subscription": row.vendor_subscription,
        "action": request.action,
        "settles": list(row.mended_by(request.action)),
        "events": [_event_shape(event) for some in appended for event in some.events],
        "not_billed": None if by_hand is None else [one.model_dump(mode="json") for one in by_hand.amounts],
        "not_billable": None if by_hand is None else by_hand.refused,
    }


def _event_shape(event: CloudEvent) -> dict[str, object]:
    return {"type": event.type, "id": event.id, "source": event.source, "sequence": event.sequence}
