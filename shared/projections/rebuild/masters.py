"""What folds look at, in memory: the catalogue and resellers for all buckets, customers and parents of the bucket's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shared.billing.facts import Fact
from shared.projections.spec import Key, ProjectionSpec


class Masters:
    """The in-memory twin of `lookup.MasterLookup`: everything is there already, so nothing has to be asked for."""

    def __init__(self, spec: ProjectionSpec, facts: Mapping[Key, Sequence[Fact]]) -> None:
        self._spec = spec
        self._facts = facts
        self._named: dict[Key, frozenset[Key]] = {}
        self.made: Any = spec.master(facts)

    def names(self, facts: Iterable[Fact]) -> frozenset[Key]:
        """What these facts name, of what can be looked at."""
        looked_at = self._spec.looked_at
        return frozenset(name for fact in facts for name in self._spec.names(fact) if name.scope in looked_at)

    def closure(self, keys: Iterable[Key]) -> frozenset[Key]:
        """These and what their facts name in turn."""
        reached, wanted = set(), set(keys)
        while wanted:
            key = wanted.pop()
            reached.add(key)
            if key not in self._named:
                self._named[key] = self.names(self._facts.get(key, ()))
            wanted |= self._named[key] - reached
        return frozenset(reached)

    def lacks(self, keys: Iterable[Key]) -> bool:
        """Whether one of these is a stream of which nothing is here: it may lie in another bucket."""
        return any(key.scope in self._spec.parent_scopes and key not in self._facts for key in keys)
