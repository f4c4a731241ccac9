"""Idempotency keys: a request that comes again with its key is answered as the first time, and changes nothing again.

Only what was carried out is kept, in the transaction that carried it out: a refusal changed nothing, and may be decided
otherwise when the request comes again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from typing import Any

import orjson
from psycopg import AsyncConnection

from shared.commands.decision import Decided, KeyReused
from shared.commands.desk import Asked
from shared.store.arrays import columns

_KEPT_FOR = timedelta(days=7)

_FIND = """
SELECT caller, key, fingerprint, answer FROM store.answered
JOIN unnest(%s::text[], %s::text[]) AS w (caller, key) USING (caller, key)
"""
_KEEP = """
INSERT INTO store.answered (caller, key, fingerprint, answer)
SELECT caller, key, fingerprint, answer::json
FROM unnest(%s::text[], %s::text[], %s::bytea[], %s::text[]) AS w (caller, key, fingerprint, answer)
"""
_FORGET = "DELETE FROM store.answered WHERE answered_at < clock_timestamp() - %s::interval"

Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered to a request before."""

    fingerprint: bytes
    decided: Decided


def place_of(asked: Asked[object]) -> Place | None:
    """Whose key it is; None without one. Keys of different callers have nothing to do with each other."""
    if asked.idempotency_key is None or asked.preview:
        return None
    return asked.principal.name, asked.idempotency_key


def fingerprint_of(asked: Asked[object]) -> bytes:
    """16 bytes that tell one request from another: the command and the version it is meant for."""
    return blake2b(repr((asked.command, asked.if_match)).encode(), digest_size=16).digest()


async def answered(connection: AsyncConnection, places: Iterable[Place]) -> Mapping[Place, Answered]:
    """What was answered before to requests with these keys."""
    wanted = sorted(set(places))
    if not wanted:
        return {}
    rows = await (await connection.execute(_FIND, columns(wanted, 2))).fetchall()
    return {(caller, key): Answered(bytes(fingerprint), _load(answer)) for caller, key, fingerprint, answer in rows}


def again(before: Answered, asked: Asked[object]) -> Decided:
    """The answer of the first time; KeyReused when it was another request."""
    if before.fingerprint != fingerprint_of(asked):
        raise KeyReused(
            f"the idempotency key {asked.idempotency_key!r} was used for another request: give this one its own"
        )
    return before.decided


async def keep(connection: AsyncConnection, decided: Mapping[Place, Answered]) -> None:
    """Keep new answers; psycopg.errors.UniqueViolation when the same request was answered meanwhile."""
    if decided:
        rows = ((*place, one.fingerprint, _dump(one.decided)) for place, one in sorted(decided.items()))
        await connection.execute(_KEEP, columns(rows, 4))


async def forget(connection: AsyncConnection) -> int:
    """Drop answers that are older than a week; how many."""
    return (await connection.execute(_FORGET, [_KEPT_FOR])).rowcount


def _dump(decided: Decided) -> str:
    return orjson.dumps({"body": decided.body, "etag": decided.etag, "created": decided.created}).decode()


def _load(stored: Mapping[str, Any]) -> Decided:
    return Decided(stored["body"], etag=stored["etag"], created=stored["created"])
