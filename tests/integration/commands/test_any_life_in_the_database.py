"""Commands in any order through a database: keys that come again, versions that are stale, several at once."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from psycopg import AsyncConnection

from services.subscriptions.commands.bodies import ChangeQuantity, Command, Import, Request, SetAutoRenew
from services.subscriptions.desk import SubscriptionDesk
from shared.commands.decision import CommandRefused, Decided
from shared.commands.desk import Asked
from shared.commands.handling import Outcome, handle
from shared.commands.principal import OPERATOR
from shared.events.content import id_of_position
from shared.store.event_table import read_stream
from shared.store.pool import connect

pytestmark = pytest.mark.database

LIVES = int(os.environ.get("SEATLEDGER_EXAMPLES", "8"))
STARTED = datetime(2026, 3, 10, 12, tzinfo=UTC)
changes = st.integers(-5, 9).filter(bool)


class Stored:
    """A database with its connection, for the lives of one test."""

    def __init__(self, runner: asyncio.Runner, dsn: str) -> None:
        self._runner = runner
        self.connection: AsyncConnection = runner.run(connect(dsn))
        self.numbers: Iterator[int] = itertools.count(1)

    def handle(self, asked: list[Asked[Command]]) -> list[Outcome]:
        return self._runner.run(handle(self.connection, SubscriptionDesk(), asked))

    def stream(self, name: str) -> list[Any]:
        return list(self._runner.run(read_stream(self.connection, name)))

    def close(self) -> None:
        self._runner.run(self.connection.close())


class ALifeStored(RuleBasedStateMachine):
    """`quantity` is what the model holds; `answers` what was answered under which key, to which request."""

    stored: ClassVar[Stored]

    def __init__(self) -> None:
        super().__init__()
        self.subscription = f"sub-{next(self.stored.numbers)}"
        self.now = STARTED
        self.quantity = 0
        self.events = 0
        self.version: str | None = None
        self.stale: list[str] = []
        self.answers: dict[str, tuple[int, Any]] = {}

    @initialize(quantity=st.integers(1, 20))
    def taken_over(self, quantity: int) -> None:
        row = {
            "subscription_id": self.subscription, "currency": "EUR", "customer": {"id": "cus-1"},
            "product": {"id": "office"}, "quantity": quantity, "unit_price": "10.00", "started_at": "2026-01-01",
            "billed_by_us_from": "2026-02-01",
        }  # fmt: skip
        (decided,) = self.ask(Import.model_validate(row))
        self.quantity = quantity
        self.done(decided)
        (again,) = self.ask(Import.model_validate(row))
        assert isinstance(again, Decided)
        assert not again.appending

    @rule(wanted=st.lists(changes, min_size=1, max_size=4))
    def several_at_once(self, wanted: list[int]) -> None:
        """Each sees those before it; one that is refused keeps no other back."""
        outcomes = self.ask(*(ChangeQuantity(change=change) for change in wanted))
        for change, outcome in zip(wanted, outcomes, strict=True):
            self.changed(change, outcome)

    @rule(change=changes, key=st.sampled_from(["a", "b", "c"]))
    def with_a_key(self, change: int, key: str) -> None:
        name = f"{self.subscription} {key}"
        (outcome,) = self.ask(ChangeQuantity(change=change), idempotency_key=name)
        if key not in self.answers:
            self.changed(change, outcome)
            if isinstance(outcome, Decided):
                self.answers[key] = (change, outcome.body)
        elif self.answers[key][0] == change:
            assert isinstance(outcome, Decided)
            assert outcome.body == self.answers[key][1]
        else:
            assert isinstance(outcome, CommandRefused)
            assert outcome.kind == "idempotency-key-reused"

    @rule(change=changes)
    def on_the_version_that_there_is(self, change: int) -> None:
        (outcome,) = self.ask(ChangeQuantity(change=change), if_match=self.version)
        self.changed(change, outcome)

    @rule(data=st.data())
    def on_a_version_of_before(self, data: st.DataObject) -> None:
        version = data.draw(st.sampled_from([*self.stale, "never"]))
        (outcome,) = self.ask(ChangeQuantity(change=1), if_match=version)
        assert isinstance(outcome, CommandRefused)
        assert outcome.kind == "outdated"

    @rule(value=st.booleans())
    def auto_renew(self, value: bool) -> None:
        (outcome,) = self.ask(SetAutoRenew(auto_renew=value))
        self.done(outcome)

    @rule(change=changes)
    def only_asked(self, change: int) -> None:
        self.ask(ChangeQuantity(change=change), preview=True)

    @invariant()
    def what_is_stored_has_no_gap(self) -> None:
        name = f"subscription-{self.subscription}"
        events = self.stored.stream(name)
        assert [event.sequence for event in events] == list(range(1, self.events + 1))
        assert [event.id for event in events] == [id_of_position(name, n) for n in range(1, self.events + 1)]

    def ask(self, *requests: Request, **more: Any) -> list[Outcome]:
        self.now += timedelta(minutes=1)
        return self.stored.handle(
            [Asked(Command(self.subscription, request), OPERATOR, self.now, **more) for request in requests]
        )

    def changed(self, change: int, outcome: Outcome) -> None:
        if self.quantity + change <= 0:
            assert isinstance(outcome, CommandRefused), outcome
            return
        self.quantity += change
        self.done(outcome)

    def done(self, outcome: Outcome) -> None:
        assert isinstance(outcome, Decided), outcome
        body: Any = outcome.body
        assert body["subscription"]["quantity"] == self.quantity
        self.events += len(body["events"])
        if body["events"] and self.version is not None:
            self.stale.append(self.version)
        self.version = outcome.etag


def test_any_life_in_a_database(prepared: str) -> None:
    with asyncio.Runner() as runner:
        stored = Stored(runner, prepared)
        try:
            run_state_machine_as_test(
                type("ALife", (ALifeStored,), {"stored": stored}),
                settings=settings(
                    max_examples=LIVES, stateful_step_count=15, deadline=None, report_multiple_bugs=False,
                    database=None, suppress_health_check=list(HealthCheck),
                ),
            )  # fmt: skip
        finally:
            stored.close()
