"""`seatledger resellers`, `customers`, `products`, `settings`, `orders`: the same commands, without an API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from services.cli import app
from shared.errors import UserError
from tests.unit.orders.shop import OFFICE

pytestmark = [pytest.mark.database]


@pytest.fixture
def run(prepared: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("SEATLEDGER_DATABASE", prepared)

    def invoke(*arguments: str, fails: bool = False) -> str:
        result = CliRunner().invoke(app, list(arguments))
        if fails:
            assert isinstance(result.exception, UserError)
            return str(result.exception)
        assert result.exit_code == 0, result.output + str(result.exception)
        return result.stdout

    return invoke


@pytest.fixture
def shop(run: Any, tmp_path: Path) -> Any:
    """A reseller, its customer, a product with a plan that is enabled."""
    product = tmp_path / "office.json"
    product.write_text(json.dumps(OFFICE))
    run("resellers", "register", "res-1", "--name", "Aegean Cloud", "--tax-rate", "0.24")
    run("customers", "register", "cus-1", "--reseller", "res-1", "--billing-day", "last")
    run("products", "define", "office", "--file", str(product))
    run("settings", "set", "billing_plans_enabled", "true")
    run("settings", "set", "billing_plans_enabled", "true", "--scope", "reseller", "--id", "res-1")
    return run


def test_from_the_offer_to_the_executed_order(shop: Any, prepared: str) -> None:
    offered = shop("orders", "offers", "office", "--customer", "cus-1", "--currency", "EUR", "--quantity", "10")
    assert "Monthly" in offered
    order = ("orders", "place", "--id", "o-1", "--customer", "cus-1", "--currency", "EUR", "--product", "office",
             "--quantity", "10")  # fmt: skip
    assert "Nothing was changed" in shop(*order, "--preview")
    assert "placed" in shop(*order)
    edited = json.loads(shop("orders", "edit-item", "o-1", "1", "--billing-frequency", "P1M", "--json"))
    assert (edited["items"][0]["billing_plan"], edited["items"][0]["gross"]) == ("Monthly", "124.00")
    assert "executed" in shop("orders", "execute", "o-1")
    assert "It is so already" in shop("orders", "execute", "o-1")
    assert "cannot be deleted" in shop("orders", "delete", "o-1", fails=True)
    with psycopg.connect(prepared) as connection:
        found = connection.execute("SELECT type FROM store.event WHERE stream_id = 'order-o-1' ORDER BY sequence")
        assert [name for (name,) in found] == ["OrderPlaced", "OrderPlaced", "OrderExecuted"]


def test_an_order_of_several_items_for_a_new_customer_comes_from_a_file(shop: Any, tmp_path: Path) -> None:
    file = tmp_path / "order.yaml"
    file.write_text(
        "{order_id: o-1, currency: EUR, customer: {id: cus-2, name: Fabrikam, reseller_id: res-1},\n"
        "items: [{product: office, quantity: 1}, {product: office, quantity: 2, billing_frequency: P1M}]}"
    )
    assert "o-1-2" in shop("orders", "place", "--file", str(file))
    shop("orders", "remove-item", "o-1", "1")
    assert "deleted" in shop("orders", "delete", "o-1")


def test_a_price_of_the_past_is_backdated_with_a_reason(shop: Any) -> None:
    price = ("products", "price", "office", "--unit-price", "99.00", "--currency", "EUR", "--from", "2020-01-01")
    assert "lies in the past" in shop(*price, fails=True)
    assert "needs a reason" in shop(*price, "--backdate", fails=True)
    assert "99.00" in shop(*price, "--backdate", "--reason", "agreed in writing")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("customers", "register", "cus-9", "--billing-day", "32"), "--billing-day: got 32"),
        (("customers", "change", "cus-9", "--name", "x"), "there is no customer 'cus-9'"),
        (("orders", "show", "o-9"), "there is no order 'o-9'"),
        (("orders", "place", "--customer", "c", "--currency", "EUR"), "--product: is missing; add it"),
        (("products", "define", "p", "--file", "/nowhere"), "/nowhere: cannot be read"),
        (("settings", "set", "rounding", "never"), "rounding cannot be 'never': choose one of unit, line"),
    ],
    ids=str,
)
def test_what_is_wrong_is_one_sentence(run: Any, arguments: tuple[str, ...], sentence: str) -> None:
    assert sentence in run(*arguments, fails=True)


def test_lists_and_an_exchange_rate(run: Any) -> None:
    for group in ("resellers", "customers", "products", "orders", "settings"):
        assert json.loads(run(group, "list", "--json")) == {"items": [], "next": None}
        assert group.capitalize() in run(group, "list")
    assert "1.0837" in run("settings", "exchange-rate", "EUR", "USD", "1.0837", "--date", "2026-02-01")
