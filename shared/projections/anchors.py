"""Anchors: one row for each thing that facts are about, locked before anything about it is read.

Without them two workers that bring a new subscription's first two facts each read before the other has stored: both
fold one fact, and nobody ever folds both. A new row holds the second worker back as a lock on an old one does.

Locks are taken in one order by everyone: inserts first, sorted; then scope by scope, sorted, streams last. Within a
scope all locks of a batch are of one strength: shares mixed with exclusive ones could close a circle.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from psycopg import AsyncConnection

from shared.projections.spec import Key
from shared.store.arrays import columns, literal

_INSERT = """
INSERT INTO anchor (scope, scope_id)
SELECT scope, scope_id FROM unnest(%s::text[], %s::text[]) AS w (scope, scope_id)
ORDER BY scope, scope_id ON CONFLICT DO NOTHING RETURNING scope, scope_id
"""
_SHARE = """
SELECT FROM anchor WHERE scope = %s AND scope_id = ANY(%s::text[]) ORDER BY scope_id FOR SHARE
"""
_UPDATE = """
SELECT FROM anchor WHERE scope = %s AND scope_id = ANY(%s::text[]) ORDER BY scope_id FOR UPDATE
"""
_UPDATE_FREE = """
SELECT scope_id FROM anchor WHERE scope = %s AND scope_id = ANY(%s::text[]) ORDER BY scope_id FOR UPDATE SKIP LOCKED
"""


async def claim(connection: AsyncConnection, exclusive: Collection[Key], shared: Collection[Key]) -> set[Key]:
    """Lock these things until the transaction ends, `exclusive` ones against everybody; those that are new come back.

    Of a new thing nothing was stored before, so what is known of it is what the batch brings. A parent that an add-on's
    order names is in the scope of the streams, so it is locked among them, in their order and as strongly.
    """
    everything = sorted({*exclusive, *shared})
    if not everything:
        return set()
    async with connection.pipeline():
        inserted = await connection.execute(_INSERT, columns(everything, 2))
        for scope, ids in _by_scope(everything).items():
            strong = any(key.scope == scope for key in exclusive)
            await connection.execute(_UPDATE if strong else _SHARE, [scope, literal(ids)])
    return {Key(scope, scope_id) for scope, scope_id in await inserted.fetchall()}


async def claim_free(connection: AsyncConnection, keys: Collection[Key], shared: Collection[Key]) -> set[Key]:
    """Lock those of `keys` that nobody else holds, after sharing `shared`; the locked ones come back.

    An invoice can name a subscription that has not arrived: it gets its anchor here, or it would be queued for ever. So
    does what is looked at and has not arrived, or there would be nothing to share with who is just bringing it.
    Only sharing waits, in the order of `claim`; parents of add-ons are shared last and the streams after them are taken
    only where that needs no waiting, so that shared and exclusive locks of one scope close no circle here.
    """
    await connection.execute(_INSERT, columns(sorted({*keys, *shared}), 2))
    for scope, ids in _by_scope(shared).items():
        await connection.execute(_SHARE, [scope, literal(ids)])
    free = set()
    for scope, ids in _by_scope(keys).items():
        rows = await (await connection.execute(_UPDATE_FREE, [scope, literal(ids)])).fetchall()
        free |= {Key(scope, scope_id) for (scope_id,) in rows}
    return free


# Master data before the streams that look at it; scopes of one service that are not named here come last.
_ORDER = {"organisation": 0, "product": 1, "reseller": 2, "customer": 3}


def _by_scope(keys: Iterable[Key]) -> Mapping[str, list[str]]:
    by_scope: dict[str, list[str]] = {}
    for key in sorted(keys, key=lambda k: (_ORDER.get(k.scope, len(_ORDER)), k)):
        by_scope.setdefault(key.scope, []).append(key.scope_id)
    return by_scope
