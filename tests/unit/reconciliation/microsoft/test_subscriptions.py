"""A subscription of Partner Center becomes an entitlement of ours (rules R7.4, R7.5)."""

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reconciliation.vendors.connector import Entitlement
from services.reconciliation.vendors.microsoft.subscriptions import WithoutId, entitlement
from shared.events.models.reconciliation import VendorSubscription
from tests.unit.reconciliation.microsoft.test_reading import JSON

NEW: dict[str, Any] = {"id": "S1", "offerId": "CFQ7TTC0LH18:0001:CFQ7TTC0P0WS", "quantity": 5, "status": "active"}
OLD: dict[str, Any] = {"id": "S1", "offerId": "DB2E705F-B82A-4024-A3D5-D88E12F2DB35", "quantity": 5, "status": "active"}


def read(of: dict[str, Any] = NEW, **fields: Any) -> Entitlement:
    return entitlement({**of, **fields})


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("active", "active"), ("suspended", "suspended"), ("deleted", "canceled"), ("expired", "expired"),
     ("disabled", "disabled"), ("pending", "pending"), ("none", "pending"), ("Active", "active")],
)  # fmt: skip
def test_every_status_has_one_of_ours(theirs: str, ours: str) -> None:
    found = read(status=theirs)
    assert (found.status, found.raw_status) == (ours, theirs)


def test_a_status_that_nobody_knows_is_pending_and_keeps_its_word() -> None:
    found = read(status="HibernatingV2")
    assert (found.status, found.raw_status, found.quantity) == ("pending", "HibernatingV2", 5)


@pytest.mark.parametrize("quantity", ["many", None, -3, 2.5, True, {}])
def test_a_quantity_that_cannot_be_read_lets_nothing_be_concluded(quantity: object) -> None:
    found = read(quantity=quantity)
    assert (found.status, found.quantity) == ("pending", 0)
    assert found.raw_status == "active, with a quantity that cannot be read"


def test_a_name_is_as_long_as_an_event_takes() -> None:
    assert read(friendlyName="x" * 5000).name == "x" * 300
    assert read(friendlyName=" ", offerName="y" * 5000).name == "y" * 300


def test_a_subscription_without_an_id_is_none() -> None:
    with pytest.raises(WithoutId):
        entitlement({**NEW, "id": None})


def test_names_with_capitals_and_numbers_as_text_read_the_same() -> None:
    capitals = {name[0].upper() + name[1:]: value for name, value in {**NEW, "quantity": "5"}.items()}
    assert entitlement(capitals) == read()


def test_the_product_is_named_whichever_availability_it_came_from() -> None:
    assert read().product_key == read(offerId="CFQ7TTC0LH18:0001:ANOTHER").product_key == "cfq7ttc0lh18:0001"
    assert read(OLD).product_key == "db2e705f-b82a-4024-a3d5-d88e12f2db35"
    assert read(offerId="MS-AZR-0145P").product_key == "ms-azr-0145p"


def test_an_offer_that_is_not_named_is_found_in_its_link() -> None:
    links = {"offer": {"uri": "/v1/offers/0CCA44D6-68E9-4762-94EE-31ECE98783B9?country=US"}}
    assert read(offerId=None, links=links).product_key == "0cca44d6-68e9-4762-94ee-31ece98783b9"
    assert read(offerId=None).product_key == "unknown"


def test_the_last_day_belongs_to_a_term_of_the_new_commerce() -> None:
    expected = datetime(2024, 7, 4, 23, 59, 59, tzinfo=UTC)
    day, twin = "2024-07-04T00:00:00Z", "2024-07-04T23:59:59Z"
    assert read(commitmentEndDate=day).term_end == expected
    assert read(commitmentEndDate=day, commitmentEndDateTime=twin).term_end == expected
    assert read(commitmentEndDate=day, commitmentEndDateTime=day).term_end == expected


def test_a_moment_in_another_offset_stays_that_moment() -> None:
    found = read(commitmentEndDate="2024-07-04T00:00:00Z", commitmentEndDateTime="2024-07-04T23:59:59-08:00")
    assert found.term_end == datetime(2024, 7, 5, 7, 59, 59, tzinfo=UTC)


def test_the_end_does_not_belong_to_a_term_of_the_old_commerce() -> None:
    expected = datetime(2025, 5, 6, 23, 59, 59, tzinfo=UTC)
    assert read(OLD, commitmentEndDate="2025-05-07T00:00:00Z").term_end == expected
    twin = {"commitmentEndDate": "2025-05-07T00:00:00Z", "commitmentEndDateTime": "2025-05-07T00:00:00Z"}
    assert read(OLD, **twin).term_end == expected


@pytest.mark.parametrize("end", ["9999-12-10T00:00:00Z", "0001-01-01T00:00:00", None, "unset"])
@pytest.mark.parametrize("of", [NEW, OLD])
def test_no_end(of: dict[str, Any], end: str | None) -> None:
    assert read(of, commitmentEndDate=end).term_end is None


def test_whether_it_ends_with_its_term() -> None:
    actions = [{"scheduleType": "TermEnd", "actionType": "Cancel"}]
    assert read(autoRenewEnabled=False, scheduledActions=actions).scheduled_cancel is True
    assert read(autoRenewEnabled=False).scheduled_cancel is False, "it would run on into an extended service term"
    extended = [{"scheduleType": "TermEnd", "actionType": "RenewToExtendedServiceTerm"}]
    assert read(autoRenewEnabled=False, scheduledActions=extended).scheduled_cancel is False
    assert read(OLD, autoRenewEnabled=False).scheduled_cancel is None


def test_what_can_be_given_back_and_until_when() -> None:
    details = [
        {"quantity": 1, "allowedUntilDateTime": "2024-06-12T19:27:03.440527Z"},
        {"quantity": 2, "allowedUntilDateTime": "2024-06-14T17:41:13.4675407Z"},
    ]
    found = read(
        cancellationAllowedUntilDate="2024-06-12T19:27:03.440527Z",
        refundableQuantity={"totalQuantity": 3, "details": details},
    )
    assert (found.reducible, found.window_end) == (3, datetime(2024, 6, 14, 17, 41, 13, 467540, UTC))


def test_while_suspended_only_the_cancellation_has_a_window() -> None:
    found = read(cancellationAllowedUntilDate="2024-06-12T19:27:03Z", refundableQuantity=None)
    assert (found.reducible, found.window_end) == (None, datetime(2024, 6, 12, 19, 27, 3, tzinfo=UTC))


def test_add_ons_trials_and_former_ids() -> None:
    found = read(parentSubscriptionId="1C2B75C1", migratedFromSubscriptionId="9E289691", isTrial=True)
    assert (found.parent_id, found.migrated_from, found.is_trial) == ("1c2b75c1", "9e289691", True)
    assert (read().parent_id, read().migrated_from, read().is_trial) == (None, None, None)


@given(
    st.dictionaries(
        st.sampled_from([
            "offerId", "quantity", "status", "friendlyName", "commitmentEndDate", "commitmentEndDateTime", "isTrial",
            "scheduledActions", "refundableQuantity", "parentSubscriptionId", "autoRenewEnabled", "links",
            "cancellationAllowedUntilDate", "migratedFromSubscriptionId", "somethingNew",
        ]),
        JSON | st.datetimes().map(lambda at: at.isoformat() + "Z"),
    )
)  # fmt: skip
def test_whatever_stands_in_the_fields_one_subscription_is_read_and_fits_an_event(fields: dict[str, Any]) -> None:
    found = entitlement({"id": "S1", **fields})
    kept = {field.name for field in dataclasses.fields(Entitlement)} & set(VendorSubscription.model_fields)
    said = {name: value for name in kept if (value := getattr(found, name)) is not None}
    assert VendorSubscription(**said).vendor_subscription_id == "s1"
    assert found.status in ("pending", "active", "suspended", "expired", "disabled", "canceled")
