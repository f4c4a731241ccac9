"""What a subscription has to look like for a wish: the whole resource, with that one thing changed.

Partner Center takes less, but then switches auto-renew off and deletes what was scheduled (Microsoft's page on updating
a subscription): so it is read, changed and sent back with all its fields, known or not. A wish that is fulfilled
already changes nothing, so asking twice is harmless.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from services.reconciliation.vendors.connector import Refused
from services.reconciliation.vendors.microsoft.reading import Resource, count, field, moment, spelled, text
from services.reconciliation.vendors.microsoft.subscriptions import is_new_commerce

Change = Callable[[Resource], Resource | None]
"""The resource to send; None where nothing is to be done. Raises Refused."""

_ENDED: Final = frozenset({"expired", "disabled", "deleted"})


def to_quantity(to: int, now: datetime) -> Change:
    """Hold `to` seats in all: more at any time, fewer as far as the window allows."""

    def change(of: Resource) -> Resource | None:
        if to < 1:
            raise Refused("a subscription holds at least one seat: cancel it instead")
        held = count(field(of, "quantity"))
        if held == to:
            return None
        _not_ended(of)
        if held is not None and to < held and is_new_commerce(of):
            _within_window(of, held - to, now)
        return _with(of, "quantity", to)

    return change


def to_status(to: str) -> Change:
    """Suspend (`suspended`) or resume (`active`)."""

    def change(of: Resource) -> Resource | None:
        if _status(of) == to:
            return None
        _not_ended(of)
        return _with(of, "status", to)

    return change


def to_canceled(now: datetime) -> Change:
    """End it at once, inside its window; later it can only be kept from renewing.

    The old commerce knows suspending only (unverified against a live tenant).
    """

    def change(of: Resource) -> Resource | None:
        if _status(of) == "deleted":
            return None
        _not_ended(of)
        if not is_new_commerce(of):
            raise Refused("a subscription of the old commerce cannot be cancelled at Microsoft: suspend it")
        until = moment(field(of, "cancellationAllowedUntilDate"))
        if until is not None and until < now:
            raise Refused(f"it could be cancelled until {_written(until)}; now it can only be kept from renewing")
        return _with(of, "status", "deleted")

    return change


def _status(of: Resource) -> str:
    return (text(field(of, "status")) or "none").lower()


def _not_ended(of: Resource) -> None:
    if _status(of) in _ENDED:
        raise Refused(f"it has ended ({_status(of)}) and cannot be changed or brought back: order it anew")


def _within_window(of: Resource, fewer: int, now: datetime) -> None:
    """Refuse what is more than Microsoft takes back now. Where it does not say, it is left to decide itself."""
    details = field(field(of, "refundableQuantity"), "details")
    if isinstance(details, list):
        open_parts = [part for part in details if (until := _until(part)) is None or until >= now]
        most = sum(count(field(part, "quantity")) or 0 for part in open_parts)
        if fewer > most:
            raise Refused(f"{fewer} seats are to be given back and Microsoft takes {most} back now; schedule the rest")
        return
    until = moment(field(of, "cancellationAllowedUntilDate"))
    if until is not None and until < now:
        raise Refused(f"seats could be given back until {_written(until)}; schedule it for the next term")


def _until(part: object) -> datetime | None:
    return moment(field(part, "allowedUntilDateTime"))


def _written(at: datetime) -> str:
    return at.isoformat(timespec="minutes")


def _with(of: Resource, name: str, value: object) -> Resource:
    """The whole resource with one field changed, under the name it has there.

    Of the two ways in which something can be scheduled only one may be sent: the newer one stays.
    """
    changed = {**of, spelled(of, name): value}
    if field(of, "scheduledActions"):
        changed.pop(spelled(of, "scheduledNextTermInstructions"), None)
    return changed
