"""A fold of statements in which the latest one holds, field by field (rule R0.12). Pure.

Each field remembers who stated it last, by when it became known and then as rule R0.11 breaks ties. So facts may come
in any order, and one that comes late needs no other fact to be read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import NamedTuple

import orjson
from pydantic import JsonValue, TypeAdapter

from shared.billing.facts import Fact
from shared.billing.masterdata import MasterData
from shared.billing.moments import known_key
from shared.projections.spec import Facts, Key, Rows

# As `known_key` orders facts. A civil date counts as its midnight in UTC: accounts and products are in no time zone.
Stamp = tuple[datetime, str, int, tuple[int, int, str]]

# The fields that a fact states, and all that was stated of a thing by the latest statement on each.
Stated = Iterator[tuple[str, JsonValue]]
Values = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Register:
    """The latest statement about one field, as JSON has it."""

    stamp: Stamp
    value: JsonValue


Registers = dict[str, Register]
# Rows of one thing from its registers; what it looks at beside them (the source of a copy) is in the master data.
RowsOf = Callable[[str, Registers, MasterData], Rows]


class View(NamedTuple):
    """What rows are made of: no clock changes them."""

    state: Registers
    master: MasterData


_registers = TypeAdapter(Registers)
_ID = "id"
_NEVER: Stamp = (datetime.min.replace(tzinfo=UTC), "", 0, (0, 0, ""))
_VERSION_BYTES = 8


def _looks_at_nothing(state: Registers) -> Iterable[Key]:
    return ()


@dataclass(frozen=True, slots=True)
class LatestFold:
    """`states` gives the fields that a fact states; `rows_of` the rows of one thing.

    While no fact states one of the `founding` fields the thing waits. `looks_at` are the others its rows depend on.
    """

    states: Callable[[Fact], Stated]
    rows_of: RowsOf
    founding: frozenset[str]
    looks_at: Callable[[Registers], Iterable[Key]] = _looks_at_nothing

    def fold(self, scope_id: str, facts: Facts, master: MasterData) -> Registers | None:
        registers = self.nothing_of(scope_id)
        for fact in facts:
            registers = self.evolve(registers, fact, master)
        return registers if self.is_founded(registers) else None

    def nothing_of(self, scope_id: str) -> Registers:
        """The registers of a thing of which nothing was stated."""
        return {_ID: Register(_NEVER, scope_id)}

    def is_founded(self, state: Registers) -> bool:
        return bool(self.founding & state.keys())

    def evolve(self, state: Registers, fact: Fact, master: MasterData) -> Registers:
        stamp = known_key(fact, UTC)
        newer = {
            name: Register(stamp, value)
            for name, value in self.states(fact)
            if name not in state or state[name].stamp < stamp
        }
        return state | newer

    def dump(self, state: Registers) -> bytes:
        return _registers.dump_json(dict(sorted(state.items())))

    def load(self, stored: bytes) -> Registers:
        return _registers.validate_json(stored)

    def depends_on(self, state: Registers) -> Iterable[Key]:
        return self.looks_at(state)

    @property
    def family(self) -> str:
        # The fold of one scope of one projection.
        return self.rows_of.__name__

    def look(self, state: Registers, master: MasterData, at: datetime) -> View:
        return View(state, master)

    def rows(self, view: View, extra: None) -> Rows:
        return self.rows_of(str(view.state[_ID].value), view.state, view.master)

    def next_change(self, view: View) -> datetime | None:
        return None


def values_of(state: Registers) -> Values:
    """What was stated, by field."""
    return {name: register.value for name, register in state.items() if name != _ID}


def version_of(stated: object) -> str:
    """The version of a thing: the same for equal content, whoever stated it. What an ETag says."""
    return blake2b(orjson.dumps(stated, option=orjson.OPT_SORT_KEYS), digest_size=_VERSION_BYTES).hexdigest()


def as_object(value: JsonValue) -> dict[str, JsonValue]:
    """A stated object; an empty one where nothing was stated."""
    return value if isinstance(value, dict) else {}
