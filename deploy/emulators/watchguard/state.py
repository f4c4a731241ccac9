"""What the emulated WatchGuard knows: accounts, allocations, devices, tokens, activations."""

from __future__ import annotations

import copy
import secrets
import time
from collections import deque
from dataclasses import dataclass, field

from pydantic import JsonValue

from deploy.emulators.watchguard.seed import Seed, SeedAccount, SeedAllocation, SeedDevice
from deploy.emulators.watchguard.traps import Traps


class Refusal(Exception):
    """A request that is answered with an error, as WatchGuard's own words would be."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@dataclass
class Issued:
    """A token: for whom, and until when (seconds of the monotonic clock)."""

    account: str
    until: float


@dataclass
class Batch:
    key: str
    account: str | None
    status: str = "Created"


@dataclass
class State:
    """Everything of one emulator; `shown` are allocations as the summary shows them, which may be behind."""

    seed: Seed
    traps: Traps = field(default_factory=Traps)
    accounts: dict[str, SeedAccount] = field(default_factory=dict)
    shown: dict[str, list[SeedAllocation]] = field(default_factory=dict)
    tokens: dict[str, Issued] = field(default_factory=dict)
    audiences: dict[str, str] = field(default_factory=dict)
    batches: dict[str, Batch] = field(default_factory=dict)
    calls: deque[dict[str, JsonValue]] = field(default_factory=lambda: deque(maxlen=10_000))

    def __post_init__(self) -> None:
        self.reset()

    def reset(self, seed: Seed | None = None) -> None:
        """As it began, or as another seed says; no trap is set."""
        self.seed = seed or self.seed
        self.traps = Traps()
        self.accounts = {each.accountId: each.model_copy(deep=True) for each in self.seed.accounts}
        for account in self.accounts.values():
            account.devices += [
                SeedDevice(device_id=f"{account.accountId}-{number:06}", host_name=f"HOST-{number:06}")
                for number in range(account.seats_used)
            ]
        self.shown = {}
        for known in (self.tokens, self.audiences, self.batches, self.calls):
            known.clear()

    def issue(self, audience: str | None) -> tuple[str, int]:
        """A token for our own account, or for the one that an audience was given for, and its seconds."""
        if audience is not None and audience not in self.audiences:
            raise Refusal(400, "invalid_request", "the audience is not known")
        account = self.seed.account if audience is None else self.audiences[audience]
        token, lifetime = f"emulated-token-{secrets.token_hex(16)}", self.traps.token_seconds
        self.tokens[token] = Issued(account, time.monotonic() + lifetime)
        return token, lifetime

    def audience(self, account_id: str) -> str:
        self.managed(account_id, "audience")
        audience = f"emulated-audience-{secrets.token_hex(8)}"
        self.audiences[audience] = account_id
        return audience

    def speaker(self, token: str) -> str:
        """The account that a token speaks for."""
        issued = self.tokens.get(token)
        if issued is None or issued.until < time.monotonic():
            raise Refusal(401, "Unauthorized", "The access token is not valid")
        return issued.account

    def managed(self, account_id: str, part: str) -> SeedAccount:
        """An account below ours, by its exact id; 404 for another, 500 where traps have this part of it fail."""
        if {part, "all"} & set(self.traps.failing.get(account_id, [])):
            raise Refusal(500, "InternalError", "Something went wrong")
        if account_id not in self.accounts:
            raise Refusal(404, "NotFound", "The account does not exist")
        return self.accounts[account_id]

    def create(self, name: str, kind: int) -> str:
        account_id = f"ACC-{9_000_000 + len(self.accounts)}"
        self.accounts[account_id] = SeedAccount(accountId=account_id, name=name, type=kind)
        return account_id

    def summary(self, account_id: str) -> list[SeedAllocation]:
        account = self.managed(account_id, "allocations")
        return self.shown.get(account_id, account.allocations) if self.traps.late_summary else account.allocations

    def change(self, account_id: str, wanted: SeedAllocation, sign: int) -> None:
        """Allocate (`sign` 1) or take back (-1) what a body says. What it means for a quantity is one of the traps."""
        account = self.managed(account_id, "allocations")
        self.shown.setdefault(account_id, copy.deepcopy(account.allocations))
        if wanted.productName not in self.seed.products:
            raise Refusal(400, "InvalidProduct", f"{wanted.productName} is not a product")
        if not wanted.quantity:
            raise Refusal(400, "InvalidQuantity", "quantity has to be 1 or more")
        known = next((each for each in account.allocations if _same(each, wanted)), None)
        has = 0 if known is None else known.quantity or 0
        if sign < 0:
            if wanted.quantity > has:
                raise Refusal(409, "NotAllocated", f"only {has} are allocated")
            to = has - wanted.quantity
        else:
            to = wanted.quantity if self.traps.quantity_means == "total" else has + wanted.quantity
        self._within_pool(wanted.productName, to - has)
        account.allocations = [each for each in account.allocations if each is not known]
        if to:
            kept = known or wanted
            account.allocations.append(
                kept.model_copy(
                    update={"quantity": to, "licenseExpiryDate": wanted.licenseExpiryDate or kept.licenseExpiryDate}
                )
            )
        if not self.traps.late_summary:
            self.shown.pop(account_id, None)

    def _within_pool(self, product: str, more: int) -> None:
        if product not in self.seed.pool:
            return
        allocated = sum(
            each.quantity or 0
            for account in self.accounts.values()
            for each in account.allocations
            if each.productName == product
        )
        if more > 0 and allocated + more > self.seed.pool[product]:
            left = self.seed.pool[product] - allocated
            raise Refusal(400, "NotEnoughLicenses", f"only {left} of {product} are left to allocate")

    def activate(self, key: str, account: str | None) -> str:
        if any(batch.key == key for batch in self.batches.values()):
            raise Refusal(400, "AlreadyActivated", f"activation key {key} was used before")
        batch = secrets.token_hex(8)
        self.batches[batch] = Batch(key, account)
        return batch

    def look(self, batch_id: str) -> Batch:
        """How far a batch is: each look brings it further, as far as the traps let it."""
        if batch_id not in self.batches:
            raise Refusal(404, "NotFound", "The batch does not exist")
        batch = self.batches[batch_id]
        after = {"succeeds": "Success", "stays_pending": "Pending", "fails": "Failed"}[self.traps.activation]
        batch.status = {"Created": "Queued", "Queued": "Pending", "Pending": after}.get(batch.status, batch.status)
        return batch


def _same(one: SeedAllocation, other: SeedAllocation) -> bool:
    return (one.productName, one.allocationType, one.serialOrLicense) == (
        other.productName, other.allocationType, other.serialOrLicense,
    )  # fmt: skip
