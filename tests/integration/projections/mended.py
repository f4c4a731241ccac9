"""Releases that know better: a handler that does not fail, and one that knows version 2 of a licence change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from shared.billing.facts import Fact
from shared.events.envelope import CloudEvent
from shared.events.facts import facts_of
from shared.events.models.base import EventModel
from shared.events.registry import EVENT_TYPES
from shared.projections.spec import ProjectionSpec, Rows, Stream
from tests.integration.projections.generation import Worker
from tests.integration.projections.seats import CHANGE, SEATS, SPEC, SeatsFold, View


class MendedFold(SeatsFold):
    """Takes "explodes" for the product that it is."""

    def rows(self, view: View, extra: None) -> Rows:
        return super().rows(view._replace(state=replace(view.state, product="office")), extra)


def mended(spec: ProjectionSpec = SPEC) -> ProjectionSpec:
    """The projection in the release whose handler does not fail."""
    return replace(spec, streams=(Stream("subscription", MendedFold(), (SEATS, CHANGE)),))


def knows_version_2(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on this is a release that knows version 2 of LicensesChanged, which says what version 1 said."""
    known = EVENT_TYPES["LicensesChanged"]
    monkeypatch.setitem(EVENT_TYPES, "LicensesChanged", replace(known, version=2))


def at_fault(event: CloudEvent, model: EventModel) -> Iterable[Fact]:
    """A fault of ours: no event can be taken in."""
    raise RuntimeError("a fault of ours")


def faulty_with(spec: ProjectionSpec, *ids: str) -> ProjectionSpec:
    """The projection in a release that cannot take these events in."""

    def facts(event: CloudEvent, model: EventModel) -> Iterable[Fact]:
        return at_fault(event, model) if event.id in ids else facts_of(event, model)

    return replace(spec, facts_of=facts)


async def everything(worker: Worker) -> list[list[tuple[object, ...]]]:
    """All that is a function of facts and clock: rows, and states without their bookkeeping."""
    return [
        list(await worker.rows(query))
        for query in (
            "SELECT * FROM seats ORDER BY subscription",
            "SELECT * FROM change ORDER BY subscription, nth",
            "SELECT scope, scope_id, state, depends_on FROM state ORDER BY scope, scope_id",
            "SELECT scope, scope_id, source, id, body::text FROM fact ORDER BY scope, scope_id, source, id",
        )
    ]
