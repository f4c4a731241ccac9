"""What a command on subscriptions is decided on: the facts of the projection united with own events it may not have.

Seats that upstream ordered a second ago and three more from a page now: both are here, so both count.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import AsyncConnection

from shared.billing.facts import Fact, Ref
from shared.billing.masterdata import MasterData
from shared.commands.unprojected import unprojected
from shared.projections.facts import by_key, read_facts
from shared.projections.lookup import MasterLookup
from shared.projections.spec import Key, ProjectionSpec


@dataclass(frozen=True, slots=True)
class Known:
    """The facts of some subscriptions by id, and the master data that these and the commands look at.

    `everything` are all these facts in one.
    """

    facts: Mapping[str, Sequence[Fact]]
    master: MasterData
    everything: Sequence[Fact]

    def heard(self, since: datetime | None) -> tuple[datetime, ...]:
        """The times of master data that is known with a time of later than the first command was asked at."""
        times = (fact.time for fact in self.everything if fact.scope != "subscription")
        return tuple(time for time in times if since is not None and isinstance(time, datetime) and time >= since)


async def known_of(
    connection: AsyncConnection, spec: ProjectionSpec, subscriptions: Collection[str], also: Iterable[Key]
) -> Known:
    """All that is known of subscriptions; `also` are the master data that commands name.

    In the caller's transaction, with the search_path of the live generation. What is recent is read first: an event
    that is projected in between is then found twice, and counted once.
    """
    keys = {Key("subscription", name) for name in subscriptions}
    recent = by_key(await unprojected(connection, keys))
    own = _united(keys, await read_facts(connection, spec, keys), recent)
    named = {*also, Key("organisation", ""), *_named(spec, own)}
    looked_at: dict[Key, list[Fact]] = {}
    lookup = MasterLookup(connection, spec)
    while named:
        recent = by_key(await unprojected(connection, named))
        await lookup.ask([*named, *_named(spec, recent)])
        looked_at |= _united({*named, *lookup.facts}, lookup.facts, recent)
        named = {key for key in _named(spec, looked_at) if key not in looked_at}
    facts = _each_once(fact for about_one in (*own.values(), *looked_at.values()) for fact in about_one)
    return Known({key.scope_id: some for key, some in own.items()}, MasterData.of(facts), facts)


def _named(spec: ProjectionSpec, facts: Mapping[Key, Iterable[Fact]]) -> set[Key]:
    names = {name for some in facts.values() for fact in some for name in spec.names(fact)}
    return {name for name in names if name.scope in spec.looked_at}


def _united(
    keys: Iterable[Key], known: Mapping[Key, Sequence[Fact]], recent: Mapping[Key, Sequence[Fact]]
) -> dict[Key, list[Fact]]:
    return {key: _each_once([*known.get(key, ()), *recent.get(key, ())]) for key in keys}


def _each_once(facts: Iterable[Fact]) -> list[Fact]:
    """Facts that differ in what they are about or in their event; of an event that is there twice, the first."""
    first: dict[tuple[str, str, Ref], Fact] = {}
    for fact in facts:
        first.setdefault((fact.scope, fact.scope_id, fact.ref), fact)
    return list(first.values())
