"""A fold of statements in which the latest one holds, field by field (rule R0.12). Pure.

Each field remembers who stated it last, by when it became known and then as rule R0.11 breaks ties. So facts may come
in any order, and one that comes late needs no other fact to be read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import JsonValue, TypeAdapter

from shared.billing.facts import Fact
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
_registers = TypeAdapter(Registers)
_ID = "id"
_NEVER: Stamp = (datetime.min.replace(tzinfo=UTC), "", 0, (0, 0, ""))


@dataclass(frozen=True, slots=True)
class LatestFold:
    """`states` gives the fields that a fact states; `rows_of` the rows of one thing.

    While no fact states one of the `founding` fields the thing waits.
    """

    states: Callable[[Fact], Stated]
    rows_of: Callable[[str, Values], Rows]
    founding: frozenset[str]

    def fold(self, scope_id: str, facts: Facts, master: None) -> Registers | None:
        registers: Registers = {_ID: Register(_NEVER, scope_id)}
        for fact in facts:
            registers = self.evolve(registers, fact, master)
        return registers if self.founding & registers.keys() else None

    def evolve(self, state: Registers, fact: Fact, master: None) -> Registers:
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
        return ()

    def rows(self, state: Registers, master: None, at: datetime, extra: None) -> Rows:
        stated = {name: register.value for name, register in state.items()}
        return self.rows_of(str(stated.pop(_ID)), stated)

    def next_change(self, state: Registers, master: None, at: datetime) -> datetime | None:
        return None


def as_object(value: JsonValue) -> dict[str, JsonValue]:
    """A stated object; an empty one where nothing was stated."""
    return value if isinstance(value, dict) else {}
