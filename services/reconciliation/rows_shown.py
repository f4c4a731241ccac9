"""A row of the comparison with what was told of its differences, as the API shows it. Pure (rules R7.3, R7.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.reconciliation.bodies import difference_about
from services.reconciliation.findings import AGREED, IGNORED
from services.reconciliation.queries import Row
from services.reconciliation.shown import ComparedRow, DifferenceState, Ours, Theirs
from services.reconciliation.verdicts import FINDINGS, MENDS, Action

# Ends of a difference that nobody brought about: it may stand again before that is projected.
_BY_ITSELF = (None, AGREED, "CHANGED")


def differences_of(row: Row) -> Sequence[str]:
    """What the differences of a row are known by."""
    about = row["vendor_subscription"] or row["subscription"] or row["account"]
    return [difference_about(row["vendor"], about, verdict) for verdict in row["verdicts"] if verdict in FINDINGS]


def row_shown(row: Row, told: Mapping[str, Row], *, may_act: bool) -> ComparedRow:
    """The row for somebody who may act on it or not: what was settled since the comparison needs nothing more.

    What is ignored may still be mended.
    """
    states = [DifferenceState(**told[key]) for key in differences_of(row) if key in told]
    ignored = {one.verdict for one in states if one.state == "ignored"}
    settled = {one.verdict for one in states if one.resolution not in _BY_ITSELF} - ignored
    actions = (
        action
        for verdict in row["verdicts"] if verdict not in settled
        for action in MENDS[verdict] if verdict not in ignored or action != IGNORED
    )  # fmt: skip
    found: tuple[Action, ...] = tuple(dict.fromkeys(actions)) if may_act else ()
    ours, theirs = None, None
    if row["ours_status"] is not None:
        ours = Ours(quantity=row["ours_quantity"], status=row["ours_status"])
    if row["theirs_status"] is not None:
        theirs = Theirs(quantity=row["theirs_quantity"], status=row["theirs_status"], raw_status=row["raw_status"])
    return ComparedRow(
        **{name: row[name] for name in ComparedRow.model_fields if name in row},
        ours=ours, theirs=theirs, last_checked=row["looked_at"], actions=list(found), differences=states,
    )  # fmt: skip
