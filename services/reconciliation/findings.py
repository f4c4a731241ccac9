"""What is new of the differences with a vendor: found, found to be another, or gone (rule R7.4). Pure.

A comparison that finds what was found before says nothing, so the same sweep twice gives no second finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from services.reconciliation.bodies import Difference, difference_key
from services.reconciliation.verdicts import FINDINGS, Compared, Verdict
from shared.events.models.reconciliation import DiscrepancyFound, DiscrepancyResolved, Side

# Where the vendor was never seen to have something there is no account to name.
NO_ACCOUNT = "unknown"
AGREED = "AGREED"
# A difference that somebody looked at and lets be, while both sides stay as they are.
IGNORED = "IGNORE"
_ENDED_BY = ("resolution", "by", "reason")


@dataclass(frozen=True, slots=True)
class Known:
    """A difference that stands: found and neither gone nor mended. `ignored`: somebody lets it be as it is."""

    found: DiscrepancyFound
    state: Literal["open", "ignored"]


def found(vendor: str, row: Compared, verdict: Verdict, snapshot: str) -> DiscrepancyFound:
    """A difference as an event says it; `snapshot` where the row is of no account."""
    return DiscrepancyFound(
        vendor=vendor,
        account_id=row.account or NO_ACCOUNT,
        subscription_id=row.subscription,
        vendor_subscription_id=row.vendor_subscription,
        verdict=verdict,
        ours=None if row.ours is None else Side(quantity=row.ours.quantity, status=row.ours.status),
        theirs=None if row.theirs is None else Side(quantity=row.theirs.quantity, status=row.theirs.status),
        snapshot_id=row.look.snapshot if row.look is not None else snapshot,
    )


def resolved(
    known: DiscrepancyFound, resolution: str, *, by: str | None = None, reason: str | None = None
) -> DiscrepancyResolved:
    """The end of a difference: by agreement, or by what somebody did."""
    return DiscrepancyResolved(**_said(known), resolution=resolution, by=by, reason=reason)


def refound(known: DiscrepancyResolved, reason: str | None) -> DiscrepancyFound:
    """A difference that stands again: what was done about it came to nothing, for a reason."""
    return DiscrepancyFound(**_said(known), reason=reason)


def news(vendor: str, rows: Iterable[Compared], known: Mapping[str, Known], snapshot: str) -> Iterator[Difference]:
    """What to tell of a comparison, by what is `known` (by `difference_key`).

    What cannot be compared today neither is found nor gone.
    """
    unsure, standing = set(), set()
    for row in rows:
        if row.verdicts == ("NOT_COMPARABLE",):
            unsure.add(row.vendor_subscription or row.subscription)
        for verdict in row.verdicts:
            if verdict in FINDINGS:
                one = found(vendor, row, verdict, snapshot)
                key = difference_key(one)
                standing.add(key)
                before = known.get(key)
                if before is None or _values(before.found) != _values(one):
                    yield one
    for key, before in known.items():
        about = before.found.vendor_subscription_id or before.found.subscription_id
        if key not in standing and about not in unsure:
            yield resolved(before.found, AGREED)


def _values(one: DiscrepancyFound) -> tuple[object, ...]:
    return one.subscription_id, one.ours, one.theirs


def _said(one: Difference) -> dict[str, Any]:
    """What differs, without what became of it."""
    return {name: value for name, value in one if name in DiscrepancyFound.model_fields and name not in _ENDED_BY}
