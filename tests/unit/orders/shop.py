"""The orders service without a database: commands in, events and answers out, remembered as the log would."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel

from services.orders.bodies import facts_of
from services.orders.commands.bodies import (
    ChangeCustomer,
    ChangePrice,
    ChangeSetting,
    Command,
    DefineProduct,
    RegisterCustomer,
    RegisterReseller,
    Request,
)
from services.orders.commands.books import Books
from services.orders.commands.order_bodies import ExecuteOrder, PlaceOrder
from services.orders.commands.session import OrdersSession
from shared.billing.facts import Fact
from shared.commands.decision import Decided
from shared.commands.desk import Asked
from shared.commands.principal import OPERATOR, Principal, principal_of
from shared.events.envelope import event_of
from shared.events.models.base import EventModel
from shared.events.reading import data_of
from shared.events.reading import read as read_event
from shared.events.values import moment_text

AT = datetime(2026, 1, 15, 10, tzinfo=UTC)
SUCCESS = principal_of("success", "customer_success")
RESELLER = principal_of("res-1's token", "reseller", reseller="res-1")
ANOTHER = principal_of("res-2's token", "reseller", reseller="res-2")
CUSTOMER = principal_of("cus-1's token", "customer", customer="cus-1")
Json = dict[str, Any]

OFFICE: Json = {
    "name": "Office", "vendor": "microsoft", "term": "P1Y", "anchor": "order_day",
    "prices": [{"currency": "EUR", "term": "P1Y", "billing_frequency": "P1Y", "unit_price": "120.00",
                "unit_cost": "100.00"}],
    "billing_plans": ["P1M"],
}  # fmt: skip
MONTHLY: Json = {
    "name": "Mail", "free_period": True,
    "prices": [{"currency": "EUR", "term": "P1M", "billing_frequency": "P1M", "unit_price": "10.00"}],
}  # fmt: skip


class Shop:
    """What is known, and every event that was decided, in the short form of the contract."""

    def __init__(self) -> None:
        self.session = OrdersSession(Books(AT))
        self.at = AT
        self.events: list[Json] = []
        self.facts: list[Fact] = []
        self._number = 0

    def ask(
        self,
        request: Request,
        about: str = "",
        *,
        item: str | None = None,
        by: Principal = OPERATOR,
        if_match: str | None = None,
    ) -> Decided:
        """What a command comes to; its events are remembered."""
        # As the clock would, so that a later command is told later.
        self._number += 1
        at = self.at.replace(microsecond=self._number)
        decided = self.session.decide(Asked(Command(about, request, item), by, at, if_match=if_match))
        for some in decided.appending:
            self.events += [_short(model, at) for model in some.models]
            self.facts += [fact for event, model in zip(some.events, some.models, strict=True)
                           for fact in facts_of(event, model)]  # fmt: skip
        return decided

    def preview(self, request: Request, about: str = "", *, item: str | None = None, by: Principal = OPERATOR) -> Any:
        """What is answered to a preview; nothing changes."""
        at = self.at.replace(microsecond=self._number + 1)
        decided = self.session.decide(Asked(Command(about, request, item), by, at, preview=True))
        assert not decided.appending
        return decided.body

    def told(self, name: str, data: Json) -> None:
        """An event of upstream's is known."""
        event, model, _ = read_event(
            event_of(
                {"specversion": "1.0", "id": "1", "source": "upstream", "type": name, "time": moment_text(AT)},
                orjson.dumps(data),
            )
        )
        self.session = OrdersSession(self.session.books.then("upstream", facts_of(event, model), 1))

    def names_of(self, decided: Decided) -> list[str]:
        """The events that were decided, by name."""
        return [event.type for some in decided.appending for event in some.events]

    def reseller(self, reseller: str = "res-1", **more: Any) -> Decided:
        return self.ask(read(RegisterReseller, {"id": reseller, "name": "Aegean Cloud", "tax_rate": "0.24", **more}))

    def customer(self, customer: str = "cus-1", by: Principal = OPERATOR, **more: Any) -> Decided:
        return self.ask(read(RegisterCustomer, {"id": customer, "name": "Contoso", **more}), by=by)

    def change_customer(self, customer: str, by: Principal = OPERATOR, **more: Any) -> Decided:
        return self.ask(read(ChangeCustomer, more), customer, by=by)

    def product(self, product: str = "office", body: Mapping[str, Any] = OFFICE, **more: Any) -> Decided:
        return self.ask(read(DefineProduct, {**body, **more}), product)

    def price(self, product: str, **more: Any) -> Decided:
        return self.ask(read(ChangePrice, {"currency": "EUR", **more}), product)

    def setting(self, key: str, value: Any, scope: str = "organisation", scope_id: str | None = None) -> Decided:
        return self.ask(read(ChangeSetting, {"scope": scope, "scope_id": scope_id, "key": key, "value": value}))

    def enable_plans(self) -> None:
        """For the organisation and for reseller res-1."""
        self.setting("billing_plans_enabled", True)
        self.setting("billing_plans_enabled", True, "reseller", "res-1")

    def place(self, *items: Json, by: Principal = OPERATOR, **more: Any) -> Decided:
        content = {"order_id": "o-1", "currency": "EUR", "customer": {"id": "cus-1"}, "items": items or [ITEM], **more}
        return self.ask(read(PlaceOrder, content), by=by)

    def execute(self, order: str = "o-1", by: Principal = OPERATOR, **more: Any) -> Decided:
        return self.ask(read(ExecuteOrder, more), order, by=by)


def one_item(decided: Decided) -> Any:
    """The only item of the order that is answered."""
    items: Any = decided.body["items"]
    (item,) = items
    return item


ITEM: Json = {"product": "office", "quantity": 10}
PLAN: Json = {"product": "office", "quantity": 10, "term": "P1Y", "billing_frequency": "P1M"}


B = TypeVar("B", bound=BaseModel)


def read(body: type[B], content: Mapping[str, Any]) -> B:
    """A body as the API reads it."""
    return body.model_validate(orjson.loads(orjson.dumps(content)))


def _short(event: EventModel, at: datetime) -> Json:
    data = orjson.loads(data_of(event))
    return {"type": type(event).__name__, "time": moment_text(at), "data": data}


def open_shop() -> Shop:
    """A shop with a reseller, its customer, and a product that is billed yearly or monthly; plans are enabled."""
    shop = Shop()
    shop.reseller()
    shop.customer(reseller_id="res-1", billing_day=1)
    shop.product()
    shop.product("mail", MONTHLY)
    shop.enable_plans()
    return shop
