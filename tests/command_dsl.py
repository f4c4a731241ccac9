"""Tests of commands in the words of the trade: given these events, when this is asked, then this comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from services.subscriptions.commands.bodies import Command, Request
from services.subscriptions.commands.session import SubscriptionSession
from shared.billing.masterdata import MasterData
from shared.commands.decision import CommandRefused, Decided
from shared.commands.desk import Asked
from shared.commands.principal import OPERATOR, Principal, principal_of
from shared.commands.standing import Standing
from shared.events.reading import data_of
from tests.billing_dsl import Event, facts_from

SUBSCRIPTION = "sub-1"
RESELLER = principal_of("reseller", "reseller", reseller="res-1")
OTHER_RESELLER = principal_of("other reseller", "reseller", reseller="res-2")
SUCCESS = principal_of("success", "customer_success")
CUSTOMER = principal_of("customer", "customer", customer="cus-1")
INTEGRATION = principal_of("integration", "integration")


def moment(text: str) -> datetime:
    """An instant, or a day at noon in UTC."""
    return datetime.fromisoformat(text if "T" in text else f"{text}T12:00:00+00:00").astimezone(UTC)


@dataclass(frozen=True)
class Known:
    """Events that are known, and the moment at which something is asked."""

    events: tuple[Event, ...]
    now: datetime
    by: Principal = OPERATOR

    def asked_by(self, principal: Principal) -> Known:
        return replace(self, by=principal)

    def session(self) -> SubscriptionSession:
        facts = facts_from(self.events)
        own = [fact for fact in facts if (fact.scope, fact.scope_id) == ("subscription", SUBSCRIPTION)]
        standing = Standing(SUBSCRIPTION, own, MasterData.of(facts), 0, self.now)
        return SubscriptionSession({SUBSCRIPTION: standing}, _no_preview)

    def asking(self, request: Request, **more: Any) -> Asked[Command]:
        return Asked(Command(SUBSCRIPTION, request), self.by, self.now, **more)

    def when(self, request: Request, **more: Any) -> Decided:
        """What comes of a request; raises CommandRefused."""
        return self.session().decide(self.asking(request, **more))

    def refused(self, request: Request, kind: str = "refused", **more: Any) -> str:
        """The sentence with which a request is refused."""
        with pytest.raises(CommandRefused) as refused:
            self.when(request, **more)
        assert refused.value.kind == kind, str(refused.value)
        return str(refused.value)


def known(*events: Event, at: str) -> Known:
    """These events, asked at an instant, or on a day at noon in UTC."""
    return Known(events, moment(at))


def events_of(decided: Decided) -> list[tuple[str, dict[str, Any]]]:
    """The events of a decision: type, and the data without what every event of a subscription has."""
    import orjson

    return [
        (
            type(model).__name__,
            {k: v for k, v in orjson.loads(data_of(model)).items() if k not in ("subscription_id", "customer_id")},
        )
        for appending in decided.appending
        for model in appending.models
    ]


def state_after(decided: Decided) -> Mapping[str, Any]:
    """The subscription as the answer has it."""
    body: Mapping[str, Any] = decided.body
    shown: Mapping[str, Any] = body["subscription"]
    return shown


def _no_preview(standing: Standing, facts: object) -> Mapping[str, object]:
    raise AssertionError("no preview was asked for")
