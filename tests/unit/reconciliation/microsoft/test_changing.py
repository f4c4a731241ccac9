"""What is sent back to Partner Center: everything that came, with one thing changed."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given

from services.reconciliation.vendors.connector import Refused
from services.reconciliation.vendors.microsoft.changing import Change, to_canceled, to_quantity, to_status
from tests.unit.reconciliation.microsoft.surroundings import NOW
from tests.unit.reconciliation.microsoft.test_reading import JSON

OPEN, CLOSED = "2026-11-25T00:00:00Z", "2026-11-01T00:00:00Z"
OFFER = "CFQ7TTC0LH18:0001:CFQ7TTC0P0WS"


def subscription(**fields: Any) -> dict[str, Any]:
    standard = {
        "id": "S1", "offerId": OFFER, "quantity": 10, "status": "active", "autoRenewEnabled": True,
        "cancellationAllowedUntilDate": OPEN, "attributes": {"etag": "abc", "objectType": "Subscription"},
    }  # fmt: skip
    return standard | fields


def refundable(*parts: tuple[int, str]) -> dict[str, Any]:
    details = [{"quantity": quantity, "allowedUntilDateTime": until} for quantity, until in parts]
    return {"totalQuantity": sum(quantity for quantity, _ in parts), "details": details}


@given(JSON)
def test_fields_that_nobody_knows_go_back_untouched(unknown: object) -> None:
    of = subscription(somethingNew=unknown, scheduledNextTermInstructions={"quantity": 3})
    before = copy.deepcopy(of)
    changed = to_quantity(12, NOW)(of)
    # Compared as text, as a number that is none is not even itself.
    assert repr(changed) == repr({**before, "quantity": 12})
    assert repr(of) == repr(before), "what was read stays as it was"


def test_a_resource_with_capitals_goes_back_with_capitals() -> None:
    of = {"Id": "S1", "OfferId": OFFER, "Quantity": 2, "Status": "active"}
    assert to_quantity(3, NOW)(of) == {**of, "Quantity": 3}
    assert to_status("suspended")(of) == {**of, "Status": "suspended"}


@pytest.mark.parametrize(
    ("change", "of"),
    [
        (to_quantity(10, NOW), subscription()),
        (to_quantity(10, NOW), subscription(status="expired")),
        (to_status("suspended"), subscription(status="suspended")),
        (to_status("active"), subscription()),
        (to_canceled(NOW), subscription(status="deleted", cancellationAllowedUntilDate=CLOSED)),
    ],
)
def test_what_is_so_already_is_not_asked_for(change: Change, of: dict[str, Any]) -> None:
    assert change(of) is None


def test_more_seats_at_any_time() -> None:
    changed = to_quantity(11, NOW)(subscription(refundableQuantity=refundable((1, CLOSED))))
    assert changed is not None
    assert changed["quantity"] == 11


def test_fewer_seats_as_far_as_the_window_allows() -> None:
    of = subscription(refundableQuantity=refundable((3, OPEN), (4, CLOSED)))
    changed = to_quantity(7, NOW)(of)
    assert changed is not None
    assert changed["quantity"] == 7
    with pytest.raises(Refused, match="4 seats are to be given back and Microsoft takes 3 back now"):
        to_quantity(6, NOW)(of)


def test_fewer_seats_after_the_window() -> None:
    with pytest.raises(Refused, match=r"could be given back until 2026-11-01T00:00\+00:00; schedule it"):
        to_quantity(9, NOW)(subscription(cancellationAllowedUntilDate=CLOSED))


def test_the_old_commerce_has_no_window_for_seats() -> None:
    changed = to_quantity(1, NOW)(subscription(offerId="DB2E705F", cancellationAllowedUntilDate=CLOSED))
    assert changed is not None
    assert changed["quantity"] == 1


def test_no_seats_is_no_quantity() -> None:
    with pytest.raises(Refused, match="cancel it instead"):
        to_quantity(0, NOW)(subscription())


@pytest.mark.parametrize("status", ["expired", "disabled", "deleted", "Expired"])
def test_what_has_ended_does_not_come_back(status: str) -> None:
    for change in (to_quantity(11, NOW), to_status("active"), to_status("suspended")):
        with pytest.raises(Refused, match="has ended"):
            change(subscription(status=status))


def test_cancelling_has_a_window() -> None:
    changed = to_canceled(NOW)(subscription())
    assert changed is not None
    assert changed["status"] == "deleted"
    with pytest.raises(Refused, match="could be cancelled until 2026-11-01"):
        to_canceled(NOW)(subscription(cancellationAllowedUntilDate=CLOSED))
    with pytest.raises(Refused, match="suspend it"):
        to_canceled(NOW)(subscription(offerId="DB2E705F"))


def test_of_two_ways_to_schedule_only_the_newer_is_sent() -> None:
    actions = [{"scheduleType": "TermEnd", "actionType": "Cancel"}]
    of = subscription(scheduledActions=actions, scheduledNextTermInstructions={"quantity": 3})
    changed = to_quantity(12, NOW)(of)
    assert changed is not None
    assert changed["scheduledActions"] == actions
    assert "scheduledNextTermInstructions" not in changed
