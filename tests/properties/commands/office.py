"""An installation in memory: what is known, a clock, commands decided on it, and invoice runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.invoicing.simulation import simulate
from services.subscriptions.commands.bodies import Command, Request
from services.subscriptions.commands.session import SubscriptionSession, stream_of
from shared.billing.documents import Document
from shared.billing.facts import Fact
from shared.billing.masterdata import MasterData
from shared.billing.preview import preview
from shared.billing.run_loop import NOTHING_ISSUED, Issued, RunLoop
from shared.commands.decision import Decided
from shared.commands.desk import Asked
from shared.commands.principal import OPERATOR, Principal
from shared.commands.standing import Standing
from shared.events.envelope import CloudEvent
from shared.events.preview_shape import preview_shape
from shared.events.shapes import document_shape, subscription_shape
from tests.billing_dsl import Event, facts_from

Json = dict[str, Any]
SUBSCRIPTION = "sub-1"
ONE_DAY = timedelta(days=1)
# No two things happen at once: their order would be that of their sources.
_A_MOMENT = timedelta(milliseconds=1)


@dataclass
class Office:
    """One subscription, with all that happened to it. `log` are the own events of its stream."""

    now: datetime
    facts: list[Fact] = field(default_factory=list)
    log: list[CloudEvent] = field(default_factory=list)
    issued: Issued = NOTHING_ISSUED
    upstream: int = 0

    @property
    def today(self) -> date:
        """Customers are in UTC here."""
        return self.now.date()

    def told(self, event: Event) -> Fact | None:
        """What upstream says now; the fact about the subscription, if there is one."""
        self.upstream += 1
        self.now += _A_MOMENT
        facts = facts_from([{**event, "time": self.now.isoformat(), "id": f"upstream-{self.upstream}"}])
        self.facts += facts
        return next((fact for fact in facts if fact.scope == "subscription"), None)

    def session(self) -> SubscriptionSession:
        own = [fact for fact in self.facts if (fact.scope, fact.scope_id) == ("subscription", SUBSCRIPTION)]
        standing = Standing(SUBSCRIPTION, own, MasterData.of(self.facts), len(self.log), self.now)
        return SubscriptionSession({SUBSCRIPTION: standing}, self._preview)

    def asking(self, request: Request, by: Principal = OPERATOR, **more: Any) -> Asked[Command]:
        return Asked(Command(SUBSCRIPTION, request), by, self.now, **more)

    def ask(self, request: Request, by: Principal = OPERATOR, **more: Any) -> Decided:
        """What comes of a command; what it came to is known from then on. Raises CommandRefused."""
        self.now += _A_MOMENT
        asked = self.asking(request, by, **more)
        decided = self.session().decide(asked)
        for appending in decided.appending:
            assert appending.stream_id == stream_of(SUBSCRIPTION)
            self.facts += appending.facts
            self.log += appending.events
        return decided

    def later(self, days: int) -> None:
        """So many days on; the days that are over are run."""
        self.now += timedelta(days=days)
        loop = RunLoop(self.facts, issued=self.issued)
        loop.run(self.today - ONE_DAY)
        self.issued = loop.ledger(self.today - ONE_DAY)

    def next_run(self, day: date) -> list[Json]:
        """The documents of a day's run, were it made now; each day before it too."""
        made = RunLoop(self.facts, issued=self.issued).run(day)
        return [_json(document) for document in made if document.day == day]

    def simulated(self) -> tuple[Json, set[str]]:
        """The subscription as `simulate` has it today, and the ids of all that it refuses."""
        simulation = simulate(self.facts, self.today, runs=[])
        (state,) = simulation.subscriptions
        return subscription_shape(state), {fact.id for fact in simulation.rejected}

    def _preview(self, _: Standing, facts: Sequence[Fact]) -> Json:
        return preview_shape(preview(self.facts, facts, self.issued, self.today))


def _json(document: Document) -> Json:
    shape: Json = json.loads(json.dumps(document_shape(document, explained=False)))
    return shape


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
