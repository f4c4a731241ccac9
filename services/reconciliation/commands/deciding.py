"""What each action comes to: an event of the subscription, and the end of the difference. Pure (rule R7.6)."""

from __future__ import annotations

from services.reconciliation.commands.bodies import (
    AlignQuantity,
    AlignStatus,
    Ignore,
    ImportTheirs,
    PushQuantity,
    Relink,
    Request,
)
from services.reconciliation.commands.rows import Row
from services.reconciliation.sides import ENDED
from shared.commands.decision import CommandRefused
from shared.commands.effective import effective_of, needs_backdating
from shared.commands.principal import Principal
from shared.commands.standing import Standing
from shared.events.models.base import EventModel
from shared.events.models.subscriptions import (
    LicensesChanged,
    SubscriptionCanceled,
    SubscriptionImported,
    SubscriptionProvisioned,
    SubscriptionReactivated,
    SubscriptionSuspended,
)
from shared.events.values import Moment


def event_of(row: Row, ours: Standing | None, request: Request, principal: Principal) -> EventModel | None:
    """What changes here; None where nothing does: what is pushed changes at the vendor, once this is on record.

    `ours` is the subscription, or the one that an import makes. Raises CommandRefused.
    """
    if isinstance(request, Ignore | PushQuantity):
        return None
    if ours is None:
        raise CommandRefused(f"{row.vendor_subscription} is none of ours: relink one of ours to it, or import it")
    match request:
        case Relink():
            return _relinked(row, ours, request)
        case AlignQuantity():
            return _aligned_quantity(row, ours, request, principal)
        case AlignStatus():
            return _aligned_status(row, ours, request, principal)
        case ImportTheirs():
            return _imported(row, ours, request)


def _relinked(row: Row, ours: Standing, request: Relink) -> SubscriptionProvisioned:
    wanted = row.vendor_subscription if row.subscription is None else request.vendor_subscription
    if wanted is None:
        raise CommandRefused(f"which of the vendor's is {ours.subscription}? Give vendor_subscription")
    if not ours.exists:
        raise CommandRefused(f"there is no subscription {ours.subscription!r}: name one of ours, or import it")
    if ours.timeline is not None and (ours.timeline.vendor_id or "").lower() == wanted.lower():
        raise CommandRefused(f"{ours.subscription} is linked to {wanted} already: name another one")
    return SubscriptionProvisioned(**_of(ours), vendor_subscription_id=wanted)


def _aligned_quantity(row: Row, ours: Standing, request: AlignQuantity, principal: Principal) -> LicensesChanged:
    """As many seats as the vendor has; what waits for the next term stays."""
    if not row.theirs_quantity:
        raise CommandRefused(f"{ours.subscription} has no seats at the vendor: align its status instead")
    return LicensesChanged(
        **_of(ours), quantity=row.theirs_quantity, effective_at=_effective(ours, request.effective_at, principal),
        reason="aligned with the vendor", billing=request.billing, keeps_next_term=True,
    )  # fmt: skip


def _aligned_status(row: Row, ours: Standing, request: AlignStatus, principal: Principal) -> EventModel:
    at = _effective(ours, request.effective_at, principal)
    if row.ours_status in ENDED:
        raise CommandRefused(
            f"{ours.subscription} is {row.ours_status} here and {row.theirs_status} at the vendor: what is over does "
            "not begin again; end it at the vendor, or import it under another id"
        )
    if row.theirs_status is None or row.theirs_status in ENDED:
        return SubscriptionCanceled(**_of(ours), mode="immediate", effective_at=at, billing=request.billing)
    _refuse_money(ours, row, request)
    if row.theirs_status == "suspended":
        return SubscriptionSuspended(**_of(ours), effective_at=at)
    if row.theirs_status == "active" and row.ours_status == "failed":
        return SubscriptionProvisioned(**_of(ours), vendor_subscription_id=row.vendor_subscription)
    return SubscriptionReactivated(**_of(ours), effective_at=at)


def _refuse_money(ours: Standing, row: Row, request: AlignStatus) -> None:
    """With billing none a status may change only where that moves no money (rule R5.7)."""
    if request.billing == "none" and ours.terms.bill_while_suspended is False:
        word = "stops" if row.theirs_status == "suspended" else "begins"
        raise CommandRefused(
            f"{ours.subscription} is not billed while it is suspended, so its billing {word} with this: ask with "
            "billing normal"
        )


def _imported(row: Row, ours: Standing, request: ImportTheirs) -> SubscriptionImported:
    said = request.subscription
    if ours.facts:
        raise CommandRefused(
            f"there is a subscription {said.subscription_id} already: relink it, or import under another id"
        )
    if said.quantity != row.theirs_quantity:
        raise CommandRefused(
            f"the vendor has {row.theirs_quantity} seats of {row.vendor_subscription}, not {said.quantity}: import "
            "what is there"
        )
    return said.model_copy(update={"vendor_subscription_id": row.vendor_subscription})


def _of(ours: Standing) -> dict[str, str]:
    return {"subscription_id": ours.subscription, "customer_id": ours.terms.customer_id}


def _effective(ours: Standing, asked: Moment | None, principal: Principal) -> Moment | None:
    """From when it is to hold: as for every other change of a subscription."""
    if needs_backdating(asked, ours.at, ours.terms.tz):
        principal.need("backdating", "date a change before now")
    return effective_of(asked, ours.at, ours.terms.tz, may_backdate=principal.may("backdating"))
