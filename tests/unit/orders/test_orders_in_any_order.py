"""Orders, accounts and products come out the same however their events arrive."""

from __future__ import annotations

import json
from itertools import groupby
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.orders.bodies import body_from_json, body_to_json
from services.orders.catalogue import PRODUCT
from services.orders.projection import SPEC
from shared.billing.facts import Fact
from shared.events.envelope import event_of
from shared.events.reading import read
from shared.projections.registers import View
from shared.projections.spec import Key

_HOURS = ["2026-01-10T10:00:00+02:00", "2026-01-10T08:00:00Z", "2026-01-10", "2026-02-01T00:00:00Z"]


def facts(event_type: str, data: dict[str, Any], time: str, event_id: str) -> list[Fact]:
    attributes = {"specversion": "1.0", "id": event_id, "source": "upstream", "type": event_type, "time": time}
    event, model, _ = read(event_of(attributes, json.dumps(data).encode()))
    return list(SPEC.facts_of(event, model))


def order(order_id: str, customer: dict[str, Any], quantity: int = 5, reseller: str | None = None) -> dict[str, Any]:
    item = {
        "subscription_id": f"sub-{order_id}",
        "product": {"id": "office"},
        "quantity": quantity,
        "unit_price": "10.00",
    }
    about = {"order_id": order_id, "currency": "EUR", "customer": customer, "items": [item]}
    return about | ({"reseller": {"id": reseller, "name": f"name of {reseller}"}} if reseller else {})


def rows(known: list[Fact]) -> dict[str, list[Any]]:
    """The rows of all streams, folded one fact at a time through their stored form, as a projector does."""
    shown: dict[str, list[Any]] = {table.name: [] for table in SPEC.tables}
    master = SPEC.master({Key("product", ""): [fact for fact in known if fact.scope == "product"]})
    for (scope, scope_id), group in groupby(sorted(known, key=_stream), key=_stream):
        fold, state = SPEC.folds[scope].fold, None
        so_far: list[Fact] = []
        for fact in group:
            so_far.append(fact)
            state = (
                fold.fold(scope_id, so_far, master)
                if state is None
                else fold.evolve(fold.load(fold.dump(state)), fact, master)
            )
        if state is None:
            continue
        assert fold.dump(state) == fold.dump(fold.fold(scope_id, so_far, master))
        for table, found in fold.rows(View(state, master), None).items():
            shown[table] += found
    return shown


def _stream(fact: Fact) -> tuple[str, str]:
    return fact.scope, fact.scope_id


_times = st.sampled_from(_HOURS)
_customers = st.fixed_dictionaries(
    {"id": st.sampled_from(["cus-1", "cus-2"])},
    optional={
        "name": st.sampled_from(["Contoso", "Fabrikam"]),
        "billing_day": st.integers(1, 31),
        "tax_rate": st.just("0.24"),
    },
)
_orders = st.builds(
    order, st.sampled_from(["o-1", "o-2"]), _customers, st.integers(1, 9), st.sampled_from([None, "res-1"])
)
_prices = st.fixed_dictionaries({
    "product_id": st.just("office"), "currency": st.just("EUR"), "unit_price": st.sampled_from(["9", "10.00"]),
    "effective_from": st.sampled_from(["2026-01-01", "2026-06-01"]),
})  # fmt: skip
_products = st.fixed_dictionaries(
    {"id": st.sampled_from(["office", "copy"]), "name": st.sampled_from(["Office", "Office 365"])},
    optional={
        "prices": st.just([{"currency": "EUR", "term": "P1M", "billing_frequency": "P1M", "unit_price": "8.00"}])
    },
)
_copies = st.sampled_from([
    {"product_id": "copy", "from_product_id": "office"}, {"product_id": "office", "from_product_id": "copy"},
    {"product_id": "third", "from_product_id": "copy"},
])  # fmt: skip
_settings = st.fixed_dictionaries({
    "scope": st.sampled_from(["organisation", "product", "reseller", "customer"]),
    "scope_id": st.sampled_from(["office", "cus-1", "res-1"]), "key": st.sampled_from(["rounding", "nonsense"]),
    "value": st.sampled_from(["unit", "line", "false"]),
    "effective_from": st.sampled_from(["2026-01-01", "2026-06-01"]),
})  # fmt: skip
_said = st.one_of(
    st.tuples(st.sampled_from(["OrderPlaced", "OrderExecuted"]), _orders),
    st.tuples(st.just("OrderDeleted"), st.just({"order_id": "o-1", "customer_id": "cus-1"})),
    st.tuples(st.just("CustomerChanged"), _customers),
    st.tuples(st.just("PriceChanged"), _prices),
    st.tuples(st.just("ProductDefined"), _products),
    st.tuples(st.just("ProductDeleted"), st.just({"product_id": "office"})),
    st.tuples(st.just("ProductCopied"), _copies),
    st.tuples(st.just("SettingChanged"), _settings),
)


@given(st.lists(st.tuples(_said, _times), max_size=10), st.randoms())
def test_any_order_of_arrival_gives_the_same_rows(said: list[Any], random: Any) -> None:
    known = [fact for at, ((name, data), time) in enumerate(said, 1) for fact in facts(name, data, time, str(at))]
    shuffled = list(known)
    random.shuffle(shuffled)
    assert rows(shuffled) == rows(known)


@given(st.lists(st.tuples(_said, _times), min_size=1, max_size=3))
def test_a_fact_is_read_back_as_it_was_stored(said: list[Any]) -> None:
    for (name, data), time in said:
        for fact in facts(name, data, time, "1"):
            assert body_from_json(fact.type, fact.scope, body_to_json(fact.body)) == fact.body


def test_an_order_is_placed_then_executed_then_deleted() -> None:
    placed = facts("OrderPlaced", order("o-1", {"id": "cus-1"}, 3), "2026-01-09T10:00:00Z", "1")
    executed = facts("OrderExecuted", order("o-1", {"id": "cus-1"}, 5), "2026-01-10T10:00:00+02:00", "2")
    deleted = facts("OrderDeleted", {"order_id": "o-1", "customer_id": "cus-1"}, "2026-01-11", "3")
    assert rows(deleted)["sales_order"] == []
    ((*shown, version),) = rows(placed)["sales_order"]
    assert shown == ["o-1", "cus-1", None, "EUR", "placed", "2026-01-09T10:00:00Z", None]
    both = rows(executed + placed)
    assert both["sales_order"][0][4:7] == ("executed", "2026-01-09T10:00:00Z", "2026-01-10T08:00:00Z")
    assert both["sales_order"][0][7] != version
    assert [item[5] for item in both["sales_order_item"]] == [5]
    assert rows(deleted + executed + placed)["sales_order"][0][4] == "deleted"


def test_an_executed_order_with_installments_cannot_be_deleted() -> None:
    deleted = facts("OrderDeleted", {"order_id": "o-1", "customer_id": "cus-1"}, "2026-01-11", "3")
    content = order("o-1", {"id": "cus-1"}, 3)
    content["items"][0].update(term="P1Y", billing_frequency="P1M")
    placed = facts("OrderPlaced", content, "2026-01-09", "1")
    executed = facts("OrderExecuted", content, "2026-01-10", "2")
    assert rows(deleted + placed)["sales_order"][0][4] == "deleted"
    assert rows(deleted + placed + executed)["sales_order"][0][4] == "executed"


def test_what_an_order_leaves_out_of_its_customer_stays_known() -> None:
    first = facts(
        "OrderExecuted", order("o-1", {"id": "cus-1", "name": "Contoso"}, reseller="res-1"), "2026-01-10", "1"
    )
    second = facts("OrderExecuted", order("o-2", {"id": "cus-1", "billing_day": 15}), "2026-02-10", "2")
    (customer,) = rows(second + first)["customer"]
    assert customer[:5] == ("cus-1", "Contoso", "res-1", None, 15)


def test_a_definition_replaces_the_list_prices_of_the_one_before_and_keeps_changes() -> None:
    def defined(price: str, time: str, event_id: str) -> list[Fact]:
        listed = {"currency": "EUR", "term": "P1M", "billing_frequency": "P1M", "unit_price": price}
        return facts("ProductDefined", {"id": "office", "prices": [listed]}, time, event_id)

    change = facts("PriceChanged", {"product_id": "office", "currency": "EUR", "unit_price": "11.00",
                                    "effective_from": "2026-06-01"}, "2026-03-01", "2")  # fmt: skip
    known = defined("9.00", "2026-02-01", "3") + change + defined("8.00", "2026-01-01", "1")
    assert [(str(row[4]), str(row[5])) for row in rows(known)["list_price"]] == [
        ("2026-06-01", "11.00"), ("2026-02-01", "9.00"),
    ]  # fmt: skip


def _shown(known: list[Fact], product: str) -> dict[str, Any]:
    """The row of a product by column."""
    (row,) = [row for row in rows(known)["product"] if row[0] == product]
    return dict(zip(PRODUCT.columns, row, strict=True))


def _office(price: str, time: str, event_id: str, **more: Any) -> list[Fact]:
    listed = {"currency": "EUR", "term": "P1Y", "billing_frequency": "P1Y", "unit_price": price}
    return facts("ProductDefined", {"id": "office", "prices": [listed], **more}, time, event_id)


def test_a_copy_shows_what_it_copied_as_of_then() -> None:
    first = _office("120.00", "2026-01-01", "1", name="Office", billing_plans=["P1M", "P1Y"], nce=True)
    copied = facts("ProductCopied", {"product_id": "mine", "from_product_id": "office"}, "2026-01-05", "2")
    later = _office("130.00", "2026-02-01", "3", name="Office 2", billing_plans=[])
    known = later + copied + first
    shown = _shown(known, "mine")
    assert (shown["name"], shown["copied_from"], shown["nce"]) == ("Office", "office", True)
    assert shown["billing_plans"] == '["P1M","P1Y"]'
    assert [(str(row[4]), str(row[5])) for row in rows(known)["list_price"] if row[0] == "mine"] == [
        ("2026-01-05", "120.00")
    ]


def test_a_copy_of_what_is_not_there_shows_that_it_was_copied_and_a_definition_replaces_it() -> None:
    copied = facts("ProductCopied", {"product_id": "office", "from_product_id": "gone"}, "2026-01-05", "2")
    assert _shown(copied, "office")["copied_from"] is None
    defined = _office("120.00", "2026-01-06", "3", name="Office")
    assert _shown(defined + copied, "office")["name"] == "Office"


def test_a_deleted_product_has_no_plans_any_more() -> None:
    defined = _office("120.00", "2026-01-01", "1", billing_plans=["P1M"])
    deleted = facts("ProductDeleted", {"product_id": "office"}, "2026-01-02", "2")
    shown = _shown(deleted + defined, "office")
    assert (shown["deleted"], shown["billing_plans"]) == (True, "[]")


def test_settings_are_shown_with_why_they_cannot_hold_and_make_no_account() -> None:
    said = {
        "scope": "customer",
        "scope_id": "cus-1",
        "key": "rounding",
        "value": "line",
        "effective_from": "2026-01-01",
    }
    known = facts("SettingChanged", said, "2026-01-01", "1")
    ((_, key, begins, value, refused),) = rows(known)["customer_setting"]
    assert (key, begins, value) == ("rounding", "2026-01-01", "line")
    assert refused == "rounding cannot be set for a customer: it can be set for organisation"
    assert rows(known)["customer"] == []


def test_an_items_billing_plan_is_monthly_with_installments_and_empty_when_one_off() -> None:
    content = order("o-1", {"id": "cus-1"}, 3)
    content["items"][0].update(term="P1Y", billing_frequency="P1M")
    assert rows(facts("OrderPlaced", content, "2026-01-09", "1"))["sales_order_item"][0][9] == "Monthly"
    content["items"][0].update(billing_frequency="P1Y")
    assert rows(facts("OrderPlaced", content, "2026-01-09", "1"))["sales_order_item"][0][9] is None
