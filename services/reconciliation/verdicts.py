"""What a comparison says of one subscription, and what may be done about it (rules R7.3, R7.4, R7.6). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from services.reconciliation.sides import Look, Ours, Theirs

Verdict = Literal[
    "OK", "QUANTITY_MISMATCH", "STATUS_MISMATCH", "MISSING_IN_VENDOR", "MISSING_IN_BSS", "NOT_COMPARABLE"
]  # fmt: skip
Warning = Literal["EXTENDED_SERVICE_TERM", "RENEWAL_DIFFERS", "USED_ABOVE_SOLD"]
Action = Literal[
    "RELINK", "ALIGN_BSS_QUANTITY", "ALIGN_BSS_STATUS", "PUSH_QUANTITY_TO_VENDOR", "IMPORT", "IGNORE"
]  # fmt: skip

# What is a difference that somebody has to look at.
FINDINGS: Final = frozenset[Verdict](
    {"QUANTITY_MISMATCH", "STATUS_MISMATCH", "MISSING_IN_VENDOR", "MISSING_IN_BSS"}
)  # fmt: skip
# What can be done about each; what is not compared, and what agrees, needs nothing (rule R7.6).
MENDS: Final[Mapping[Verdict, tuple[Action, ...]]] = {
    "OK": (),
    "NOT_COMPARABLE": (),
    "QUANTITY_MISMATCH": ("ALIGN_BSS_QUANTITY", "PUSH_QUANTITY_TO_VENDOR", "IGNORE"),
    "STATUS_MISMATCH": ("ALIGN_BSS_STATUS", "IGNORE"),
    "MISSING_IN_VENDOR": ("RELINK", "ALIGN_BSS_STATUS", "IGNORE"),
    "MISSING_IN_BSS": ("RELINK", "IMPORT", "IGNORE"),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """A row of the comparison: one subscription or add-on of either side, or of both (rule R7.3).

    `account` and `look` are None where it is not known in which of the vendor's accounts it should be. `reason` says
    why it is not comparable. `candidates` are ids of the other side that it may be the same as.
    """

    verdicts: tuple[Verdict, ...]
    ours: Ours | None
    theirs: Theirs | None
    account: str | None
    look: Look | None
    warnings: tuple[Warning, ...] = ()
    reason: str | None = None
    candidates: tuple[str, ...] = ()

    @property
    def subscription(self) -> str | None:
        """Our id."""
        return None if self.ours is None else self.ours.subscription

    @property
    def vendor_subscription(self) -> str | None:
        """The vendor's id: where it shows none, the one that ours is linked to."""
        if self.theirs is not None:
            return self.theirs.vendor_subscription
        return None if self.ours is None else self.ours.vendor_subscription

    @property
    def actions(self) -> tuple[Action, ...]:
        """What may be done about it, each once."""
        return tuple(dict.fromkeys(action for verdict in self.verdicts for action in MENDS[verdict]))
