"""Master data as the folds of one transaction look at it: read when it is asked for, with what it names in turn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import AsyncConnection

from shared.billing.facts import Fact
from shared.projections.masters import Known, read_known
from shared.projections.spec import Key, ProjectionSpec

# Master data that names other master data (a product copied from another) is followed this far.
_HOPS = 8


class MasterLookup:
    """Master data as far as it has been asked for in this transaction, and what the service made of it."""

    def __init__(self, connection: AsyncConnection, spec: ProjectionSpec) -> None:
        self._connection = connection
        self._spec = spec
        self._known: dict[Key, Known | None] = {}
        # What the facts of each thing name: asked for once a stream, and the organisation can have many facts.
        self._named: dict[Key, frozenset[Key]] = {}
        self._made: Any = None

    async def ask(self, keys: Iterable[Key]) -> None:
        """Read these and what their facts name in turn."""
        wanted = {key for key in keys if key.scope in self._spec.master_scopes} - self._known.keys()
        for _ in range(_HOPS):
            if not wanted:
                return
            self._made = None
            found = await read_known(self._connection, self._spec, wanted)
            self._known |= {key: found.get(key) for key in wanted}
            for key, known in found.items():
                self._named[key] = frozenset(name for fact in known.facts for name in self._spec.names(fact))
            named = {name for key in found for name in self._named[key]}
            wanted = {key for key in named if key.scope in self._spec.master_scopes} - self._known.keys()

    def missing(self, keys: Iterable[Key]) -> set[Key]:
        """Those of the master data that have not been read."""
        return {key for key in keys if key.scope in self._spec.master_scopes} - self._known.keys()

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
        """What has been read, by what it is about, kept short (`masters`)."""
        return {key: known.facts for key, known in self._known.items() if known}

    @property
    def made(self) -> Any:
        """What the folds are given."""
        if self._made is None:
            self._made = self._spec.master(self.facts)
        return self._made
