"""What may be asked about a difference: the bodies of the actions, in the API, on the command line and in tests alike.

Each quotes the snapshot it was decided on: where the vendor was looked at since, it is refused (rule R7.6).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from shared.commands.body import Body
from shared.events.models.base import OPTIONAL
from shared.events.models.fields import Id, Moment, Text
from shared.events.models.subscriptions import SubscriptionImported

_SNAPSHOT = {"snapshot": "5c3f0c1e-6a53-5d1c-9a35-0f6a5d0c7d11"}


class _Action(Body):
    snapshot: Id = Field(description="the snapshot in the row that it was decided on")


class Relink(_Action):
    """Ours is another of the vendor's subscriptions than it was taken for.

    About one of ours `vendor_subscription` says which; about one of the vendor's `subscription` says which of ours.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"action": "RELINK", "vendor_subscription": "b44bb1fb", **_SNAPSHOT}]}
    )

    action: Literal["RELINK"]
    vendor_subscription: Id | None = OPTIONAL
    subscription: Id | None = OPTIONAL


class _Align(_Action):
    billing: Literal["none", "normal"] = Field(
        default="none", description="none: nothing is invoiced or credited for it, the difference is settled by hand"
    )
    effective_at: Moment | None = OPTIONAL


class AlignQuantity(_Align):
    """Ours holds as many seats as the vendor's from now on."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"action": "ALIGN_BSS_QUANTITY", "billing": "normal", **_SNAPSHOT}]}
    )

    action: Literal["ALIGN_BSS_QUANTITY"]


class AlignStatus(_Align):
    """Ours is suspended, in use again or over, as the vendor's is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"action": "ALIGN_BSS_STATUS", **_SNAPSHOT}]})

    action: Literal["ALIGN_BSS_STATUS"]


class PushQuantity(_Action):
    """The vendor's holds as many seats as ours: up, or down as far as the vendor's window allows."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"action": "PUSH_QUANTITY_TO_VENDOR", **_SNAPSHOT}]})

    action: Literal["PUSH_QUANTITY_TO_VENDOR"]


class ImportTheirs(_Action):
    """What the vendor has and we do not becomes ours, with what it is to cost; fields as in SubscriptionImported."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "action": "IMPORT",
                    **_SNAPSHOT,
                    "subscription": {
                        "subscription_id": "sub-9", "currency": "EUR", "customer": {"id": "cus-1"},
                        "product": {"id": "o365-business"}, "quantity": 7, "unit_price": "10.00",
                        "started_at": "2026-03-01", "billed_by_us_from": "2026-04-01",
                    },
                }
            ]
        }
    )  # fmt: skip

    action: Literal["IMPORT"]
    subscription: SubscriptionImported


class Ignore(_Action):
    """Both sides may differ so; while neither changes nobody is told again."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"action": "IGNORE", "reason": "agreed with the customer", **_SNAPSHOT}]}
    )

    action: Literal["IGNORE"]
    reason: Annotated[Text, Field(min_length=1)]


Request = Relink | AlignQuantity | AlignStatus | PushQuantity | ImportTheirs | Ignore


@dataclass(frozen=True, slots=True)
class Command:
    """What is asked about which row of a vendor's comparison: `about` is our id, or the vendor's where we have none."""

    vendor: str
    about: str
    request: Request
