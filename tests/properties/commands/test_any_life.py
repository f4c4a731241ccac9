"""Any life of a subscription: commands and what upstream says, in any order, against a simple model of it."""

from __future__ import annotations

import os
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.subscriptions.commands.bodies import (
    ActivateProtection,
    Cancel,
    ChangeBillingPlan,
    ChangeQuantity,
    Convert,
    DiscardNextTerm,
    EditPricing,
    Reactivate,
    Request,
    ScheduleNextTerm,
    SetAutoRenew,
    Suspend,
)
from shared.commands.decision import CommandRefused, Decided, Unknown
from shared.commands.principal import OPERATOR, Principal, principal_of
from shared.events.content import id_of_position
from shared.events.reading import data_of
from tests import billing_dsl as dsl
from tests.properties.commands.office import SUBSCRIPTION, Office, noon

LIVES = int(os.environ.get("SEATLEDGER_EXAMPLES", "12"))
STEPS = int(os.environ.get("SEATLEDGER_STEPS", "12"))
BOUGHT = date(2025, 1, 31)

TERMS = [(None, None), ("P1M", "P1M"), ("P1Y", "P1Y"), ("P1Y", "P1M"), ("P3Y", "P1M"), ("P3Y", "P1Y")]
RESELLER = principal_of("reseller", "reseller", reseller="res-1")
SUCCESS = principal_of("success", "customer_success")
STRANGER = principal_of("other reseller", "reseller", reseller="res-2")
callers = st.sampled_from([OPERATOR, OPERATOR, RESELLER, SUCCESS])
totals = st.integers(1, 30)
changes = st.integers(-6, 9).filter(bool)
amounts = st.decimals(Decimal("0.00"), Decimal("500.00"), places=2)
durations = st.sampled_from(["P1M", "P1Y", "P3Y"])
ahead = st.integers(1, 60)


class ALife(RuleBasedStateMachine):
    """`quantity` is what the model holds, None where what was scheduled may have changed it since."""

    def __init__(self) -> None:
        super().__init__()
        self.office = Office(noon(BOUGHT))
        self.quantity: int | None = None
        self.is_pending = False
        self.versions: list[str] = []

    @initialize(terms=st.sampled_from(TERMS), quantity=totals, price=amounts, nce=st.booleans(), sold=st.booleans())
    def bought(
        self, terms: tuple[str | None, str | None], quantity: int, price: Decimal, nce: bool, sold: bool
    ) -> None:
        for scope, of in (("organisation", None), ("reseller", "res-1"), ("customer", "cus-1")):
            self.office.told(dsl.setting("billing_plans_enabled", True, since="2025-01-01", scope=scope, of=of))
        for product, at in (("office", "120.00"), ("suite", "240.00")):
            prices = [
                {"currency": "EUR", "term": term, "billing_frequency": frequency, "unit_price": at, "unit_cost": "1.00"}
                for term, frequency in TERMS
                if term is not None
            ]
            said = dsl.product_defined(on="2025-01-01", product=product, prices=prices, billing_plans=["P1M", "P1Y"])
            self.office.told(said)
        term: dict[str, Any] = {"term": terms[0], "billing_frequency": terms[1]} if terms[0] else {}
        reseller = "res-1" if sold else None
        self.office.told(dsl.ordered(quantity, f"{price}", on="2025-01-31", nce=nce, reseller=reseller, **term))
        self.quantity = quantity

    # --- commands -----------------------------------------------------------------------------------------------------

    @rule(change=changes, by=callers, see=st.booleans())
    def more_or_fewer(self, change: int, by: Principal, see: bool) -> None:
        decided = self.asked(ChangeQuantity(change=change), by, see)
        if decided is not None:
            self.holds(None if self.quantity is None else self.quantity + change, decided)

    @rule(total=totals, by=callers, see=st.booleans())
    def a_new_total(self, total: int, by: Principal, see: bool) -> None:
        decided = self.asked(ChangeQuantity(quantity=total), by, see)
        if decided is not None:
            self.holds(total, decided)

    @precondition(lambda self: self.quantity is not None)
    @rule(by=callers)
    def the_total_that_there_is(self, by: Principal) -> None:
        decided = self.asked(ChangeQuantity(quantity=self.quantity), by, see=False)
        assert decided is None or not decided.appending

    @rule(total=totals, days=ahead, see=st.booleans())
    def a_total_for_later(self, total: int, days: int, see: bool) -> None:
        later = (self.office.today + timedelta(days=days)).isoformat()
        if self.asked(ChangeQuantity.model_validate({"quantity": total, "effective_at": later}), OPERATOR, see):
            self.is_pending = True

    @rule(mode=st.sampled_from(["immediate", "end_of_cycle", "end_of_term"]), by=callers, see=st.booleans())
    def cancel(self, mode: Any, by: Principal, see: bool) -> None:
        self.asked(Cancel(mode=mode), by, see)

    @rule(by=callers, see=st.booleans())
    def suspend(self, by: Principal, see: bool) -> None:
        if self.asked(Suspend(), by, see):
            again = self.asked(Suspend(), OPERATOR, see=False)
            assert again is not None
            assert not again.appending

    @rule(by=callers, see=st.booleans())
    def reactivate(self, by: Principal, see: bool) -> None:
        self.asked(Reactivate(), by, see)

    @rule(value=st.booleans(), by=callers, see=st.booleans())
    def auto_renew(self, value: bool, by: Principal, see: bool) -> None:
        if self.asked(SetAutoRenew(auto_renew=value), by, see):
            again = self.asked(SetAutoRenew(auto_renew=value), OPERATOR, see=False)
            assert again is not None
            assert not again.appending

    @rule(price=amounts, applies=st.sampled_from(["next_term", "current_cycle"]), see=st.booleans())
    def edit_price(self, price: Decimal, applies: Any, see: bool) -> None:
        self.asked(EditPricing(unit_price=price, applies=applies), OPERATOR, see)

    @rule(see=st.booleans())
    def protect(self, see: bool) -> None:
        self.asked(ActivateProtection(), OPERATOR, see)

    @rule(frequency=durations, by=callers, see=st.booleans())
    def another_plan(self, frequency: str, by: Principal, see: bool) -> None:
        self.asked(ChangeBillingPlan.model_validate({"billing_frequency": frequency}), by, see)

    @rule(quantity=st.none() | totals, term=st.none() | durations, by=callers, see=st.booleans())
    def next_term(self, quantity: int | None, term: str | None, by: Principal, see: bool) -> None:
        body = {name: value for name, value in (("quantity", quantity), ("term", term)) if value is not None}
        if self.asked(ScheduleNextTerm.model_validate(body), by, see):
            self.is_pending = True

    @rule(by=callers, see=st.booleans())
    def discard(self, by: Principal, see: bool) -> None:
        self.asked(DiscardNextTerm(), by, see)

    @rule(product=st.sampled_from(["office", "suite"]), quantity=st.none() | totals, by=callers, see=st.booleans())
    def convert(self, product: str, quantity: int | None, by: Principal, see: bool) -> None:
        decided = self.asked(Convert(product=product, quantity=quantity), by, see)
        if decided is not None:
            self.holds(quantity or self.quantity, decided)

    @precondition(lambda self: self.versions)
    @rule(data=st.data(), request=st.sampled_from([ChangeQuantity(change=1), Suspend(), Cancel(mode="immediate")]))
    def on_a_version_of_before(self, data: st.DataObject, request: Request) -> None:
        version, now = data.draw(st.sampled_from(self.versions)), self.version()
        if version != now:
            # What the rules refuse anyway they may refuse first.
            with pytest.raises(CommandRefused):
                self.office.ask(request, if_match=version)
        assert self.version() == now

    @rule(request=st.sampled_from([ChangeQuantity(change=1), Reactivate(), DiscardNextTerm()]))
    def a_stranger(self, request: Request) -> None:
        with pytest.raises(Unknown):
            self.office.ask(request, STRANGER)

    # --- what else happens --------------------------------------------------------------------------------------------

    @rule(days=st.sampled_from([0, 1, 1, 6, 7, 20, 31, 200, 365]), minutes=st.integers(1, 600))
    def time_passes(self, days: int, minutes: int) -> None:
        self.office.later(days)
        self.office.now += timedelta(minutes=minutes)
        self.is_known_no_more()

    @rule(total=totals)
    def upstream_changes_the_licences(self, total: int) -> None:
        self.upstream("LicensesChanged", quantity=total)
        self.quantity = self.shown()["quantity"]

    @rule(
        happened=st.sampled_from(
            [("SubscriptionSuspended", {}), ("SubscriptionReactivated", {}), ("AutoRenewChanged", {"auto_renew": True}),
             ("SubscriptionCanceled", {"mode": "end_of_cycle"}), ("NextTermScheduled", {"quantity": 12})]
        )
    )  # fmt: skip
    def upstream_does_something_else(self, happened: tuple[str, dict[str, Any]]) -> None:
        self.upstream(happened[0], **happened[1])
        self.is_pending = self.is_pending or happened[0] == "NextTermScheduled"

    # --- what always holds --------------------------------------------------------------------------------------------

    @invariant()
    def ids_and_sequences_have_no_gap(self) -> None:
        stream = f"subscription-{SUBSCRIPTION}"
        assert [one.sequence for one in self.office.log] == list(range(1, len(self.office.log) + 1))
        assert [one.id for one in self.office.log] == [
            id_of_position(stream, number) for number in range(1, len(self.office.log) + 1)
        ]

    def asked(self, request: Request, by: Principal, see: bool) -> Decided | None:
        """What comes of a command, None where it is refused; with all that has to hold of it."""
        office, before = self.office, self.version()
        facts = list(office.facts)
        said = self.previewed(request, by) if see else None
        assert office.facts == facts
        try:
            decided = office.ask(request, by)
        except CommandRefused as refused:
            event(f"{type(request).__name__} {refused.kind}")
            assert office.facts == facts
            assert self.version() == before
            assert said is None
            return None
        event(f"{type(request).__name__} {'done' if decided.appending else 'so already'}")
        new = [fact for fact in office.facts if fact not in facts]
        state, rejected = office.simulated()
        assert not {fact.id for fact in new} & rejected
        shown: Any = decided.body["subscription"]
        assert {name: shown[name] for name in state} == state
        assert bool(new) == bool(decided.appending)
        assert (decided.etag == before) is not bool(new)
        self.versions.append(before)
        if said is not None:
            assert office.next_run(date.fromisoformat(said["now"]["date"])) == said["now"]["with"]["documents"]
            # Of other events it may: a price by hand takes the protection off that was activated in its cycle.
            assert not {one["id"] for one in said["rejected"]} & {fact.id for fact in new}
        for appending in decided.appending:
            assert all(data_of(model) for model in appending.models)
        return decided

    def previewed(self, request: Request, by: Principal) -> Any:
        try:
            return self.office.session().decide(self.office.asking(request, by, preview=True)).body
        except CommandRefused:
            return None

    def upstream(self, name: str, **data: object) -> None:
        self.office.told(dsl.of(name, "2025-01-31", **data))

    def holds(self, expected: int | None, decided: Decided) -> None:
        state: Any = decided.body["subscription"]
        assert expected is None or state["quantity"] == expected
        self.quantity = state["quantity"]

    def is_known_no_more(self) -> None:
        """What was scheduled may have taken effect."""
        self.quantity = self.shown()["quantity"] if self.is_pending else self.quantity
        assert self.shown()["quantity"] == self.quantity

    def shown(self) -> Any:
        return self.office.simulated()[0]

    def version(self) -> str:
        """As the answer to a command without effect tells it."""
        standing = self.office.session()._standings[SUBSCRIPTION]
        return standing.version


TestALife = ALife.TestCase
TestALife.settings = settings(
    max_examples=LIVES,
    stateful_step_count=STEPS,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow],
)
