"""Of what else a fact speaks: whatever is said of that can bear on the same subscription."""

from __future__ import annotations

import pytest

from shared.billing.masterdata import MasterData
from shared.billing.naming import lineage, named_by
from tests.billing_dsl import Event, customer_changed, event, facts_from, imported, ordered, seats

ORGANISATION = ("organisation", "")


@pytest.mark.parametrize(
    ("said", "named"),
    [
        (ordered(1, on="2025-01-01"), [ORGANISATION, ("product", "office"), ("customer", "cus-1")]),
        (
            ordered(1, on="2025-01-01", reseller="res-1", parent_subscription_id="base"),
            [ORGANISATION, ("product", "office"), ("customer", "cus-1"), ("reseller", "res-1"),
             ("subscription", "base")],
        ),
        (
            imported(1, started="2024-01-01", billed_from="2025-01-01"),
            [ORGANISATION, ("product", "office"), ("customer", "cus-1")],
        ),
        (
            event("SubscriptionConverted", "2025-01-01", {
                "subscription_id": "sub-1", "customer_id": "cus-1", "product": {"id": "suite"}, "unit_price": "1.00"}),
            [("product", "suite")],
        ),
        (customer_changed(on="2025-01-01", reseller_id="res-1"), [("reseller", "res-1")]),
        (customer_changed(on="2025-01-01", name="Acme"), []),
        (event("ProductCopied", "2025-01-01", {"product_id": "suite", "from_product_id": "office"}),
         [("product", "office")]),
        (event("ProductDeleted", "2025-01-01", {"product_id": "suite"}), []),
        (seats(3, on="2025-01-01"), []),
    ],
)  # fmt: skip
def test_what_a_fact_names(said: Event, named: list[tuple[str, str]]) -> None:
    assert list(named_by(facts_from([said])[0])) == named


def test_the_lineage_of_an_add_on_goes_up_to_the_first_parent() -> None:
    facts = facts_from([
        ordered(1, on="2025-01-01", sub="base", product="server", customer="cus-0"),
        ordered(1, on="2025-01-01", sub="middle", product="rack", parent_subscription_id="base"),
        ordered(1, on="2025-01-01", sub="beside", product="cable", parent_subscription_id="base"),
    ])  # fmt: skip

    assert lineage("middle", MasterData.of(facts).subscriptions) == {
        "middle": {ORGANISATION, ("product", "rack"), ("customer", "cus-1")},
        "base": {ORGANISATION, ("product", "server"), ("customer", "cus-0")},
    }


def test_an_order_that_came_a_second_time_with_another_parent_names_both() -> None:
    facts = facts_from([
        ordered(1, on="2025-01-01", sub="middle", parent_subscription_id="left"),
        ordered(1, on="2025-01-02", sub="middle", parent_subscription_id="right"),
        ordered(1, on="2025-01-01", sub="left", parent_subscription_id="above the left"),
        ordered(1, on="2025-01-01", sub="right", parent_subscription_id="above the right"),
    ])  # fmt: skip

    reached = lineage("middle", MasterData.of(facts).subscriptions)

    assert {"above the left", "above the right"} <= reached.keys()


def test_two_parents_that_name_each_other_come_to_an_end() -> None:
    facts = facts_from([
        ordered(1, on="2025-01-01", sub="hen", parent_subscription_id="egg"),
        ordered(1, on="2025-01-01", sub="egg", parent_subscription_id="hen"),
    ])  # fmt: skip

    assert lineage("hen", MasterData.of(facts).subscriptions).keys() == {"hen", "egg"}


def test_of_a_parent_that_is_not_known_only_its_id_is_named() -> None:
    assert lineage("base", {}) == {"base": frozenset()}
