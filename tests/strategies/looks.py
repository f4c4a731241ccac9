"""Looks: what vendors are seen to have in a few accounts, and the differences to ours that begin and end, told alike.

Few accounts, ids and instants, so that many looks are at one account, and many events about one difference.
"""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from tests.strategies.histories import OTHER_SOURCE, SOURCE, Event, History

_INSTANTS: Final = st.sampled_from(
    ("2025-02-28T23:59:59Z", "2025-03-01T00:00:00Z", "2025-03-01T08:00:00Z", "2025-06-30T12:00:00Z")
)
_VENDORS: Final = st.sampled_from(("microsoft", "panda"))
_ACCOUNTS: Final = st.sampled_from(("account-1", "account-2"))
# A vendor may write its own ids in other letters from one look to the next.
_HELD: Final = st.sampled_from(("v-1", "V-1", "v-2", "v-3"))
_STATUS: Final = st.sampled_from(("active", "suspended", "canceled"))
_SEATS: Final = st.integers(0, 3)
_SIDES: Final = st.none() | st.fixed_dictionaries({"quantity": _SEATS, "status": _STATUS})
_ENDS: Final = st.sampled_from(("AGREED", "IGNORE", "ACCEPT_VENDOR_QUANTITY"))


@st.composite
def _snapshots(draw: st.DrawFn, at: str) -> Event:
    names = draw(st.lists(_HELD, max_size=3, unique_by=str.lower))
    held = [
        {"vendor_subscription_id": name, "product_key": "office", "quantity": draw(_SEATS), "status": draw(_STATUS),
         "raw_status": "as the vendor says"}
        for name in names
    ]  # fmt: skip
    data = {"vendor": draw(_VENDORS), "account_id": draw(_ACCOUNTS), "observed_at": at}
    if draw(st.integers(0, 3)) == 3:
        return {"type": "VendorSnapshotTaken", "data": data | {"subscriptions": [], "failed": "it did not answer"}}
    return {"type": "VendorSnapshotTaken", "data": data | {"subscriptions": held}}


@st.composite
def _differences(draw: st.DrawFn) -> Event:
    data: Event = {
        "vendor": draw(_VENDORS), "account_id": draw(_ACCOUNTS), "vendor_subscription_id": draw(_HELD).lower(),
        "verdict": "QUANTITY_MISMATCH", "ours": draw(_SIDES), "theirs": draw(_SIDES), "snapshot_id": "a-look",
    }  # fmt: skip
    if draw(st.booleans()):
        return {"type": "DiscrepancyFound", "data": data}
    return {"type": "DiscrepancyResolved", "data": data | {"resolution": draw(_ENDS)}}


@st.composite
def looks(draw: st.DrawFn) -> History:
    """Up to ten events of reconciliation."""
    history = []
    for number in range(draw(st.integers(1, 10))):
        at = draw(_INSTANTS)
        said = draw(_snapshots(at) | _differences())
        history.append({"id": f"look-{number}", "source": draw(st.sampled_from((SOURCE, OTHER_SOURCE))), "time": at}
                       | said)  # fmt: skip
    return history
