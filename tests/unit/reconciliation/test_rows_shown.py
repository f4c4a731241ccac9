"""A row as the API shows it: what stands may be mended, by who may; what was settled since needs nothing more."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from services.reconciliation.rows_shown import differences_of, row_shown

AT = datetime(2026, 3, 2, tzinfo=UTC)
BOTH = {
    "vendor": "microsoft", "row": "s:S1", "verdicts": ["QUANTITY_MISMATCH", "STATUS_MISMATCH"], "subscription": "S1",
    "vendor_subscription": "v1", "account": "acc-1", "customer": "cus-1", "reseller": None, "product": "office",
    "product_key": "office:1", "name": "Office", "is_addon": False, "is_trial": False, "ours_quantity": 3,
    "ours_status": "active", "theirs_quantity": 4, "theirs_status": "suspended", "raw_status": "Suspended",
    "warnings": [], "reason": None, "candidates": [], "snapshot": "s-1", "looked_at": AT, "told_until": AT,
}  # fmt: skip
EVERY = ["ALIGN_BSS_QUANTITY", "PUSH_QUANTITY_TO_VENDOR", "IGNORE", "ALIGN_BSS_STATUS"]
QUANTITY = "microsoft/v1/QUANTITY_MISMATCH"


def told(resolution: str | None = None, state: str = "over") -> dict[str, Any]:
    return {
        QUANTITY: {"verdict": "QUANTITY_MISMATCH", "state": state, "found_at": AT, "ended_at": None,
                   "resolution": resolution, "by": None, "reason": None},
    }  # fmt: skip


def test_its_differences_are_known_by_the_vendors_id_and_else_by_ours() -> None:
    assert differences_of(BOTH) == [QUANTITY, "microsoft/v1/STATUS_MISMATCH"]
    assert differences_of({**BOTH, "vendor_subscription": None})[0] == "microsoft/S1/QUANTITY_MISMATCH"
    assert (
        differences_of({**BOTH, "verdicts": ["NOT_COMPARABLE"]}) == differences_of({**BOTH, "verdicts": ["OK"]}) == []
    )


# What is over by itself stands again in this row, and is projected in a moment.
@pytest.mark.parametrize(("resolution", "state"), [(None, "open"), ("AGREED", "over"), ("CHANGED", "over")])
def test_every_action_is_named_once_while_its_differences_stand(resolution: str | None, state: str) -> None:
    assert row_shown(BOTH, told(resolution, state), may_act=True).actions == EVERY
    assert row_shown(BOTH, {}, may_act=True).actions == EVERY


def test_what_somebody_settled_is_no_reason_for_an_action() -> None:
    shown = row_shown(BOTH, told("ALIGN_BSS_QUANTITY"), may_act=True)
    assert shown.actions == ["ALIGN_BSS_STATUS", "IGNORE"]
    assert [(one.verdict, one.state) for one in shown.differences] == [("QUANTITY_MISMATCH", "over")]


def test_what_is_ignored_may_still_be_mended() -> None:
    alone = {**BOTH, "verdicts": ["QUANTITY_MISMATCH"]}
    shown = row_shown(alone, told("IGNORE", "ignored"), may_act=True)
    assert shown.actions == ["ALIGN_BSS_QUANTITY", "PUSH_QUANTITY_TO_VENDOR"]
    assert [(one.verdict, one.state) for one in shown.differences] == [("QUANTITY_MISMATCH", "ignored")]


def test_who_may_not_act_is_shown_no_action() -> None:
    assert row_shown(BOTH, told("AGREED"), may_act=False).actions == []


def test_a_side_that_is_not_there_is_null() -> None:
    theirs_alone = row_shown({**BOTH, "ours_status": None, "ours_quantity": None}, {}, may_act=True)
    ours_alone = row_shown({**BOTH, "theirs_status": None, "theirs_quantity": None}, {}, may_act=True)
    assert (theirs_alone.ours, ours_alone.theirs) == (None, None)
    assert (theirs_alone.theirs and theirs_alone.theirs.raw_status, ours_alone.ours and ours_alone.ours.quantity) == (
        "Suspended", 3,
    )  # fmt: skip
