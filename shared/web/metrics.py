"""What an API counts: requests by the template of their route, commands by kind and outcome, the use of its pools."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, Final

import psycopg
from prometheus_client import CollectorRegistry, Counter, Histogram, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from psycopg_pool import AsyncConnectionPool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.commands.combining import Overloaded
from shared.commands.decision import CommandRefused, Decided
from shared.commands.desk import Asked
from shared.commands.handling import Busy, Outcome

# A label has few values: what a request brings of its own is told as this.
OTHER: Final = "other"
_METHODS: Final = frozenset({"GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS"})
# Probes and scrapes come by the clock: among requests they would hide what people ask.
_NOT_COUNTED: Final = frozenset({"/healthz", "/readyz", "/metrics"})
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class ApiMetrics:
    """The families of one application. `pools` are its pools by name, filled when they are open."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.pools: dict[str, AsyncConnectionPool] = {}
        registry.register(_Pools(self.pools))
        self._requests = Counter(
            "seatledger_http_requests",
            "Requests that were answered.",
            ["route", "method", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "seatledger_http_request_seconds",
            "How long an answer took.",
            ["route", "method"],
            registry=registry,
            buckets=_BUCKETS,
        )
        self._commands = Counter(
            "seatledger_commands", "Commands that came to an end.", ["command", "outcome"], registry=registry
        )

    def answered(self, route: str, method: str, status: int | None, seconds: float) -> None:
        """A request of a route's template was answered; `status` None: whoever asked had gone."""
        method = method if method in _METHODS else OTHER
        of_status = "none" if status is None else f"{status // 100}xx"
        self._requests.labels(route, method, of_status).inc()
        self._seconds.labels(route, method).observe(seconds)

    def decided(self, asked: Asked[Any], outcome: Outcome) -> None:
        """A command came to its end, as told by a combiner."""
        # The commands of a service come in an envelope of their own: what is asked is its request.
        kind = type(getattr(asked.command, "request", asked.command)).__name__
        self._commands.labels(kind, _outcome(asked, outcome)).inc()


class Counting:
    """Wraps an application (ASGI), and counts what it answers."""

    def __init__(self, app: ASGIApp, metrics: ApiMetrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _NOT_COUNTED:
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), None

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            # The router puts the route that took the request into its scope.
            route = getattr(scope.get("route"), "path", OTHER)
            self._metrics.answered(route, scope["method"], status, time.perf_counter() - began)


class _Pools(Collector):
    def __init__(self, pools: dict[str, AsyncConnectionPool]) -> None:
        self._pools = pools

    def collect(self) -> Iterable[Metric]:
        connections = GaugeMetricFamily(
            "seatledger_database_pool_connections",
            "Connections of a pool, in use or idle.",
            labels=["pool", "state"],
        )
        limit = GaugeMetricFamily(
            "seatledger_database_pool_limit_connections", "The most connections that a pool opens.", labels=["pool"]
        )
        waiting = GaugeMetricFamily(
            "seatledger_database_pool_waiting_requests", "Requests that wait for a connection.", labels=["pool"]
        )
        for name, pool in self._pools.items():
            found = pool.get_stats()
            idle = found.get("pool_available", 0)
            connections.add_metric([name, "idle"], idle)
            connections.add_metric([name, "used"], max(found.get("pool_size", 0) - idle, 0))
            limit.add_metric([name], found.get("pool_max", 0))
            waiting.add_metric([name], found.get("requests_waiting", 0))
        return [connections, limit, waiting]


def _outcome(asked: Asked[Any], outcome: Outcome) -> str:
    if isinstance(outcome, Decided):
        return "previewed" if asked.preview else "done"
    if isinstance(outcome, CommandRefused):
        return "refused"
    # A pool that gives no connection in time is an error of psycopg too.
    return "unavailable" if isinstance(outcome, (Overloaded, Busy, psycopg.Error)) else "broken"
