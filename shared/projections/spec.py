"""What a service declares of a projection. Everything here is pure; the runner does the reading, locking and writing.

A projection folds *streams*: the facts about one thing (a subscription, an order, a customer). Streams may look at
*master data*: facts about products, customers, resellers and the organisation, of which one fact concerns many streams.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

from psycopg import AsyncConnection

from shared.billing.facts import Body, Fact
from shared.events.envelope import CloudEvent
from shared.events.fact_bodies import body_from_json, body_to_json
from shared.events.facts import facts_of
from shared.events.models.base import EventModel
from shared.events.quick import PLAIN
from shared.events.registry import EVENT_TYPES
from shared.store.reactions import Reaction

S = TypeVar("S")
V = TypeVar("V")
M_contra = TypeVar("M_contra", contravariant=True)


class Key(NamedTuple):
    """One thing that facts are about; sorts by scope, then id. With scope organisation the id is ""."""

    scope: str
    scope_id: str

    def __str__(self) -> str:
        return f"{self.scope} {self.scope_id}" if self.scope_id else self.scope

    @classmethod
    def parse(cls, text: str) -> Key:
        """What `str` wrote."""
        scope, _, scope_id = text.partition(" ")
        return cls(scope, scope_id)


Row = tuple[object, ...]
Rows = Mapping[str, Sequence[Row]]
Facts = Sequence[Fact]
MasterFacts = Mapping[Key, Facts]


class Fold(Protocol[S, V, M_contra]):
    """How the facts of one stream become state and rows. `master` is what `ProjectionSpec.master` made.

    Whatever the order in which facts come: `evolve` where it can, `fold` otherwise, must give the same state.
    """

    @property
    def family(self) -> str:
        """Folds of one family, also of several projections, give equal states and views: a replay makes them once."""

    def fold(self, scope_id: str, facts: Facts, master: M_contra) -> S | None:
        """The state of all facts, given in no particular order; None while they wait for what founds the stream."""

    def evolve(self, state: S, fact: Fact, master: M_contra) -> S | None:
        """The state with one more fact; None when it does not sort last: then all facts are folded."""

    def dump(self, state: S) -> bytes:
        """The state as bytes, the same for equal states."""

    def load(self, stored: bytes) -> S:
        """What `dump` wrote."""

    def depends_on(self, state: S) -> Iterable[Key]:
        """The master data and parents this stream looks at; what its facts and theirs name is added by the runner."""

    def look(self, state: S, master: M_contra, at: datetime) -> V:
        """What rows and the next change are made of, as of the clock `at` (UTC); deterministic."""

    def rows(self, view: V, extra: Any) -> Rows:
        """The stream's rows, by table; deterministic. `extra` is what `load_extra` gave."""

    def next_change(self, view: V) -> datetime | None:
        """When the passing of time alone will change the rows, after the clock; None for never."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the service, made by its tables.sql. `owner` is the column with the stream's id.

    `key` is the primary key. A table with `many` rows a stream is replaced as a whole; otherwise a row is updated only
    when it differs. `amounts` are columns of money whose totals by `payer` and the column `currency` a replay compares.
    """

    name: str
    columns: tuple[str, ...]
    owner: str
    key: tuple[str, ...]
    many: bool = False
    amounts: tuple[str, ...] = ()
    payer: str | None = None

    @property
    def owner_index(self) -> int:
        """Where the stream's id stands in a row."""
        return self.columns.index(self.owner)


@dataclass(frozen=True, slots=True)
class Stream:
    """A scope whose facts are folded, and the tables that its rows go to."""

    scope: str
    fold: Fold[Any, Any, Any]
    tables: tuple[Table, ...] = ()
    # Reads what the rows need beside facts (issued lines), for the streams of a batch: {scope_id: extra}.
    load_extra: Callable[[AsyncConnection, Sequence[str]], Awaitable[Mapping[str, Any]]] | None = None


@dataclass(frozen=True, slots=True)
class Documents:
    """How events of some types become rows beside facts (issued invoices), and which streams are folded again then."""

    types: frozenset[str]
    tables: tuple[Table, ...]
    rows: Callable[[CloudEvent, EventModel], Rows | None]
    concerns: Callable[[CloudEvent, EventModel], Iterable[Key]]


def _no_reactions(event: CloudEvent, model: EventModel) -> Iterable[Reaction]:
    return ()


def _names_nothing(fact: Fact) -> Iterable[Key]:
    return ()


def _always(before: Facts, after: Facts) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class ProjectionSpec:
    """One projection. `sql` is a folder with `tables.sql`; if anything is read `views.sql` and `read.sql`, by APIs
    `policies.sql` too.

    All run with `search_path` set to the generation's schema, so table names in them are bare.
    """

    name: str
    version: int
    topics: tuple[str, ...]
    sql: Path
    streams: tuple[Stream, ...]
    # Scopes that streams look at, and how their facts become the `master` that a fold is given.
    master_scopes: frozenset[str] = frozenset()
    # Streams whose facts other streams look at as well: an add-on at its parent. Their facts are part of `master`.
    parent_scopes: frozenset[str] = frozenset()
    master: Callable[[MasterFacts], Any] = field(default=lambda facts: None)
    # The event types that say anything here; the others are passed over without a look at their data.
    types: frozenset[str] = frozenset(EVENT_TYPES)
    # The master data and parents that a fact names: locked before a stream that begins to depend on it is read.
    names: Callable[[Fact], Iterable[Key]] = _names_nothing
    # Whether new facts of master data can change anything of the streams that depend on it.
    matters: Callable[[Facts, Facts], bool] = _always
    documents: Documents | None = None
    reactions: Callable[[CloudEvent, EventModel], Iterable[Reaction]] = _no_reactions
    # The event types that it may ask reactions of: it is given their models.
    reacts_to: frozenset[str] = frozenset(EVENT_TYPES)
    # For projections of events that billing has no fact for (orders): their own facts and the bodies' form in storage.
    facts_of: Callable[[CloudEvent, EventModel], Iterable[Fact]] = facts_of
    body_to_json: Callable[[Body], bytes] = body_to_json
    body_from_json: Callable[[str, Any, bytes], Body] = body_from_json

    # Every scope whose facts are stored, those that are looked at, the streams by scope: made once, asked once a fact.
    scopes: frozenset[str] = field(init=False, repr=False, compare=False)
    looked_at: frozenset[str] = field(init=False, repr=False, compare=False)
    folds: Mapping[str, Stream] = field(init=False, repr=False, compare=False)
    # Whether the plain events of `quick` can be taken without a model: nothing but billing's own facts is made of them.
    plainly: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "folds", {stream.scope: stream for stream in self.streams})
        object.__setattr__(self, "scopes", self.master_scopes | self.folds.keys())
        object.__setattr__(self, "looked_at", self.master_scopes | self.parent_scopes)
        plainly = self.facts_of is facts_of and (self.reactions is _no_reactions or not self.reacts_to & PLAIN)
        object.__setattr__(self, "plainly", plainly and not (self.documents and self.documents.types & PLAIN))

    @property
    def tables(self) -> tuple[Table, ...]:
        """All tables of the service, those of streams first."""
        own = tuple(table for stream in self.streams for table in stream.tables)
        return own + (self.documents.tables if self.documents else ())
