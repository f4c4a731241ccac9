"""Audit records become hints: whom to look at, and at which of his subscriptions."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reconciliation.vendors.connector import Hint
from services.reconciliation.vendors.microsoft.changes import RELEVANT, hint
from tests.unit.reconciliation.microsoft.surroundings import PartnerCenter, collection
from tests.unit.reconciliation.microsoft.test_reading import JSON

AT = datetime(2026, 11, 20, 9, 26, 19, 775393, UTC)


def record(**fields: Any) -> dict[str, Any]:
    standard = {
        "id": "r1", "customerId": "E905B566", "resourceType": "subscription", "operationType": "update_subscription",
        "operationDate": "2026-11-20T09:26:19.7753934Z", "operationStatus": "succeeded",
    }  # fmt: skip
    return standard | fields


def test_a_changed_subscription_is_named_by_what_it_became() -> None:
    found = hint(record(resourceNewValue=json.dumps({"Id": "924671BA", "Quantity": 5})))
    assert found == Hint("e905b566", frozenset({"924671ba"}), "update_subscription", AT)


def test_an_order_names_the_subscriptions_of_its_lines() -> None:
    order = {"Id": "o1", "LineItems": [{"SubscriptionId": "S1"}, {"SubscriptionId": None}, {"SubscriptionId": "S2"}]}
    pairs = [{"key": "OrderId", "value": "o1"}, {"key": "SubscriptionId-0", "value": "S3"}]
    found = hint(record(
        operationType="create_order", resourceType="order", resourceNewValue=json.dumps(order), customizedData=pairs,
    ))  # fmt: skip
    assert found is not None
    assert found.subscription_ids == {"s1", "s2", "s3"}


@pytest.mark.parametrize("value", ["{", "[1]", "", 7, None, "\ud800"])
def test_what_cannot_be_read_leaves_the_customer(value: object) -> None:
    assert hint(record(resourceNewValue=value)) == Hint("e905b566", frozenset(), "update_subscription", AT)


@pytest.mark.parametrize(
    "fields",
    [{"operationType": "update_customer_user_licenses"}, {"operationStatus": "failed"}, {"customerId": None},
     {"operationDate": "0001-01-01T00:00:00"}],
)  # fmt: skip
def test_other_records_are_no_hints(fields: dict[str, Any]) -> None:
    assert hint(record(**fields)) is None


@given(
    st.dictionaries(st.sampled_from(["customizedData", "resourceType", "resourceNewValue", "resourceOldValue"]), JSON)
)
def test_no_record_fails_the_others(fields: dict[str, Any]) -> None:
    found = hint(record(**fields))
    assert found is not None
    assert found.account_id == "e905b566"


def test_what_was_done_between_two_moments() -> None:
    records = [
        record(operationDate=at) for at in ("2026-11-20T07:59:59Z", "2026-11-20T08:00:00Z", "2026-11-20T10:00:00Z")
    ]
    center = PartnerCenter(collection(*records, "no record", {}))
    start, end = datetime(2026, 11, 20, 8, tzinfo=UTC), datetime(2026, 11, 20, 10, tzinfo=UTC)
    found = asyncio.run(center.connector().changed_since(start, end))
    assert [one.at for one in found] == [start]
    assert center.asked[0].url.path == "/v1/auditrecords"
    assert dict(center.asked[0].url.params) == {"startDate": "2026-11-20", "endDate": "2026-11-20", "size": "500"}


def test_the_operations_that_count_are_those_that_change_subscriptions() -> None:
    assert {"update_subscription", "create_order", "remove_partner_customer_relationship"} <= RELEVANT
    assert "ready_invoice" not in RELEVANT
