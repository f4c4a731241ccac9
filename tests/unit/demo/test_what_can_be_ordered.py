"""What the demonstration's catalogue and settings let somebody order, by the rules that the orders service asks."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest

from services.demo.catalogue import OFFERS
from services.demo.customers import RESELLERS, Reseller
from services.demo.stream import stream
from services.orders.bodies import facts_of
from services.orders.commands.books import Books
from services.orders.commands.offers import list_offers
from services.orders.commands.order_bodies import ListOffers
from shared.commands.principal import OPERATOR
from shared.events.envelope import event_of
from shared.events.reading import read

LAST = date(2026, 11, 1)
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
# Of what happens later nothing counts for an order: seats, cancellations.
ABOUT_ORDERS = {"ProductDefined", "PriceChanged", "SettingChanged", "OrderExecuted"}


@pytest.fixture(scope="module")
def books() -> Books:
    """What the orders service knows when the demonstration has been shown."""
    known = Books(NOW)
    for sent in stream(LAST):
        if sent["type"] in ABOUT_ORDERS:
            attributes = {name: value for name, value in sent.items() if name != "data"}
            found = read(event_of(attributes, orjson.dumps(sent["data"])))
            known = known.then("demo", facts_of(found.event, found.model), 1)
    return known


def offers(books: Books, product: str, customer: str, currency: str = "EUR", **more: Any) -> dict[str | None, Any]:
    """What it can be bought for, by billing plan; None is paid at once."""
    request = ListOffers.model_validate(
        {"product": product, "customer": customer, "currency": currency, "quantity": 10, **more}
    )
    answer = list_offers(books, request, OPERATOR).body
    assert answer is not None
    return {offer["billing_plan"]: offer for offer in answer["offers"]}  # type: ignore[attr-defined]  # a body is JSON


@pytest.mark.parametrize("reseller", RESELLERS, ids=lambda one: str(one.key))
@pytest.mark.parametrize("product", [offer.product for offer in OFFERS])
def test_every_product_can_be_ordered_by_the_customers_of_every_reseller(
    books: Books, product: str, reseller: Reseller
) -> None:
    (sold,) = [offer for offer in OFFERS if offer.product == product]
    found = offers(books, product, reseller.customer(1), reseller.currency)

    assert None in found
    assert len(found) == 1 + len(sold.plans)
    assert all(Decimal(offer["gross"]) > Decimal(offer["net"]) > 0 for offer in found.values())


def test_a_plan_has_its_own_price_the_extra_charge_and_the_payers_tax(books: Books) -> None:
    found = offers(books, "m365-business-standard", "cus-aegean-001")

    assert list(found) == [None, "Quarterly", "Monthly"]
    # 140.40 a year and 5 % is 12.285 a month, 12.29 rounded; ten of them with 24 % tax.
    monthly = found["Monthly"]
    assert (monthly["installments"], Decimal(monthly["extra_charge_rate"])) == (12, Decimal("0.05"))
    assert [Decimal(monthly[name]) for name in ("price", "net", "gross")] == [
        Decimal("12.29"), Decimal("122.90"), Decimal("152.40"),
    ]  # fmt: skip
    assert Decimal(found[None]["net"]) == Decimal("1337.00")


def test_the_products_of_the_release_notes_and_of_who_pays_itself_can_be_ordered_too(books: Books) -> None:
    assert Decimal(offers(books, "o365-business", "cus-release-notes")[None]["price"]) == Decimal("11.00")
    assert "Monthly" in offers(books, "m365-e3", "cus-direct-001")


def test_what_is_sold_by_the_month_has_no_price_for_a_year(books: Books) -> None:
    assert offers(books, "exchange-online-1", "cus-aegean-001", term="P1Y") == {}
