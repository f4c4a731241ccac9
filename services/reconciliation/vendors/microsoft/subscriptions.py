"""A subscription as Partner Center has it, read into what the comparison knows.

Two commerces are in use. The new one (NCE) names offers product:SKU:availability and its terms end with a day that
belongs to them; in the old one an offer is a GUID and the end is the first moment that does not. Source: Microsoft's
page on subscription resources, and its samples.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Final

from services.reconciliation.vendors.connector import Entitlement
from services.reconciliation.vendors.microsoft.reading import (
    Resource,
    count,
    field,
    flag,
    identifier,
    local_moment,
    moment,
    resource,
    text,
)
from shared.events.models.reconciliation import Status

STATUSES: Final[Mapping[str, Status]] = {
    "active": "active", "suspended": "suspended", "deleted": "canceled", "expired": "expired", "disabled": "disabled",
    "pending": "pending", "none": "pending",
}  # fmt: skip
"""Partner Center's words and ours (rule R7.5)."""

_LAST_SECOND: Final = time(23, 59, 59)
_UNKNOWN_PRODUCT: Final = "unknown"
_LONGEST_WORD: Final = 100
_LONGEST_NAME: Final = 300


class WithoutId(ValueError):
    """A subscription that does not say which it is."""


def entitlement(subscription: object) -> Entitlement:
    """Read one subscription; whatever of it cannot be read costs only itself. Raises WithoutId.

    A status that is not known, and a quantity that cannot be read, give `pending` with the vendor's word kept: nothing
    may be concluded from it (rule R7.4), and no word of Microsoft's fails the others of the list.
    """
    of = resource(subscription)
    found = identifier(field(of, "id"))
    if found is None:
        raise WithoutId("a subscription has no id")
    quantity = count(field(of, "quantity"))
    raw = (text(field(of, "status")) or "none")[:_LONGEST_WORD]
    return Entitlement(
        vendor_subscription_id=found,
        product_key=product_key(of),
        quantity=quantity if quantity is not None else 0,
        status=STATUSES.get(raw.lower(), "pending") if quantity is not None else "pending",
        raw_status=raw if quantity is not None else f"{raw}, with a quantity that cannot be read",
        name=_name(of),
        auto_renew=flag(field(of, "autoRenewEnabled")),
        scheduled_cancel=_scheduled_cancel(of),
        term_end=term_end(of),
        parent_id=identifier(field(of, "parentSubscriptionId")),
        is_trial=flag(field(of, "isTrial")),
        window_end=_window_end(of),
        reducible=count(field(field(of, "refundableQuantity"), "totalQuantity")),
        migrated_from=identifier(field(of, "migratedFromSubscriptionId")),
    )


def _name(of: Resource) -> str | None:
    """As the partner calls it, which is free text of any length; else the offer's."""
    found = text(field(of, "friendlyName")) or text(field(of, "offerName"))
    return None if found is None else found[:_LONGEST_NAME]


def is_new_commerce(of: Resource) -> bool:
    return ":" in (text(field(of, "offerId")) or "")


def product_key(of: Resource) -> str:
    """Product and SKU, without the availability, which changes by itself; the offer in the old commerce.

    An offer that is not named is looked for in the link to it; `unknown` where that is missing too.
    """
    offer = identifier(field(of, "offerId")) or _linked_offer(of)
    if offer is None:
        return _UNKNOWN_PRODUCT
    return ":".join(offer.split(":")[:2])


def _linked_offer(of: Resource) -> str | None:
    uri = text(field(field(field(of, "links"), "offer"), "uri"))
    return None if uri is None else identifier(uri.partition("?")[0].rstrip("/").rpartition("/")[2])


def term_end(of: Resource) -> datetime | None:
    """The last moment of the term in UTC; None without an end.

    New commerce: the last second of the day of `commitmentEndDate`, or what `commitmentEndDateTime` says. Old commerce:
    the second before either.
    """
    day, exact = local_moment(field(of, "commitmentEndDate")), local_moment(field(of, "commitmentEndDateTime"))
    end = exact or day
    if end is None:
        return None
    if not is_new_commerce(of):
        end -= timedelta(seconds=1)
    elif exact is None or exact.time() == time():
        end = datetime.combine(end.date(), _LAST_SECOND, end.tzinfo)
    return moment(end.isoformat())


def _scheduled_cancel(of: Resource) -> bool | None:
    """Whether it ends with its term. The old commerce does not say; in the new one a missing list is an empty one."""
    if not is_new_commerce(of):
        return None
    actions = field(of, "scheduledActions")
    return isinstance(actions, list) and any(
        (text(field(action, "actionType")) or "").lower() == "cancel" for action in actions
    )


def _window_end(of: Resource) -> datetime | None:
    """Until when the last of the seats can be given back: those bought later have a later end."""
    details = field(field(of, "refundableQuantity"), "details")
    ends = [moment(field(part, "allowedUntilDateTime")) for part in details] if isinstance(details, list) else []
    return max((end for end in ends if end is not None), default=moment(field(of, "cancellationAllowedUntilDate")))
