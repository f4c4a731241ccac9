"""Whatever is asked of some orders in whatever order: they are in the state that a simple model says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.orders.commands.order_bodies import DeleteOrder, ItemChange
from services.orders.placed import order_state
from services.orders.projection import ORDER_FOLD
from shared.billing.masterdata import MasterData
from shared.commands.decision import CommandRefused, Decided, Exists, Unknown
from tests.unit.orders.shop import ITEM, PLAN, open_shop, read

_ORDERS = st.sampled_from(["o-1", "o-2"])


@dataclass
class Known:
    """What the model knows of an order."""

    status: str
    monthly: bool


class Orders(RuleBasedStateMachine):
    """Orders of one customer, in the shop and in the model."""

    def __init__(self) -> None:
        super().__init__()
        self.shop = open_shop()
        self.model: dict[str, Known] = {}

    def refused(self, kind: type[CommandRefused], ask: Callable[[], Decided]) -> None:
        before = len(self.shop.events)
        with pytest.raises(kind):
            ask()
        assert len(self.shop.events) == before

    @rule(order=_ORDERS, monthly=st.booleans(), execute=st.booleans())
    def place(self, order: str, monthly: bool, execute: bool) -> None:
        def ask() -> Decided:
            return self.shop.place(PLAN if monthly else ITEM, order_id=order, execute=execute)

        if order in self.model:
            self.refused(Exists, ask)
        else:
            ask()
            self.model[order] = Known("executed" if execute else "placed", monthly)

    @rule(order=_ORDERS, monthly=st.booleans())
    def choose_plan(self, order: str, monthly: bool) -> None:
        def ask() -> Decided:
            change = {"billing_frequency": "P1M" if monthly else "P1Y"}
            return self.shop.ask(read(ItemChange, change), order, item="1")

        known = self.model.get(order)
        if known is None:
            self.refused(Unknown, ask)
        elif known.status != "placed":
            self.refused(CommandRefused, ask)
        else:
            assert bool(ask().appending) is (known.monthly != monthly)
            known.monthly = monthly

    @rule(order=_ORDERS)
    def execute(self, order: str) -> None:
        known = self.model.get(order)
        if known is None:
            self.refused(Unknown, lambda: self.shop.execute(order))
        elif known.status == "deleted":
            self.refused(CommandRefused, lambda: self.shop.execute(order))
        else:
            assert bool(self.shop.execute(order).appending) is (known.status == "placed")
            known.status = "executed"

    @rule(order=_ORDERS)
    def delete(self, order: str) -> None:
        def ask() -> Decided:
            return self.shop.ask(DeleteOrder(), order)

        known = self.model.get(order)
        if known is None:
            self.refused(Unknown, ask)
        elif known.status == "executed" and known.monthly:
            self.refused(CommandRefused, ask)
        else:
            assert bool(ask().appending) is (known.status != "deleted")
            known.status = "deleted"

    @invariant()
    def each_is_as_the_model_says(self) -> None:
        for order, known in self.model.items():
            state = self.shop.session.books.order(order)
            assert state is not None
            (item,) = state.content.items
            assert (state.status, item.billing_frequency == 1) == (known.status, known.monthly)

    @invariant()
    def its_events_in_any_order_of_arrival_are_the_same_order(self) -> None:
        for order in self.model:
            facts = [fact for fact in self.shop.facts if (fact.scope, fact.scope_id) == ("order", order)]
            folded = ORDER_FOLD.fold(order, facts[::-1], MasterData())
            assert folded is not None
            assert order_state(folded) == self.shop.session.books.order(order)


TestOrders = Orders.TestCase
TestOrders.settings = settings(max_examples=25, stateful_step_count=12, deadline=None)
