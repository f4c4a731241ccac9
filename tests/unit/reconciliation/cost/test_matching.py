"""A row is matched by the vendor's subscription id, else by order, product and SKU; what is not certain is reported."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from services.reconciliation.cost.matching import NOBODYS, SEVERAL, SEVERAL_BY_ORDER, VendorLink, matched
from services.reconciliation.cost.rows import BilledRow
from tests.unit.reconciliation.cost.bill import billed

E3 = "CFQ7TTC0LDPB:0001"


def linked(rows: Sequence[BilledRow], *links: VendorLink) -> dict[str, int]:
    return {subscription: len(found) for subscription, found in matched(rows, links)[0].items()}


def reasons(rows: Sequence[BilledRow], *links: VendorLink) -> list[tuple[int, str]]:
    return [(len(one.rows), one.reason) for one in matched(rows, links)[1]]


def test_by_the_id_whatever_its_case() -> None:
    rows = [billed(SubscriptionId="ABC"), billed(SubscriptionId="abc"), billed(SubscriptionId="def")]
    links = [VendorLink("sub-1", "AbC"), VendorLink("sub-2", "DEF")]
    assert linked(rows, *links) == {"sub-1": 2, "sub-2": 1}


def test_by_an_id_of_before_the_vendor_moved_it() -> None:
    rows = [billed(SubscriptionId="new"), billed(SubscriptionId="old"), billed(SubscriptionId="new")]
    assert linked(rows, VendorLink("sub-1", "NEW", former_ids=("OLD",))) == {"sub-1": 3}


@pytest.mark.parametrize("order", ["6dc5c039750a", "6DC5C039750A", "0ET2qa"])
def test_by_any_name_of_its_order_with_product_and_sku(order: str) -> None:
    row = billed(OrderId="0ET2qa, 6dc5c039750a", SubscriptionId="unknown")
    assert linked([row], VendorLink("sub-1", None, (order,), E3)) == {"sub-1": 1}


@pytest.mark.parametrize(
    "link",
    [VendorLink("sub-1", "another"), VendorLink("sub-1", None, ("6dc5c039750a",), "CFQ7TTC0LDPB:0002"),
     VendorLink("sub-1", None, ("another",), E3), VendorLink("sub-1", None, ("6dc5c039750a",))],
    ids=["another id", "another SKU", "another order", "no product known"],
)  # fmt: skip
def test_what_is_nobodys_is_reported(link: VendorLink) -> None:
    assert linked([billed()], link) == {}
    assert reasons([billed()], link) == [(1, NOBODYS)]


def test_two_of_ours_with_one_id_are_not_guessed_between() -> None:
    links = [VendorLink("sub-1", "abc"), VendorLink("sub-2", "ABC")]
    assert reasons([billed(SubscriptionId="abc")], *links) == [(1, SEVERAL)]


def test_two_of_ours_with_one_order_are_not_guessed_between() -> None:
    links = [VendorLink(name, None, ("6dc5c039750a",), E3) for name in ("sub-1", "sub-2")]
    assert reasons([billed(SubscriptionId="unknown")], *links) == [(1, SEVERAL_BY_ORDER)]


def test_two_of_theirs_for_one_of_ours_are_not_guessed_between() -> None:
    rows = [billed(SubscriptionId="one"), billed(SubscriptionId="two")]
    assert reasons(rows, VendorLink("sub-1", None, ("6dc5c039750a",), E3)) == [(1, SEVERAL_BY_ORDER)] * 2


def test_an_order_does_not_add_to_what_an_id_has_matched() -> None:
    rows = [billed(SubscriptionId="abc"), billed(SubscriptionId="other")]
    link = VendorLink("sub-1", "abc", ("6dc5c039750a",), E3)
    assert linked(rows, link) == {"sub-1": 1}
    assert reasons(rows, link) == [(1, SEVERAL_BY_ORDER)]


def test_rows_without_an_id_go_by_their_order() -> None:
    rows = [billed(SubscriptionId=""), billed(SubscriptionId="")]
    assert linked(rows, VendorLink("sub-1", "", ("6dc5c039750a",), E3)) == {"sub-1": 2}
