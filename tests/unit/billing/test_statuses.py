"""Suspension and provisioning: what a subscription is on a day, and until when it goes on (R5.7, R5.8, R8.2)."""

from __future__ import annotations

import pytest

from shared.billing.folding import fold
from shared.billing.masterdata import MasterData
from tests.billing_dsl import (
    Event,
    auto_renew,
    canceled,
    converted,
    facts_from,
    given,
    of,
    ordered,
    reactivated,
    suspended,
)


def provisioned(on: str) -> Event:
    return of("SubscriptionProvisioned", on)


def failed(on: str) -> Event:
    return of("ProvisioningFailed", on)


@pytest.mark.parametrize(
    ("events", "statuses"),
    [
        pytest.param([], ["active", "active", "active"], id="nothing said"),
        pytest.param([failed("2025-03-10")], ["active", "failed", "failed"], id="failed"),
        pytest.param([failed("2025-03-10"), provisioned("2025-03-11")], ["active", "failed", "active"], id="then done"),
        pytest.param([suspended(on="2025-03-10")], ["active", "suspended", "suspended"], id="suspended"),
        pytest.param(
            [suspended(on="2025-03-10"), reactivated(on="2025-03-11")], ["active", "suspended", "active"], id="and back"
        ),
        pytest.param(
            [suspended(on="2025-03-10"), provisioned("2025-03-11")], ["active", "suspended", "suspended"],
            id="one that is suspended stays so",
        ),
        pytest.param(
            [suspended(on="2025-03-10"), failed("2025-03-11")], ["active", "suspended", "failed"], id="but may fail"
        ),
        pytest.param(
            [suspended(on="2025-03-11"), provisioned("2025-03-10")], ["active", "active", "suspended"],
            id="provisioned before it was suspended",
        ),
        pytest.param(
            [suspended(on="2025-03-10T08:00:00Z"), provisioned("2025-03-10T09:00:00Z")],
            ["active", "suspended", "suspended"], id="suspended that day",
        ),
    ],
)  # fmt: skip
def test_the_status_of_a_day(events: list[Event], statuses: list[str]) -> None:
    history = given(ordered(1, on="2025-03-01"), *events)

    days = ["2025-03-09", "2025-03-10", "2025-03-11"]
    assert [history.until(day).subscription["status"] for day in days] == statuses


def test_provisioning_is_kept_with_its_day_its_instant_and_its_event() -> None:
    facts = facts_from([ordered(1, on="2025-03-01"), failed("2025-03-10T08:00:00Z"), provisioned("2025-03-11")])
    timeline = fold("sub-1", [fact for fact in facts if fact.scope == "subscription"], MasterData.of(facts))

    assert timeline is not None
    assert [(str(one.on), one.at.isoformat(), one.status, one.by.id) for one in timeline.statuses] == [
        ("2025-03-10", "2025-03-10T08:00:00+00:00", "failed", "2"),
        ("2025-03-11", "2025-03-11T00:00:00+00:00", "active", "3"),
    ]


def test_provisioning_may_be_said_of_what_has_ended() -> None:
    result = given(ordered(1, on="2025-03-01"), canceled(on="2025-03-05"), provisioned("2025-03-10")).until(
        "2025-03-10"
    )

    assert (result.rejected, result.subscription["status"]) == ([], "canceled")


@pytest.mark.parametrize(
    ("events", "status"),
    [
        pytest.param([auto_renew(False, on="2025-03-05")], "expired", id="it does not renew"),
        pytest.param(
            [auto_renew(False, on="2025-03-05"), canceled(on="2025-03-20")], "canceled", id="but is canceled before"
        ),
        pytest.param(
            [auto_renew(False, on="2025-03-05"), canceled(on="2025-03-20", sub="base")], "canceled",
            id="but its parent ends before",
        ),
        pytest.param(
            [canceled(on="2025-03-05", mode="end_of_term"), canceled(on="2025-03-20", sub="base")], "canceled",
            id="canceled with the term, its parent before",
        ),
    ],
)  # fmt: skip
def test_what_ends_it_first_ends_it(events: list[Event], status: str) -> None:
    history = given(
        ordered(1, on="2025-03-01", sub="base"), ordered(1, on="2025-03-01", parent_subscription_id="base"), *events
    )

    def on(day: str) -> str:
        return next(str(one["status"]) for one in history.until(day).subscriptions if one["subscription"] == "sub-1")

    assert on("2025-04-01") == status
    assert on("2025-03-20") == ("active" if status == "expired" else "canceled")


@pytest.mark.parametrize(
    ("events", "vendor_id", "told_until"),
    [
        pytest.param([ordered(1, on="2025-03-01")], None, "2025-03-01", id="the order says none"),
        pytest.param(
            [ordered(1, on="2025-03-01", vendor_subscription_id="V1")], "V1", "2025-03-01", id="the order says one"
        ),
        pytest.param(
            [
                ordered(1, on="2025-03-01", vendor_subscription_id="V1"),
                of("SubscriptionProvisioned", "2025-03-10", vendor_subscription_id="V2"),
            ],
            "V2", "2025-03-10", id="provisioned as another",
        ),
        pytest.param(
            [ordered(1, on="2025-03-01", vendor_subscription_id="V1"), provisioned("2025-03-10")],
            "V1", "2025-03-10", id="provisioned without a word about it",
        ),
        pytest.param(
            [
                ordered(1, on="2025-03-01", vendor_subscription_id="V1"),
                of("ProvisioningFailed", "2025-03-10", vendor_subscription_id="V2"),
            ],
            "V1", "2025-03-10", id="what failed has no id",
        ),
        pytest.param(
            [
                ordered(1, on="2025-03-01", vendor_subscription_id="V1"),
                converted("2025-03-12", vendor_subscription_id="V3"),
                provisioned("2025-03-10"),
            ],
            "V3", "2025-03-12", id="converted into another, told first",
        ),
    ],
)  # fmt: skip
def test_what_the_vendor_calls_it_and_when_the_latest_was_known(
    events: list[Event], vendor_id: str | None, told_until: str
) -> None:
    facts = facts_from(events)
    timeline = fold("sub-1", [fact for fact in facts if fact.scope == "subscription"], MasterData.of(facts))

    assert timeline is not None
    assert timeline.vendor_id == vendor_id
    assert str(timeline.told_until and timeline.told_until.date()) == told_until
