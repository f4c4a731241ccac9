"""Master data, and parents of add-ons, as the folds of one transaction look at them.

Read when they are asked for, with what their facts name in turn: a product what it is a copy of, a parent its product
and its own parent. Each thing is read once, so circles end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import AsyncConnection

from shared.billing.facts import Fact
from shared.projections.facts import read_facts
from shared.projections.masters import read_known
from shared.projections.spec import Key, ProjectionSpec


class MasterLookup:
    """What has been asked for in this transaction, and what the service made of it."""

    def __init__(self, connection: AsyncConnection, spec: ProjectionSpec) -> None:
        self._connection = connection
        self._spec = spec
        self._known: dict[Key, Sequence[Fact] | None] = {}
        # What the facts of each thing name: asked for once a stream, and the organisation can have many facts.
        self._named: dict[Key, frozenset[Key]] = {}
        self._made: Any = None

    async def ask(self, keys: Iterable[Key]) -> None:
        """Read these and what their facts name in turn."""
        wanted = {key for key in keys if key.scope in self._spec.looked_at} - self._known.keys()
        while wanted:
            self._made = None
            found = await self._read(wanted)
            self._known |= {key: found.get(key) for key in wanted}
            for key, facts in found.items():
                self._named[key] = frozenset(name for fact in facts for name in self._spec.names(fact))
            named = {name for key in found for name in self._named[key]}
            wanted = {key for key in named if key.scope in self._spec.looked_at} - self._known.keys()

    async def _read(self, keys: set[Key]) -> dict[Key, Sequence[Fact]]:
        """What is kept of master data, and all facts of parents; a thing without facts is not in the mapping."""
        masters = {key for key in keys if key.scope in self._spec.master_scopes}
        known = await read_known(self._connection, self._spec, masters)
        parents = await read_facts(self._connection, self._spec, keys - masters)
        return {key: one.facts for key, one in known.items()} | dict(parents)

    def missing(self, keys: Iterable[Key]) -> set[Key]:
        """Those of what can be looked at that have not been read."""
        return {key for key in keys if key.scope in self._spec.looked_at} - self._known.keys()

    def closure(self, keys: Iterable[Key]) -> frozenset[Key]:
        """These and what their facts name in turn."""
        reached, wanted = set(), set(keys)
        while wanted:
            key = wanted.pop()
            reached.add(key)
            wanted |= self._named.get(key, frozenset()) - reached
        return frozenset(reached)

    @property
    def facts(self) -> dict[Key, Sequence[Fact]]:
        """What has been read, by what it is about: master data kept short (`masters`), of parents all facts."""
        return {key: facts for key, facts in self._known.items() if facts}

    @property
    def made(self) -> Any:
        """What the folds are given."""
        if self._made is None:
            self._made = self._spec.master(self.facts)
        return self._made
