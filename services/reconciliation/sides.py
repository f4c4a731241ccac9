"""The two sides of a comparison, and when each was known to be so. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.events.models.reconciliation import Status

# A subscription that is over, whatever it is called: neither side charges for it any more (rules R5.8, R7.5).
ENDED: Final = frozenset[Status]({"canceled", "expired", "disabled", "deleted"})


@dataclass(frozen=True, slots=True)
class Ours:
    """A subscription as it is billed here. `vendor_subscription` is lower case; `told_until` when it was last changed.

    `account` is the vendor's account of its customer, where licences were assigned there. `pushed_at` is when the
    vendor was last told to hold as many seats as we bill.
    """

    subscription: str
    customer: str
    product: str
    quantity: int
    status: Status
    told_until: datetime
    vendor_subscription: str | None = None
    account: str | None = None
    reseller: str | None = None
    is_addon: bool = False
    is_trial: bool = False
    auto_renew: bool = True
    pushed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Theirs:
    """A subscription as the vendor had it when its account was last seen. Ids are lower case."""

    account: str
    vendor_subscription: str
    product_key: str
    quantity: int
    status: Status
    raw_status: str
    name: str | None = None
    auto_renew: bool | None = None
    scheduled_cancel: bool | None = None
    term_end: datetime | None = None
    parent: str | None = None
    is_trial: bool | None = None
    migrated_from: str | None = None
    used: int | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """The last look at an account: `snapshot` is what it gave. `failed` says why it gave nothing.

    `hinted`: it followed a hint of the vendor's (a webhook, an audit record), and no sweep has confirmed it yet.
    `gone`: it failed, and somebody said that the vendor has the account no more: nothing is in it.
    """

    snapshot: str
    observed_at: datetime
    failed: str | None = None
    hinted: bool = False
    gone: bool = False
