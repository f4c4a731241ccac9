"""Any orders: placed, edited, executed and deleted in any order, against a simple model and against `simulate`."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.invoicing.simulation import simulate
from services.orders.commands.bodies import Request
from services.orders.commands.order_bodies import AddItem, DeleteOrder, ExecuteOrder, ItemChange, PlaceOrder, RemoveItem
from shared.commands.decision import CommandRefused
from shared.events.shapes import subscription_shape
from tests.billing_dsl import facts_from
from tests.unit.orders.shop import ANOTHER, CUSTOMER, ITEM, PLAN, open_shop, read

ORDERS = int(os.environ.get("SEATLEDGER_EXAMPLES", "12"))
STEPS = int(os.environ.get("SEATLEDGER_STEPS", "12"))
MAIL = {"product": "mail", "quantity": 1}
items = st.sampled_from([ITEM, PLAN, MAIL])
quantities = st.integers(1, 50)


@dataclass
class Expected:
    """An order of the model: its items by id as (subscription, product, quantity), its status."""

    status: str
    items: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    in_installments: bool = False


class AnyOrders(RuleBasedStateMachine):
    """`model` are the orders by id."""

    def __init__(self) -> None:
        super().__init__()
        self.shop = open_shop()
        self.model: dict[str, Expected] = {}

    @rule(bought=st.lists(items, min_size=1, max_size=3), quantity=quantities, execute=st.booleans())
    def place(self, bought: list[dict[str, Any]], quantity: int, execute: bool) -> None:
        name = f"o-{len(self.model) + 1}"
        wanted = [{**one, "quantity": quantity} for one in bought]
        body = {"order_id": name, "currency": "EUR", "customer": {"id": "cus-1"}, "items": wanted, "execute": execute}
        answer = self.asked(read(PlaceOrder, body))
        assert [(one["product"], one["quantity"]) for one in answer["items"]] == [
            (one["product"], quantity) for one in bought
        ]
        self.model[name] = Expected("executed" if execute else "placed")
        self.remember(name, answer)
        with pytest.raises(CommandRefused, match="exists already"):
            self.shop.ask(read(PlaceOrder, body))

    @precondition(lambda self: self.model)
    @rule(data=st.data(), item=items)
    def add(self, data: st.DataObject, item: dict[str, Any]) -> None:
        name = self.any(data)
        answer = self.on_a_draft(name, read(AddItem, item))
        if answer is not None:
            assert len(answer["items"]) == len(self.model[name].items) + 1
            self.remember(name, answer)

    @precondition(lambda self: self.model)
    @rule(data=st.data(), quantity=quantities)
    def edit(self, data: st.DataObject, quantity: int) -> None:
        name = self.any(data)
        item = data.draw(st.sampled_from(sorted(self.model[name].items)))
        answer = self.on_a_draft(name, ItemChange(quantity=quantity), item)
        if answer is not None:
            self.model[name].items[item] = (*self.model[name].items[item][:2], quantity)
            before = dict(self.model[name].items)
            self.remember(name, answer)
            assert self.model[name].items == before

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        name = self.any(data)
        expected = self.model[name]
        item = data.draw(st.sampled_from(sorted(expected.items)))
        if expected.status == "placed" and len(expected.items) == 1:
            self.refused(RemoveItem(), name, item)
            return
        answer = self.on_a_draft(name, RemoveItem(), item)
        if answer is not None:
            del expected.items[item]
            before = dict(expected.items)
            self.remember(name, answer)
            assert expected.items == before

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def execute(self, data: st.DataObject) -> None:
        name = self.any(data)
        if self.model[name].status == "executed":
            # What is so already.
            assert not self.shop.ask(ExecuteOrder(), name).appending
            return
        answer = self.on_a_draft(name, ExecuteOrder())
        if answer is not None:
            self.model[name].status = "executed"
            self.remember(name, answer)

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        name = self.any(data)
        expected = self.model[name]
        if expected.status == "executed" and expected.in_installments:
            assert "installments" in self.refused(DeleteOrder(), name)
        elif expected.status != "deleted":
            self.asked(DeleteOrder(), name)
            expected.status = "deleted" if expected.status == "placed" else "executed and deleted"

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def somebody_else(self, data: st.DataObject) -> None:
        name = self.any(data)
        for stranger in (ANOTHER, CUSTOMER):
            with pytest.raises(CommandRefused):
                self.shop.ask(DeleteOrder(), name, by=stranger)

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def on_another_version(self, data: st.DataObject) -> None:
        with pytest.raises(CommandRefused):
            self.shop.ask(DeleteOrder(), self.any(data), if_match="never")

    @invariant()
    def what_was_executed_is_what_there_is(self) -> None:
        simulation = simulate(facts_from(self.shop.events), date(2026, 1, 15), runs=[])
        assert not simulation.rejected
        found = {one.subscription: subscription_shape(one)["quantity"] for one in simulation.subscriptions}
        assert found == {
            subscription: quantity
            for expected in self.model.values()
            if expected.status.startswith("executed")
            for subscription, _, quantity in expected.items.values()
        }

    def any(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.model)))

    def asked(self, request: Request, about: str = "", item: str | None = None) -> Any:
        decided = self.shop.ask(request, about, item=item)
        event(f"{type(request).__name__} {'done' if decided.appending else 'so already'}")
        return decided.body

    def refused(self, request: Request, about: str, item: str | None = None) -> str:
        before = list(self.shop.events)
        with pytest.raises(CommandRefused) as refused:
            self.shop.ask(request, about, item=item)
        assert self.shop.events == before
        event(f"{type(request).__name__} {refused.value.kind}")
        return str(refused.value)

    def on_a_draft(self, about: str, request: Request, item: str | None = None) -> Any:
        """The answer where it is a draft; refused, with None, where it is none any more."""
        if self.model[about].status != "placed":
            self.refused(request, about, item)
            return None
        return self.asked(request, about, item)

    def remember(self, name: str, answer: Any) -> None:
        expected = self.model[name]
        assert answer["status"] == expected.status
        expected.items = {
            one["item_id"]: (one["subscription"], one["product"], one["quantity"]) for one in answer["items"]
        }
        expected.in_installments = any(one["installments"] for one in answer["items"])


TestAnyOrders = AnyOrders.TestCase
TestAnyOrders.settings = settings(
    max_examples=ORDERS,
    stateful_step_count=STEPS,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow],
)
