"""What to ask for when an order is executed: pure, from what the account holds (rules R8.2 to R8.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import product

from services.reconciliation.vendors.connector import Misconfigured, Provision, Refused
from services.reconciliation.vendors.watchguard.answers import end_of
from services.reconciliation.vendors.watchguard.config import PREFIX, SUBSCRIPTION, Offer
from services.reconciliation.vendors.watchguard.rules import HeldProduct, known_family, licence_end, second_of_family
from services.reconciliation.vendors.watchguard.summary import Allocation


def asked_for(order: Provision, offer: Offer, today: date) -> Allocation:
    """The allocation that an order asks for, starting today. Refused where it cannot be one."""
    if order.quantity < 1:
        raise Refused(f"Subscription {order.subscription_id} asks for {order.quantity} seats: order 1 or more")
    kind = offer.allocation_type
    if order.is_trial:
        if offer.trial_type is None:
            raise Refused(
                f"Subscription {order.subscription_id} is a trial, and no trial_type is configured for "
                f"{offer.product_name}: set it in its offer, or start the trial in WatchGuard Cloud"
            )
        kind = offer.trial_type
    return Allocation(
        order.account_id.lower(), offer.product_name, kind, order.quantity, license=offer.license,
        expiry_type=offer.expiry_type, ends=_ends(order, offer, today), is_trial=order.is_trial,
    )  # fmt: skip


def _ends(order: Provision, offer: Offer, today: date) -> datetime | None:
    """None where WatchGuard is given no end: usage is reported until it is taken back."""
    if order.term is None or offer.expiry_type is None or offer.allocation_type.lower() == SUBSCRIPTION:
        return None
    try:
        return end_of(licence_end(today, order.term) - timedelta(days=1))
    except (ValueError, OverflowError):
        raise Refused(
            f"Subscription {order.subscription_id} has the term {order.term!r}: order P1M, P1Y or P3Y"
        ) from None


def already_there(wanted: Allocation, held: Sequence[Allocation], now: datetime) -> Allocation | None:
    """What an earlier attempt of the same order has assigned, if it has.

    The public fields of an allocation have no room for a reference of ours. But a subscriber can have one licence of
    each type only (WatchGuard's help says so of Compliance Reporting), so an allocation of the product and type with
    just the quantity that is asked for is the one that was asked for before.
    """
    for allocation in held:
        same = (allocation.product_key, allocation.allocation_type.lower()) == (
            wanted.product_key, wanted.allocation_type.lower(),
        )  # fmt: skip
        if same and allocation.quantity == wanted.quantity and allocation.status(now) == "active":
            return allocation
    return None


def refuse_second(
    wanted: Allocation, order: Provision, held: Sequence[Allocation], families: Mapping[str, str], now: datetime
) -> None:
    """Refused, with the offer of an upgrade, where the client has a product of the family already (rule R8.3)."""
    own = families.get(wanted.product_key)
    family = order.family or own or known_family(wanted.product_name)

    def family_beside(other: Allocation) -> str:
        """The family of what is there, in the words of the order: configured families count where both have one."""
        theirs = families.get(other.product_key)
        if own is not None and theirs is not None:
            same = own.casefold() == theirs.casefold()
        else:
            same = known_family(other.product_name) == known_family(wanted.product_name)
        return family if same else theirs or known_family(other.product_name)

    reason = second_of_family(
        HeldProduct(wanted.product_name, family, wanted.quantity, is_trial=order.is_trial),
        [
            HeldProduct(
                wanted.product_name if each.product_key == wanted.product_key else each.product_name,
                family_beside(each), each.quantity, is_trial=each.is_trial is True, runs=each.status(now) == "active",
            )
            for each in held
        ],
    )  # fmt: skip
    if reason is not None:
        raise Refused(f"Account {wanted.account_id} cannot have {wanted.product_name} too: {reason}")


def in_full(allocation: Allocation, offers: Mapping[str, Offer]) -> Allocation:
    """An allocation as it is to be sent: what the summary does not show of it is what its offer says."""
    for offer in offers.values():
        if offer.product_name.lower() == allocation.product_key and allocation.allocation_type.lower() in map(
            str.lower, offer.kinds
        ):
            expiry_type = None if allocation.ends is None else offer.expiry_type
            return replace(
                allocation, license=allocation.license or offer.license,
                expiry_type=allocation.expiry_type or expiry_type,
            )  # fmt: skip
    return allocation


def once_held(
    offers: Mapping[str, Offer], account_id: str, vendor_subscription_id: str, term_end: datetime | None
) -> Allocation:
    """An allocation that was taken back, with no seats: its words at the vendor stand in the offer of its product."""
    for offer in offers.values():
        for kind, licence in product(offer.kinds, (None, offer.license)):
            found = Allocation(
                account_id.lower(), offer.product_name, kind, 0, license=licence, expiry_type=offer.expiry_type,
                ends=term_end,
            )  # fmt: skip
            if found.vendor_subscription_id == vendor_subscription_id.lower():
                return found
    raise Misconfigured(
        f"No offer in {PREFIX}OFFERS is what {vendor_subscription_id} was allocated by: add it, or allocate it in "
        "WatchGuard Cloud"
    )
