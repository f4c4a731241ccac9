"""What every vendor's connector does, and in what words it says that it cannot.

A connector speaks to one vendor with the credentials of one organisation. It knows no database and no log: what it saw
is given back, and the caller keeps it. Ids of the vendor are lower case, quantities are seats, statuses are ours (rule
R7.5) with the vendor's own word beside them. Sources: rules R8.1, R8.2 and R8.7.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Protocol, runtime_checkable

from shared.events.models.reconciliation import Status


@dataclass(frozen=True, slots=True)
class VendorAccount:
    """A customer as the vendor has it. `account_id` is the vendor's (a tenant, a subscriber account)."""

    account_id: str
    name: str
    domain: str | None = None


@dataclass(frozen=True, slots=True)
class Entitlement:
    """A subscription or an allocation of licences as the vendor has it now.

    `product_key` names what was bought whichever offer it came from (Microsoft: product and SKU). `scheduled_cancel`
    says whether the vendor ends it with the term; with `auto_renew` false and without it, it runs on dearer (Extended
    Service Term). `term_end` is the last moment of the term (UTC), None for one without an end. Until `window_end`
    seats can be given back, `reducible` of them where the vendor says how many. `migrated_from` is the id that it had
    before. None everywhere: the vendor does not say.
    """

    vendor_subscription_id: str
    product_key: str
    quantity: int
    status: Status
    raw_status: str
    name: str | None = None
    auto_renew: bool | None = None
    scheduled_cancel: bool | None = None
    term_end: datetime | None = None
    parent_id: str | None = None
    is_trial: bool | None = None
    window_end: datetime | None = None
    reducible: int | None = None
    migrated_from: str | None = None


@dataclass(frozen=True, slots=True)
class Provision:
    """What an executed order asks a vendor for (rule R8.2). `term` is a duration (P1M, P1Y, P3Y).

    `request_id` is the same for the same order item however often it is tried: asked twice, it is assigned once.
    """

    account_id: str
    subscription_id: str
    product_id: str
    family: str | None
    quantity: int
    term: str | None
    is_trial: bool
    request_id: str


@dataclass(frozen=True, slots=True)
class CustomerAtVendor:
    """Whom an account is to be for, where the vendor has none yet."""

    customer_id: str
    name: str


Answer = Literal["done", "accepted"]
"""`accepted`: the vendor carries it out later, and the next sweep says whether it did."""


class VendorError(Exception):
    """A vendor did not do what it was asked; one sentence says what, of which account, and what to do.

    It never holds a token, a secret or an address with a signature. `code` and `correlation` are the vendor's, for its
    support.
    """

    def __init__(self, sentence: str, *, code: str | None = None, correlation: str | None = None) -> None:
        super().__init__(sentence)
        self.code = code
        self.correlation = correlation


class NotReached(VendorError):
    """Away, too busy, or its answer cannot be read: nothing may be concluded, and asking again later may help."""


class NoSuchAccount(VendorError):
    """The vendor shows this account no more (relationship ended, not ours): not observed, never "all is deleted"."""


class Refused(VendorError):
    """The vendor answered that it will not: a rule of its own, which asking again does not change."""


class Misconfigured(VendorError):
    """Credentials, audience or permissions are wrong: a person has to mend the configuration; nothing is retried."""


@dataclass(frozen=True, slots=True)
class Hint:
    """Something may have changed at `account_id`: at these subscriptions, or at any where none is named."""

    account_id: str
    subscription_ids: frozenset[str]
    operation: str
    at: datetime


WHOLE_ACCOUNT: Final = "*"


class Connector(Protocol):
    """One vendor. Every method raises VendorError; `request_id` is reused when the same change is tried again."""

    @property
    def vendor(self) -> str:
        """Its name, as products name their vendor: microsoft, panda."""

    async def check_credentials(self) -> VendorAccount | None:
        """Ask for something small that needs what everything else does; our own account there, where it has a name.

        Raises Misconfigured where the credentials are not those of the vendor's account (rule R8.1).
        """

    def list_accounts(self) -> AsyncIterator[VendorAccount]:
        """All accounts that are ours there, page by page. Gives those that it can read before it raises."""

    async def list_entitlements(self, account_id: str) -> Sequence[Entitlement]:
        """All that an account has, add-ons too, also what has ended as long as the vendor shows it."""

    async def count_used(self, account_id: str) -> Mapping[str, int]:
        """Seats in use by product key, where the vendor counts them; empty where it does not.

        What it counts of an account without a word about products has the key WHOLE_ACCOUNT.
        """

    async def ensure_account(self, customer: CustomerAtVendor) -> VendorAccount:
        """The customer's account, made if there is none."""

    async def provision(self, order: Provision) -> str:
        """Assign licences; gives the vendor's id of them."""

    async def change_quantity(self, account_id: str, vendor_subscription_id: str, to: int, request_id: str) -> Answer:
        """Have the vendor hold `to` seats in all: up, or down as far as its window allows."""

    async def suspend(self, account_id: str, vendor_subscription_id: str, request_id: str) -> Answer: ...

    async def resume(
        self, account_id: str, vendor_subscription_id: str, request_id: str, *, quantity: int | None = None,
        term_end: datetime | None = None,
    ) -> Answer:  # fmt: skip
        """Undo `suspend`. A vendor that keeps nothing of what is suspended (rule R8.5) is told what to hold again,
        `quantity` and `term_end`; others need neither.
        """

    async def cancel(self, account_id: str, vendor_subscription_id: str, reason: str, request_id: str) -> Answer:
        """End it at the vendor; `reason` is its code where it wants one (rule R8.5)."""

    async def aclose(self) -> None:
        """Give connections back."""


@runtime_checkable
class SaysWhatChanged(Protocol):
    """A vendor that keeps a list of what was done in its accounts: early hints, never the truth."""

    async def changed_since(self, start: datetime, end: datetime) -> Sequence[Hint]:
        """What was done in [start, end). Raises VendorError."""
