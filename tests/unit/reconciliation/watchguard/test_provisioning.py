"""What an executed order asks WatchGuard for, from what the account holds (rules R8.2 to R8.4)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services.reconciliation.vendors.connector import Provision, Refused
from services.reconciliation.vendors.watchguard.config import Offer
from services.reconciliation.vendors.watchguard.provisioning import already_there, asked_for, refuse_second
from services.reconciliation.vendors.watchguard.summary import Allocation

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
PAST, FUTURE = datetime(2026, 1, 31, tzinfo=UTC), datetime(2027, 1, 31, tzinfo=UTC)


def order(family: str | None = None) -> Provision:
    return Provision("acc-1", "sub-1", "p", family, 5, "P1Y", is_trial=False, request_id="r-1")


def held(product: str, kind: str = "Term", quantity: int = 5, ends: datetime = FUTURE) -> Allocation:
    return Allocation("acc-1", product, kind, quantity, ends=ends)


WANTED = asked_for(order(), Offer(product_name="EPDR"), NOW.date())


@pytest.mark.parametrize(
    ("there", "found"),
    [
        (held("EPDR"), True), (held("epdr", "TERM"), True), (held("EPDR", quantity=6), False), (held("EPP"), False),
        (held("EPDR", "Trial"), False), (held("EPDR", ends=PAST), False),
    ],
)  # fmt: skip
def test_what_is_taken_as_the_one_asked_for_before(there: Allocation, found: bool) -> None:
    assert already_there(WANTED, [there], NOW) == (there if found else None)


def refused(there: str, family: str | None, families: dict[str, str]) -> bool:
    try:
        refuse_second(WANTED, order(family), [held(there)], families, NOW)
    except Refused as error:
        return "upgrade it to EPDR" in str(error)
    return False


@pytest.mark.parametrize(
    ("there", "family", "families", "second"),
    [
        ("AD360", None, {}, True),
        ("AD360", "ours", {}, True),
        ("AD360", None, {"epdr": "ours"}, True),
        ("AD360", None, {"epdr": "Ours", "ad360": "OURS"}, True),
        ("AD360", None, {"epdr": "ours", "ad360": "another"}, False),
        ("AD360", None, {"ad360": "another"}, True),
        ("Quantum Shield", None, {}, False),
        ("Quantum Shield", None, {"epdr": "ours", "quantum shield": "ours"}, True),
        ("Quantum Shield", "ours", {"quantum shield": "ours"}, True),
        ("Patch Management", "ours", {}, False),
    ],
)
def test_which_products_are_of_one_family(
    there: str, family: str | None, families: dict[str, str], second: bool
) -> None:
    assert refused(there, family, families) is second


def test_an_end_is_given_where_the_offer_has_a_type_for_it() -> None:
    linked = asked_for(order(), Offer(product_name="EPDR", expiry_type=None, license="KEY-1"), NOW.date())
    assert (linked.ends, linked.expiry_type, linked.license) == (None, None, "KEY-1")
    assert WANTED.ends == datetime(2027, 3, 14, 23, 59, 59, tzinfo=UTC)
