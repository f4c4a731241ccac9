"""The figures of one process: a registry of its own, with what every process tells of itself."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version

from prometheus_client import (
    CollectorRegistry,
    Gauge,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)


def process_registry(service: str, process: str, projections: Mapping[str, int]) -> CollectorRegistry:
    """A registry with release, process, platform and garbage collection; `process` is projector, worker or api.

    `projections` are the versions, by name, that are compiled into the process.
    """
    # Beside each counter the library would tell when it was made: a series more for each, and nobody asks.
    disable_created_metrics()  # type: ignore[no-untyped-call]  # the library has types, this function has none
    registry = CollectorRegistry()
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)
    labels = ["version", "service", "process"]
    build = Gauge("seatledger_build_info", "The release that runs here; always 1.", labels, registry=registry)
    build.labels(version("seatledger"), service, process).set(1)
    if projections:
        compiled = Gauge(
            "seatledger_projection_version",
            "The version of a projection that is compiled in.",
            ["projection"],
            registry=registry,
        )
        for name, number in projections.items():
            compiled.labels(name).set(number)
    return registry
