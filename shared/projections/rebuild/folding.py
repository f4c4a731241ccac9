"""Folding a bucket: all facts of its streams are here, so each is folded once, from all of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.billing.facts import Fact
from shared.projections.rebuild.copying import dependency_row, state_row
from shared.projections.rebuild.masters import Masters
from shared.projections.spec import Key, ProjectionSpec, Row
from shared.projections.streams import reason_of


@dataclass(slots=True)
class Whole:
    """A stream, folded: its encoded rows of `state` (without the end) and `dependency`, and what its rows are made of.

    The same for all projections of a family.
    """

    state: bytes
    dependencies: Sequence[bytes]
    depends_on: frozenset[Key]
    view: Any


@dataclass(slots=True)
class Folded:
    """What became of the streams of a bucket in one projection.

    `again` have to be folded once more when everything is there; `failed` has the reasons of those that raised.
    """

    whole: dict[Key, Whole] = field(default_factory=dict)
    pending: set[Key] = field(default_factory=set)
    again: set[Key] = field(default_factory=set)
    failed: dict[Key, str] = field(default_factory=dict)
    rows: dict[str, list[Row]] = field(default_factory=dict)


# What projections of a family share, by family and key; the reason where folding failed, None while it waits.
Memo = dict[tuple[str, Key], Whole | str | None]


def fold_bucket(
    spec: ProjectionSpec,
    facts: Mapping[Key, Sequence[Fact]],
    masters: Masters,
    at: datetime,
    extras: Mapping[str, Mapping[str, Any]],
    parked: Collection[Key],
    memo: Memo,
) -> Folded:
    """Fold all streams of a projection that have facts here, but `parked` ones.

    `extras` are what rows need beside facts, by scope.
    """
    folded = Folded({}, rows={table.name: [] for stream in spec.streams for table in stream.tables})
    for key in sorted(key for key in facts if key.scope in spec.folds and key not in parked):
        fold = spec.folds[key.scope].fold
        known = (fold.family, key)
        if known not in memo:
            memo[known] = _whole(spec, key, facts[key], masters, at)
        whole = memo[known]
        if whole is None:
            folded.pending.add(key)
            continue
        if isinstance(whole, str):
            folded.failed[key] = whole
            continue
        try:
            rows = fold.rows(whole.view, extras.get(key.scope, {}).get(key.scope_id))
        except Exception as error:  # whatever a handler raises is told of its own stream and no other
            folded.failed[key] = reason_of(error)
            continue
        folded.whole[key] = whole
        for table, some in rows.items():
            folded.rows[table].extend(some)
        if masters.lacks(whole.depends_on):
            folded.again.add(key)
    return folded


def _whole(spec: ProjectionSpec, key: Key, facts: Sequence[Fact], masters: Masters, at: datetime) -> Whole | str | None:
    fold = spec.folds[key.scope].fold
    try:
        state = fold.fold(key.scope_id, facts, masters.made)
        if state is None:
            return None
        depends_on = masters.closure({*fold.depends_on(state), *masters.names(facts)})
        view = fold.look(state, masters.made, at)
        names = sorted(depends_on)
        stored = state_row(key, fold.dump(state), [str(name) for name in names], fold.next_change(view))
        return Whole(stored, [dependency_row(name, key) for name in names], depends_on, view)
    except Exception as error:  # as above
        return reason_of(error)
