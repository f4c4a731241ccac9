"""Which events ask for a delivery, and that nothing else of invoicing is read more slowly for it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import orjson

from services.invoicing.delivery.asking import reactions
from services.invoicing.projection import SPEC
from shared.events.envelope import CloudEvent
from shared.events.models.documents import InvoiceIssued
from shared.events.models.subscriptions import LicensesChanged


def test_an_issued_document_asks_with_what_says_whose_it_is_and_nothing_of_its_lines() -> None:
    model = InvoiceIssued.model_construct(
        number="INV-1", recipient="res-1", kind="invoice", date=date(2026, 2, 1), customer=None, currency="EUR",
        net=Decimal(80), tax=Decimal(0), gross=Decimal(80), lines=(), taxes=(),
    )  # fmt: skip
    time = datetime(2026, 2, 2, tzinfo=UTC)
    event = CloudEvent("7", "urn:seatledger:invoicing", "InvoiceIssued", time, b"{}", subject="INV-1")
    (reaction,) = reactions(event, model)
    assert (reaction.consumer, reaction.event_id, reaction.subject) == ("delivery", "7", "INV-1")
    assert orjson.loads(reaction.data) == {"time": "2026-02-02T00:00:00Z", "number": "INV-1", "recipient": "res-1"}


def test_another_event_asks_for_nothing() -> None:
    model = LicensesChanged.model_construct(subscription_id="sub-1", customer_id="cus-1", quantity=3)
    event = CloudEvent("8", "urn:test", "LicensesChanged", datetime(2026, 2, 2, tzinfo=UTC), b"{}")
    assert list(reactions(event, model)) == []


def test_the_projection_still_reads_plain_events_without_their_models() -> None:
    assert SPEC.plainly
