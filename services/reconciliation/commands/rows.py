"""A row of the last comparison as a decision needs it, and what was told of its differences since. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.reconciliation.bodies import Difference
from services.reconciliation.verdicts import FINDINGS, MENDS, Action, Verdict
from shared.events.models.reconciliation import Status


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it stands in `reconciliation.compared`."""

    vendor: str
    verdicts: Sequence[Verdict]
    subscription: str | None
    vendor_subscription: str | None
    account: str | None
    snapshot: str
    told_until: datetime | None
    ours_quantity: int | None
    ours_status: Status | None
    theirs_quantity: int | None
    theirs_status: Status | None

    @property
    def stream(self) -> str:
        """Where what is told of its differences stands."""
        return f"discrepancy-{self.subscription or self.vendor_subscription or self.account}"

    def mended_by(self, action: Action) -> tuple[Verdict, ...]:
        """Which of its findings an action is for."""
        return tuple(one for one in self.verdicts if one in FINDINGS and action in MENDS[one])


@dataclass(frozen=True, slots=True)
class Standing:
    """A row with what was told last of each of its verdicts, the last sequence of its stream, and how the vendor's
    account stands now: the snapshot there is another one where the vendor was looked at since."""

    row: Row
    told: Mapping[str, Difference]
    sequence: int
    account_snapshot: str | None
