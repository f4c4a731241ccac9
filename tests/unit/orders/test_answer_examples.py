"""The answers that the description of the API shows are what the examples of the requests are answered."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel

from services.orders import answer_examples
from services.orders.commands.bodies import (
    ChangeSetting,
    DefineProduct,
    RegisterCustomer,
    RegisterReseller,
    Request,
    SetExchangeRate,
)
from services.orders.commands.order_bodies import ListOffers, PlaceOrder
from tests.unit.orders.shop import Shop, read


def example(body: type[BaseModel], number: int = 0) -> Any:
    extra: Any = body.model_config["json_schema_extra"]
    return read(body, extra["examples"][number])


def test_the_examples_of_answers_are_what_the_examples_of_requests_come_to() -> None:
    shop = Shop()

    def answer(request: Request, about: str = "") -> Any:
        return json.loads(json.dumps(shop.ask(request, about).body))

    assert answer(example(RegisterReseller)) == answer_examples.RESELLER
    assert answer(example(RegisterCustomer)) == answer_examples.CUSTOMER
    assert answer(example(DefineProduct), "o365-business") == answer_examples.PRODUCT
    assert answer(example(ChangeSetting)) == answer_examples.SETTING
    answer(example(ChangeSetting, 1))
    assert answer(example(SetExchangeRate)) == answer_examples.RATE
    wanted = {"product": "o365-business", "customer": "cus-1", "currency": "EUR", "term": "P1Y", "quantity": 5}
    assert answer(read(ListOffers, wanted)) == answer_examples.OFFERS
    assert json.loads(json.dumps(shop.preview(example(PlaceOrder)))) == answer_examples.ORDER_PREVIEW
    assert answer(example(PlaceOrder)) == answer_examples.ORDER
