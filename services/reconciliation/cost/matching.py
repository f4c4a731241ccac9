"""Whose row is it: by the vendor's subscription id, else by order, product and SKU; what is not certain is not matched.

Microsoft's page says that the subscription id of its reconciliation is not the one of its console, and practice says
that for new commerce licences it is; so ids come first, and the order helps where they fail.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.reconciliation.cost.rows import BilledRow

NOBODYS: Final = "no subscription of ours has this id, or this order, product and SKU"
SEVERAL: Final = "several subscriptions of ours have this id"
SEVERAL_BY_ORDER: Final = "several subscriptions could be meant by this order, product and SKU"


@dataclass(frozen=True, slots=True)
class VendorLink:
    """A subscription of ours and what it goes by at the vendor; `product_key` is product:SKU, "CFQ7TTC0LH18:0001".

    `former_ids` are those that it was billed under before the vendor moved it to another.
    """

    subscription: str
    vendor_subscription_id: str | None = None
    orders: tuple[str, ...] = ()
    product_key: str | None = None
    former_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unmatched:
    """The rows of one subscription at the vendor that are nobody's here, in order, and why."""

    rows: tuple[BilledRow, ...]
    reason: str


def matched(
    rows: Iterable[BilledRow], links: Iterable[VendorLink]
) -> tuple[Mapping[str, Sequence[BilledRow]], Sequence[Unmatched]]:
    """The rows of each subscription of ours, and those of none."""
    known = _Known(links)
    found: dict[str, list[BilledRow]] = {}
    open_: dict[tuple[str, str], list[BilledRow]] = {}
    unmatched: list[Unmatched] = []
    for vendor_id, group in _by_id(rows).items():
        ours = known.by_id.get(vendor_id, set()) if vendor_id else set()
        if len(ours) == 1:
            found.setdefault(next(iter(ours)), []).extend(group)
        elif ours:
            unmatched.append(_unmatched(group, SEVERAL))
        else:
            # Under one id several products may have been billed, one after the other.
            for row in group:
                open_.setdefault((vendor_id, row.product_key), []).append(row)
    wanted: dict[str, list[tuple[str, str]]] = {}
    for place, group in open_.items():
        candidates = {subscription for row in group for subscription in known.by_order(row)}
        if len(candidates) == 1:
            wanted.setdefault(next(iter(candidates)), []).append(place)
        else:
            unmatched.append(_unmatched(group, SEVERAL_BY_ORDER if candidates else NOBODYS))
    for subscription, places in wanted.items():
        if subscription in found or len({vendor_id for vendor_id, _ in places}) > 1:
            unmatched += [_unmatched(open_[place], SEVERAL_BY_ORDER) for place in places]
        else:
            found[subscription] = [row for place in places for row in open_[place]]
    return found, unmatched


class _Known:
    """Our subscriptions by what they go by at the vendor."""

    def __init__(self, links: Iterable[VendorLink]) -> None:
        self.by_id: dict[str, set[str]] = {}
        self._by_order: dict[tuple[str, str], set[str]] = {}
        for link in links:
            for vendor_id in filter(None, (link.vendor_subscription_id, *link.former_ids)):
                self.by_id.setdefault(vendor_id.casefold(), set()).add(link.subscription)
            for order in link.orders if link.product_key else ():
                key = (order.casefold(), str(link.product_key).casefold())
                self._by_order.setdefault(key, set()).add(link.subscription)

    def by_order(self, row: BilledRow) -> set[str]:
        return {one for order in row.orders for one in self._by_order.get((order, row.product_key), ())}


def _by_id(rows: Iterable[BilledRow]) -> Mapping[str, list[BilledRow]]:
    groups: dict[str, list[BilledRow]] = {}
    for row in rows:
        groups.setdefault(row.subscription_id, []).append(row)
    return groups


def _unmatched(rows: Sequence[BilledRow], reason: str) -> Unmatched:
    return Unmatched(tuple(rows), reason)
