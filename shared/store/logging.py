"""Logs: structlog to standard error as JSON by orjson, one line a batch, the service's name in each."""

from __future__ import annotations

import logging
import sys

import orjson
import structlog


def configure_logging(service: str, level: str = "info") -> None:
    """Set up structured logs of this process; `level` is debug, info, warning or error."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        cache_logger_on_first_use=True,
        wrapper_class=structlog.make_filtering_bound_logger(number),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=_as_json),
        ],
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
    )
    structlog.contextvars.bind_contextvars(service=service)
    # aiokafka and psycopg log through the standard library; their warnings go to the same stream, one line each.
    logging.basicConfig(level=max(number, logging.WARNING), format="%(name)s %(levelname)s %(message)s")


def _as_json(line: object, **_: object) -> bytes:
    return orjson.dumps(line, default=str)
