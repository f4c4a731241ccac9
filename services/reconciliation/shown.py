"""What the API of reconciliation shows, field by field (rules R7.3 and R7.4)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from services.reconciliation.tasks import Kind
from services.reconciliation.verdicts import Action, Verdict, Warning
from shared.events.models.reconciliation import Status
from shared.web.commanding import EventDone

State = Literal["open", "ignored", "over"]
TaskState = Literal["waiting", "done", "failed"]
Json = dict[str, Any]
_SNAPSHOT: Final = "5c3f0c1e-6a53-5d1c-9a35-0f6a5d0c7d11"
_OURS: Final[Json] = {"quantity": 10, "status": "active"}
_THEIRS: Final[Json] = {"quantity": 12, "status": "active", "raw_status": "active"}
_STANDS: Final[Json] = {
    "verdict": "QUANTITY_MISMATCH", "state": "open", "found_at": "2026-03-02T04:11:09Z", "ended_at": None,
    "resolution": None, "by": None, "reason": None,
}  # fmt: skip
_TASK: Final[Json] = {
    "task": "0b0c2f0e-3d6a-5f43-9d0c-6f1f0f6f2f11", "kind": "change_quantity", "vendor": "microsoft",
    "account": "c1b2", "customer": None, "subscription": "sub-1", "vendor_subscription": "b44bb1fb", "quantity": 10,
    "snapshot": _SNAPSHOT, "by": "token 4f (Maria)", "asked_at": "2026-03-02T09:00:00Z", "state": "waiting",
    "attempts": 0, "next_at": "2026-03-02T09:00:00Z", "ended_at": None,
    "error": "subscription b44bb1fb cannot be reduced to 10 seats: its window is over",
}  # fmt: skip


class Ours(BaseModel):
    """What is billed here."""

    quantity: int
    status: Status


class Theirs(BaseModel):
    """What the vendor has: `status` in our words (rule R7.5), `raw_status` in its own."""

    quantity: int
    status: Status
    raw_status: str


class DifferenceState(BaseModel):
    """What was told last of a difference, and who (`by`) ended it with what (`resolution`).

    `resolution` is an action, AGREED (both sides agree again) or CHANGED (they differ otherwise now).
    """

    verdict: Verdict
    state: State
    found_at: datetime
    ended_at: datetime | None
    resolution: str | None
    by: str | None
    reason: str | None


class ComparedRow(BaseModel):
    """One subscription or add-on as the last comparison with its vendor found it (rule R7.3).

    `ours` or `theirs` is null where that side has none; `subscription` is our id, `vendor_subscription` the vendor's.
    `last_checked` is when its account was looked at. `reason` says why it is not comparable, `candidates` are ids of
    the other side that it may be the same as. `actions` are what whoever asks may do about it, quoting `snapshot`.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "vendor": "microsoft", "subscription": "sub-1", "vendor_subscription": "b44bb1fb",
                    "is_addon": False, "is_trial": False, "name": "Office 365 E3", "product": "o365-e3",
                    "product_key": "cfq7ttc0lf8q:0001", "customer": "cus-1", "reseller": "res-1", "account": "c1b2",
                    "ours": _OURS, "theirs": _THEIRS, "verdicts": ["QUANTITY_MISMATCH"], "warnings": [],
                    "reason": None, "candidates": [], "snapshot": _SNAPSHOT, "last_checked": "2026-03-02T04:10:00Z",
                    "actions": ["ALIGN_BSS_QUANTITY", "PUSH_QUANTITY_TO_VENDOR", "IGNORE"], "differences": [_STANDS],
                }
            ]
        }
    )  # fmt: skip

    vendor: str
    subscription: str | None
    vendor_subscription: str | None
    is_addon: bool
    is_trial: bool
    name: str | None
    product: str | None
    product_key: str | None
    customer: str | None
    reseller: str | None
    account: str | None
    ours: Ours | None
    theirs: Theirs | None
    verdicts: list[Verdict]
    warnings: list[Warning]
    reason: str | None
    candidates: list[str]
    snapshot: str
    last_checked: datetime | None
    actions: list[Action]
    differences: list[DifferenceState]


class Discrepancy(BaseModel):
    """One time that both sides began to differ on a subscription, with what became of it; `number` counts these."""

    discrepancy: str
    number: int
    vendor: str
    account: str
    subscription: str | None
    vendor_subscription: str | None
    verdict: str
    state: State
    ours_quantity: int | None
    ours_status: Status | None
    theirs_quantity: int | None
    theirs_status: Status | None
    snapshot: str
    found_at: datetime
    ended_at: datetime | None
    resolution: str | None
    by: str | None
    reason: str | None


class VendorAccountRow(BaseModel):
    """One account of a vendor as it was last looked at. `failed` says why it was not observed.

    `hinted`: a hint of the vendor's led there, and no sweep since. `snapshot` is what it showed when it was last seen.
    `gone_because`: somebody said that it is gone at the vendor for good, and why.
    """

    vendor: str
    account: str
    name: str
    domain: str | None
    looked_at: datetime
    failed: str | None
    hinted: bool
    snapshot: str | None
    gone_because: str | None


class SweepRow(BaseModel):
    """One look at all accounts of a vendor; `failed` is how many of `accounts` did not answer.

    Without `finished_at` it goes on, or was interrupted: the next sweep takes it up.
    """

    sweep: int
    vendor: str
    began_at: datetime
    finished_at: datetime | None
    by: str
    accounts: int
    failed: int


class VendorTask(BaseModel):
    """Something that a vendor is to do. `error` is why it failed, or why it could not be done at the last attempt."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TASK]})

    task: UUID
    kind: Kind
    vendor: str
    account: str | None
    customer: str | None
    subscription: str
    vendor_subscription: str | None
    quantity: int | None
    snapshot: str | None
    by: str
    asked_at: datetime
    state: TaskState
    attempts: int
    next_at: datetime
    ended_at: datetime | None
    error: str | None


class LeftAmount(BaseModel):
    """What the documents of a day came to more if an alignment were billed; negative: less."""

    day: date
    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal


class ActionDone(BaseModel):
    """What came of an action: the verdicts that it settles, and its events; none when just this was done before.

    `not_billed` is what an alignment that bills nothing leaves to be invoiced by hand, null for everything else;
    `not_billable` why the rules would not have it billed.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "vendor": "microsoft", "subscription": "sub-1", "vendor_subscription": "b44bb1fb",
                    "action": "ALIGN_BSS_QUANTITY", "settles": ["QUANTITY_MISMATCH"],
                    "events": [
                        {"type": "LicensesChanged", "id": "b51ae4b1-3d3c-5f13-a6a9-5f8b4a6f6e7c",
                         "source": "urn:seatledger:reconciliation", "sequence": 2},
                        {"type": "DiscrepancyResolved", "id": "9b0f5f0e-7b5c-5d39-8f0e-2d7d2f3f4a55",
                         "source": "urn:seatledger:reconciliation", "sequence": 2},
                    ],
                    "not_billed": [
                        {"day": "2026-03-02", "currency": "EUR", "net": "20.00", "tax": "4.80", "gross": "24.80"}
                    ],
                    "not_billable": None,
                }
            ]
        }
    )  # fmt: skip

    vendor: str
    subscription: str | None
    vendor_subscription: str | None
    action: Action
    settles: list[Verdict]
    events: list[EventDone]
    not_billed: list[LeftAmount] | None = None
    not_billable: str | None = None
