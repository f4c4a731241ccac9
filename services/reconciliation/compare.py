"""Comparing what is billed here with what a vendor has, over the union of both sides (rules R7.2 to R7.5). Pure.

A difference is a finding only where both sides can be known to have settled: what was changed here a moment ago, renews
now, or was only hinted at is *not comparable*, and so is all of an account that the vendor did not show. Where both
sides agree none of that matters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.reconciliation import delay
from services.reconciliation.delay import Policy
from services.reconciliation.sides import ENDED, Look, Ours, Theirs
from services.reconciliation.verdicts import Compared, Verdict, Warning


@dataclass(slots=True)
class _Sides:
    """Both sides, by what they are found by."""

    looks: Mapping[str, Look]
    theirs: dict[str, Theirs]
    # Who here goes on and is linked to a subscription of the vendor's.
    linked: dict[str, list[str]] = field(default_factory=dict)
    # Of those that are over here and were linked to it, the one that was changed last.
    last: dict[str, Ours] = field(default_factory=dict)
    # Which account a customer's subscriptions are in, by those that are linked.
    accounts: dict[str, str] = field(default_factory=dict)
    # What nobody here is linked to, by account and by the id that it had before a migration.
    unlinked: dict[str, list[str]] = field(default_factory=dict)
    migrated: dict[str, str] = field(default_factory=dict)
    # What goes on here and the vendor does not show, by account.
    missing: dict[str, list[str]] = field(default_factory=dict)
    # Accounts that were not observed and are not known to be a customer's: what has no account yet may be in these.
    nobodys: tuple[str, ...] = ()

    def account_of(self, one: Ours) -> str | None:
        """Where the vendor has the customer: where it assigned licences, else where it has its other subscriptions."""
        return one.account or self.accounts.get(one.customer)

    def stands_for(self, one: Ours, found: Theirs) -> bool:
        """Whether what is over here is what the vendor's is compared with: one of several, and none that goes on."""
        name = found.vendor_subscription
        return name not in self.linked and self.last[name].subscription == one.subscription


def compare(
    ours: Iterable[Ours], theirs: Iterable[Theirs], looks: Mapping[str, Look], at: datetime, policy: Policy
) -> Iterator[Compared]:
    """One row for each subscription of either side, ours first, by id; none for what is over here and gone there.

    `looks` are the accounts that were ever looked at; `at` is now, by which hints grow old.
    """
    held = sorted(ours, key=lambda one: one.subscription)
    sides = _sides(held, theirs, looks)
    for one in held:
        found = None if one.vendor_subscription is None else sides.theirs.get(one.vendor_subscription)
        if found is not None and (one.status not in ENDED or sides.stands_for(one, found)):
            yield _of_both(one, found, sides, at, policy)
        elif found is None and one.status not in ENDED:
            yield _of_ours(one, sides, at, policy)
    known = {one.vendor_subscription for one in held}
    for vendor_subscription in sorted(sides.theirs):
        other = sides.theirs[vendor_subscription]
        if vendor_subscription not in known and other.status not in ENDED:
            yield _of_theirs(other, sides, at, policy)


def _sides(held: Sequence[Ours], theirs: Iterable[Theirs], looks: Mapping[str, Look]) -> _Sides:
    seen = {one.vendor_subscription: one for one in theirs}
    # What was seen in an account that is gone says where ours were, and is there no more.
    sides = _Sides(looks, {name: one for name, one in seen.items() if not looks[one.account].gone})
    known = set()
    for one in held:
        if one.vendor_subscription is None:
            continue
        known.add(one.vendor_subscription)
        if one.status not in ENDED:
            sides.linked.setdefault(one.vendor_subscription, []).append(one.subscription)
        else:
            before = sides.last.setdefault(one.vendor_subscription, one)
            sides.last[one.vendor_subscription] = max(before, one, key=lambda each: each.told_until)
        found = seen.get(one.vendor_subscription)
        if found is not None:
            sides.accounts.setdefault(one.customer, found.account)
    failed = {account for account, look in looks.items() if look.failed is not None and not look.gone}
    provisioned = (one.account for one in held if one.account is not None)
    sides.nobodys = tuple(sorted(failed.difference(sides.accounts.values(), provisioned)))
    for one in held:
        account = sides.account_of(one)
        if account is not None and one.vendor_subscription not in sides.theirs and one.status not in ENDED:
            sides.missing.setdefault(account, []).append(one.subscription)
    for other in sides.theirs.values():
        if other.vendor_subscription not in known and other.status not in ENDED:
            sides.unlinked.setdefault(other.account, []).append(other.vendor_subscription)
            if other.migrated_from is not None:
                sides.migrated[other.migrated_from] = other.vendor_subscription
    return sides


def _of_both(one: Ours, found: Theirs, sides: _Sides, at: datetime, policy: Policy) -> Compared:
    look = sides.looks[found.account]
    verdicts = tuple(_differences(one, found))
    why = None
    others = [name for name in sides.linked.get(found.vendor_subscription, ()) if name != one.subscription]
    if others:
        why = f"linked to the same as {delay.some(others)}: relink one of them"
    elif look.failed is not None:
        why = delay.not_shown(found.account, look)
    elif one.status == "pending" or found.status == "pending":
        why = delay.pending(one, found)
    elif verdicts:
        why = delay.unsettled(one, found, look, at, policy)
    if why is not None:
        return Compared(("NOT_COMPARABLE",), one, found, found.account, look, reason=why)
    return Compared(verdicts or ("OK",), one, found, found.account, look, tuple(_warnings(one, found)))


def _differences(one: Ours, found: Theirs) -> Iterator[Verdict]:
    """Seats are compared where both sides go on; what is over is over, whatever each side calls it."""
    if one.status in ENDED or found.status in ENDED:
        if one.status not in ENDED or found.status not in ENDED:
            yield "STATUS_MISMATCH"
        return
    if one.quantity != found.quantity:
        yield "QUANTITY_MISMATCH"
    if one.status != found.status:
        yield "STATUS_MISMATCH"


def _warnings(one: Ours, found: Theirs) -> Iterator[Warning]:
    """What is to be looked at though both sides agree, while both go on: seats in use beyond those sold, renewals.

    Without auto-renew and without a scheduled cancellation it rolls into an Extended Service Term, which is dearer.
    """
    if one.status in ENDED or found.status in ENDED:
        return
    if found.used is not None and found.used > one.quantity:
        yield "USED_ABOVE_SOLD"
    if found.status != "active" or found.auto_renew is None:
        return
    if not found.auto_renew and found.scheduled_cancel is False:
        yield "EXTENDED_SERVICE_TERM"
    if found.auto_renew != one.auto_renew:
        yield "RENEWAL_DIFFERS"


def _of_ours(one: Ours, sides: _Sides, at: datetime, policy: Policy) -> Compared:
    """Ours that the vendor does not show: missing, where it can be known that its account was seen."""
    account = sides.account_of(one)
    look = None if account is None else sides.looks.get(account)
    why = _not_known_to_be_missing(one, account, look, sides, at, policy)
    if why is not None:
        return Compared(("NOT_COMPARABLE",), one, None, account, look, reason=why)
    migrated = None if one.vendor_subscription is None else sides.migrated.get(one.vendor_subscription)
    alike = [migrated] if migrated is not None else sorted(sides.unlinked.get(account or "", ()))
    return Compared(("MISSING_IN_VENDOR",), one, None, account, look, candidates=tuple(alike))


def _not_known_to_be_missing(
    one: Ours, account: str | None, look: Look | None, sides: _Sides, at: datetime, policy: Policy
) -> str | None:
    if one.status in ("pending", "failed"):
        word = "waits to be provisioned" if one.status == "pending" else "could not be provisioned"
        return f"{word}: there is nothing to compare it with"
    if look is not None:
        if look.gone:
            return None
        if look.failed is not None:
            return delay.not_shown(account or "", look)
        return delay.changed_here(one, look, policy) or delay.hinted(look, at, policy)
    if account is not None:
        return f"its account {account} was not looked at yet"
    if sides.nobodys:
        return f"its account is not known, and {delay.some(sides.nobodys)} could not be looked at"
    if not sides.looks:
        return "the vendor was not looked at yet"
    oldest = min(sides.looks.values(), key=lambda look: look.observed_at)
    return delay.changed_here(one, oldest, policy)


def _of_theirs(found: Theirs, sides: _Sides, at: datetime, policy: Policy) -> Compared:
    """Theirs that nobody here is linked to."""
    look = sides.looks[found.account]
    if look.failed is not None:
        why: str | None = delay.not_shown(found.account, look)
    elif found.status == "pending":
        why = delay.said(found)
    else:
        why = delay.hinted(look, at, policy)
    if why is not None:
        return Compared(("NOT_COMPARABLE",), None, found, found.account, look, reason=why)
    alike = tuple(sorted(sides.missing.get(found.account, ())))
    return Compared(("MISSING_IN_BSS",), None, found, found.account, look, candidates=alike)
