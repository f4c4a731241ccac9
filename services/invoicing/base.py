"""The database as a what-if begins with it: the facts of the live generation and the ledger, as of one moment.

Everything is read in one REPEATABLE READ transaction of a connection that cannot write, so projectors and invoice runs
may go on meanwhile: nobody waits for anybody, and what is read belongs together.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

from psycopg import AsyncConnection, IsolationLevel

from services.invoicing.projection import SPEC
from services.invoicing.reach import Link
from shared.billing.effect import Portion
from shared.billing.facts import Fact
from shared.errors import UserError
from shared.projections.facts import read_facts
from shared.projections.generations import generations
from shared.projections.lookup import MasterLookup
from shared.projections.spec import Key
from shared.store.arrays import columns, literal
from shared.store.ledger import issued_for, last_closed
from shared.store.pool import connect

_SNAPSHOT = "SELECT set_config('default_transaction_read_only', 'on', false)"
_USE = "SELECT set_config('search_path', quote_ident(%s), true)"
_COUNT = "SELECT count(*) FROM state WHERE scope = 'subscription'"
_KNOWN = """
SELECT scope_id FROM state JOIN unnest(%s::text[]) AS w (scope_id) USING (scope_id) WHERE scope = 'subscription'
"""
_DEPENDENTS = """
SELECT DISTINCT dependent_id FROM dependency JOIN unnest(%s::text[], %s::text[]) AS w (scope, scope_id)
    USING (scope, scope_id)
WHERE dependent_scope = 'subscription'
"""
_PAYERS = """
SELECT dependent_id, scope_id FROM dependency JOIN unnest(%s::text[]) AS w (dependent_id) USING (dependent_id)
WHERE dependent_scope = 'subscription' AND scope IN ('customer', 'reseller')
"""
_RECIPIENTS = """
SELECT DISTINCT subscription, recipient FROM invoicing.issued_line
JOIN unnest(%s::text[]) AS w (subscription) USING (subscription)
"""
# Of subscriptions only add-ons depend on other ones.
_ADD_ONS = """
SELECT dependent_id, scope_id FROM dependency WHERE scope = 'subscription' AND dependent_scope = 'subscription'
"""
_TAKEN_IN = """
SELECT source, id FROM unnest(%s::text[], %s::text[]) AS w (source, id)
JOIN event ON identity = store.identity(source, id)
"""
_PARKED = """
SELECT scope_id, reason FROM parked JOIN unnest(%s::text[]) AS w (scope_id) USING (scope_id)
WHERE scope = 'subscription' ORDER BY scope_id
"""


class Base:
    """What a what-if reads. `closed` is the last closed day, `count` how many subscriptions there are."""

    def __init__(self, connection: AsyncConnection, closed: date | None, count: int) -> None:
        self._connection = connection
        self.closed = closed
        self.count = count

    async def taken_in(self, identities: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those events (source, id) that are in the database already."""
        rows = await self._rows(_TAKEN_IN, *columns(list(identities), 2))
        return {(source, event_id) for source, event_id in rows}

    async def master_facts(self, facts: Collection[Fact]) -> Mapping[Key, Sequence[Fact]]:
        """What is known of the master data that these facts are about."""
        lookup = MasterLookup(self._connection, SPEC)
        await lookup.ask(Key(fact.scope, fact.scope_id) for fact in facts)
        return lookup.facts

    async def dependents(self, masters: Collection[Key]) -> set[str]:
        """The subscriptions that look at this master data; one whose order was refused looks at what that names."""
        found = await self._rows(_DEPENDENTS, *columns(sorted(masters), 2)) if masters else []
        return {subscription for (subscription,) in found}

    async def known(self, subscriptions: Collection[str]) -> set[str]:
        """Those of the subscriptions that exist, and are not only hypothetical."""
        return {subscription for (subscription,) in await self._rows(_KNOWN, literal(sorted(subscriptions)))}

    async def parked(self, subscriptions: Collection[str]) -> dict[str, str]:
        """Those of the subscriptions that stand still, with the reason."""
        rows = await self._rows(_PARKED, literal(sorted(subscriptions)))
        return dict(rows)

    async def links(self, subscriptions: Collection[str]) -> list[Link]:
        """Who may get the documents of subscriptions: their customers and resellers, and who got earlier ones."""
        wanted = literal(sorted(subscriptions))
        found = [*await self._rows(_PAYERS, wanted), *await self._rows(_RECIPIENTS, wanted)]
        return [(("subscription", subscription), ("payer", payer)) for subscription, payer in found]

    async def add_ons(self) -> list[tuple[str, str]]:
        """Every subscription that is an add-on, with its parent."""
        return [(add_on, parent) for add_on, parent in await self._rows(_ADD_ONS)]

    async def portion(self, subscriptions: Sequence[str], hypothetical: Sequence[Fact]) -> Portion:
        """All that is known and issued of some subscriptions, with the master data that hypothetical facts need too."""
        own = await read_facts(self._connection, SPEC, [Key("subscription", name) for name in subscriptions])
        facts = [fact for known in own.values() for fact in known]
        masters = [key for fact in hypothetical if (key := Key(fact.scope, fact.scope_id)).scope in SPEC.master_scopes]
        lookup = MasterLookup(self._connection, SPEC)
        await lookup.ask([*masters, *(name for fact in (*facts, *hypothetical) for name in SPEC.names(fact))])
        # What is kept short leaves out what repeats the fact before; a hypothetical fact may come between the two.
        known = {**lookup.facts, **await read_facts(self._connection, SPEC, masters), **own}
        facts = [fact for about_one in known.values() for fact in about_one]
        payers = {
            name.scope_id for fact in facts for name in SPEC.names(fact) if name.scope in ("customer", "reseller")
        }
        return Portion(facts, await issued_for(self._connection, subscriptions, payers))

    async def _rows(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        return await (await self._connection.execute(statement.encode(), parameters)).fetchall()


@asynccontextmanager
async def snapshot(dsn: str) -> AsyncIterator[Base]:
    """The base as of now. UserError when nothing was ever projected there."""
    async with await connect(dsn, application="seatledger simulate") as connection:
        await connection.execute(_SNAPSHOT)
        await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
        async with connection.transaction():
            live = [one for one in await generations(connection, SPEC.name) if one.status == "live"]
            if not live:
                raise UserError("invoicing has no generation yet: start the system with `seatledger up` first")
            await connection.execute(_USE, [live[0].schema])
            count = await (await connection.execute(_COUNT)).fetchone()
            assert count is not None
            yield Base(connection, await last_closed(connection), count[0])
