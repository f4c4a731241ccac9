"""Events of comparing with vendors (topic of reconciliation; rules R7)."""

from __future__ import annotations

from typing import Literal

from shared.events.models.base import OPTIONAL, EventModel
from shared.events.models.fields import Balance, CivilDate, Currency, Flag, Id, Moment, Text, Total

Status = Literal["pending", "active", "suspended", "expired", "disabled", "deleted", "canceled", "failed"]


class VendorSubscription(EventModel):
    """A subscription as the vendor has it: `status` in our words (rule R7.5), `raw_status` in the vendor's.

    `scheduled_cancel` says whether the vendor ends it with its term, `migrated_from` the id that it had before, `used`
    how many seats are in use where the vendor counts them.
    """

    vendor_subscription_id: Id
    product_key: Id
    quantity: Total
    status: Status
    raw_status: Text
    auto_renew: Flag | None = OPTIONAL
    term_end: Moment | None = OPTIONAL
    parent_id: Id | None = OPTIONAL
    name: Text | None = OPTIONAL
    is_trial: Flag | None = OPTIONAL
    scheduled_cancel: Flag | None = OPTIONAL
    migrated_from: Id | None = OPTIONAL
    used: Total | None = OPTIONAL


class VendorSnapshotTaken(EventModel):
    """All that a vendor has in one account, whenever that is another than before.

    `failed` gives the reason where the vendor could not be asked: nothing may then be concluded (rule R7.4).
    """

    vendor: Id
    account_id: Id
    observed_at: Moment
    subscriptions: tuple[VendorSubscription, ...]
    failed: Text | None = OPTIONAL


class Side(EventModel):
    """What one of the two sides has."""

    quantity: Total | None = OPTIONAL
    status: Status | None = OPTIONAL


class _Discrepancy(EventModel):
    """`ours` or `theirs` is null where that side has no such subscription; `verdict` is one of rule R7.4."""

    vendor: Id
    account_id: Id
    subscription_id: Id | None = OPTIONAL
    vendor_subscription_id: Id | None = OPTIONAL
    verdict: Text
    ours: Side | None
    theirs: Side | None
    snapshot_id: Id
    resolution: Text | None = OPTIONAL
    by: Text | None = OPTIONAL
    reason: Text | None = OPTIONAL


class DiscrepancyFound(_Discrepancy):
    """Both sides differ; found again where they begin to differ otherwise."""


class NotBilled(EventModel):
    """What an alignment left out of the documents of a day: billed normally they came to this more, or less."""

    day: CivilDate
    currency: Currency
    net: Balance
    tax: Balance
    gross: Balance


class DiscrepancyResolved(_Discrepancy):
    """They agree again (`resolution` AGREED), or somebody (`by`) did something about it: an action of rule R7.6.

    Of an alignment that bills nothing `not_billed` is what is left to be invoiced by hand to `customer_id`, as it was
    reckoned when it was decided; `not_billable` says why the rules would have refused it if it were billed normally.
    """

    customer_id: Id | None = OPTIONAL
    not_billed: tuple[NotBilled, ...] | None = OPTIONAL
    not_billable: Text | None = OPTIONAL
