"""/healthz, /readyz and /metrics of a process that has no API: a thread beside its event loop.

A thread, because it is to say that the loop is stuck, and because what is read for a scrape must not keep the loop.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import Context, copy_context
from http import HTTPStatus
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import structlog
from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer

from shared.errors import UserError
from shared.monitoring.checks import Checks, Readiness
from shared.monitoring.heartbeat import Heartbeat

# Whoever asks all the time costs the database one connection a second.
_KEEP_S = 1.0
_STOPS_WITHIN_S = 0.1
_log = structlog.get_logger("monitoring")


class Monitor:
    """The WSGI application behind the listener."""

    def __init__(
        self,
        heartbeat: Heartbeat,
        checks: Checks,
        registry: CollectorRegistry,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._heartbeat, self._checks, self._now = heartbeat, checks, now
        self._metrics: WSGIApplication = make_wsgi_app(registry)
        self._lock = threading.Lock()
        self._found: tuple[float, Readiness] | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "GET":
            return _answer(start_response, 405, {"status": "only GET"})
        match environ["PATH_INFO"]:
            case "/metrics":
                return self._metrics(environ, start_response)
            case "/healthz":
                stuck = self._heartbeat.stuck()
                found = {"status": "ok"} if stuck is None else {"status": "stuck", "reason": stuck}
                return _answer(start_response, 200 if stuck is None else 503, found)
            case "/readyz":
                readiness = self._readiness()
                return _answer(start_response, readiness.status, readiness.document)
            case _:
                return _answer(start_response, 404, {"status": "there are /healthz, /readyz and /metrics"})

    def _readiness(self) -> Readiness:
        with self._lock:
            if self._found is None or self._now() >= self._found[0] + _KEEP_S:
                self._found = (self._now(), asyncio.run(self._checks.look()))
            return self._found[1]


class _Handler(WSGIRequestHandler):
    # Who connects and says nothing holds a thread no longer than this.
    timeout = 10.0

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a probe every second is no news."""


class _Server(ThreadingWSGIServer):
    # Probes of several at once wait for nothing.
    request_queue_size = 64
    # What is bound to every line of the log: a new thread would begin without.
    context: Context

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        self.context.copy().run(super().process_request_thread, request, client_address)

    def handle_error(self, request: object, client_address: object) -> None:
        _log.warning("request failed", client=str(client_address), exc_info=True)


class _Server6(_Server):
    address_family = socket.AF_INET6


@contextmanager
def listening(host: str, port: int, monitor: Monitor) -> Iterator[int]:
    """Answer for the time of the block, on `port` (0: any that is free); gives the port.

    Raises UserError where nothing can listen there.
    """
    try:
        server = make_server(host, port, monitor, _Server6 if ":" in host else _Server, _Handler)
    except OSError as error:
        raise UserError(
            f"nothing can listen on {host} port {port} ({error.strerror or error}): "
            "give another address in SEATLEDGER_METRICS_HOST and SEATLEDGER_METRICS_PORT"
        ) from None
    server.context = copy_context()
    taken: int = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=[_STOPS_WITHIN_S], name="monitoring", daemon=True)
    thread.start()
    _log.info("listening", host=host, port=taken)
    try:
        yield taken
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(start_response: StartResponse, status: int, document: Mapping[str, object]) -> Iterable[bytes]:
    content = json.dumps(document).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(content)))]
    start_response(f"{status} {HTTPStatus(status).phrase}", headers)
    return [content]
