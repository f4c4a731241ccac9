"""What a projector counts, by batch, and from when on it is held for silent."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from shared.projections.generations import Generation
from shared.projections.metrics import Observed, ProjectorMetrics
from shared.projections.runner import Applied

GENERATION = Generation("orders", 2, 4, "live")


class Clock:
    """A monotonic clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def value(registry: CollectorRegistry, name: str, **more: str) -> float | None:
    return registry.get_sample_value(f"seatledger_projector_{name}", {"projection": "orders", "generation": "2"} | more)


def test_a_batch_is_counted_with_its_events_by_type() -> None:
    registry = CollectorRegistry()
    observed = ProjectorMetrics(registry).of(GENERATION)

    applied = Applied(events=3, duplicates=1, facts=4, streams=2, parked=1, dead=1)
    observed.batch(["OrderExecuted", "LicensesChanged", "OrderExecuted"], applied, seconds=0.3)

    assert value(registry, "events_total", type="OrderExecuted") == 2
    assert value(registry, "events_total", type="LicensesChanged") == 1
    counted = ("duplicates", "facts", "streams_folded", "streams_parked", "dead_letters")
    assert [value(registry, f"{name}_total") for name in counted] == [1, 4, 2, 1, 1]
    assert value(registry, "batch_seconds_bucket", le="0.25") == 0
    assert value(registry, "batch_seconds_bucket", le="0.5") == 1


def test_interruptions_are_told_from_zero_on_by_their_reason() -> None:
    registry = CollectorRegistry()
    observed = ProjectorMetrics(registry).of(GENERATION)

    observed.interrupted("position_lost")

    assert value(registry, "interruptions_total", reason="position_lost") == 1
    assert value(registry, "interruptions_total", reason="database_away") == 0


def test_it_is_silent_until_it_has_its_partitions_and_when_it_has_not_polled_for_a_minute() -> None:
    clock = Clock()
    observed = Observed(ProjectorMetrics(), GENERATION, clock)

    before = observed.silent()
    observed.assigned()
    clock.at = 60.0
    reading = observed.silent()
    clock.at = 61.0
    late = observed.silent()
    observed.polled()

    assert before == "no partitions are assigned yet"
    assert reading is None
    assert late == "the log was last read 61 s ago"
    assert observed.silent() is None


def test_it_is_silent_from_an_interruption_until_it_reads_on() -> None:
    observed = ProjectorMetrics().of(GENERATION)
    observed.assigned()

    observed.interrupted("database_away", "the database does not answer")
    away = observed.silent()
    observed.assigned()

    assert away == "the database does not answer"
    assert observed.silent() is None
