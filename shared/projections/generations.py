"""Generations: a schema with all that one projection stores, and the list of them.

A generation's schema is `<name>_g<number>`. The service's `tables.sql`, `policies.sql` (who sees which rows through an
API) and `views.sql` run with `search_path` set to it, so bare names in a view mean this generation's tables for good,
whatever reads the view later. `read.sql` is what the views say of themselves and who reads them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from psycopg import AsyncConnection, sql

from shared.log.records import Partition
from shared.projections.position import create_positions
from shared.projections.spec import ProjectionSpec

_COMMON = Path(__file__).parent / "generation.sql"
_LOCK = 7_201_003

_LIST = "SELECT name, number, version, status FROM store.generation WHERE name = %s ORDER BY number"
_ALL = "SELECT name, number, version, status FROM store.generation ORDER BY name, number"
_ADD = "INSERT INTO store.generation (name, number, version, status) VALUES (%s, %s, %s, %s)"
_ADD_BUILDING = """
INSERT INTO store.generation (name, number, version, status, rebuild) VALUES (%s, %s, %s, 'building', %s)
"""
_REMOVE = "DELETE FROM store.generation WHERE (name, number) = (%s, %s)"
_STATUS = """
UPDATE store.generation SET status = %s, drop_after = %s, rebuild = NULL,
    left_at = CASE status WHEN 'live' THEN clock_timestamp() ELSE left_at END
WHERE (name, number, status) = (%s, %s, %s)
"""
_LEFT_LAST = """
SELECT name, number, version, status FROM store.generation
WHERE name = %s AND status = 'kept' ORDER BY left_at DESC NULLS LAST, number DESC LIMIT 1
"""
_OF_REBUILD = "SELECT name, number, version, status FROM store.generation WHERE rebuild = %s ORDER BY name, number"
_EXPIRED = """
SELECT name, number, version, status FROM store.generation
WHERE name = %s AND status IN ('kept', 'as_of', 'dropping') AND drop_after < clock_timestamp() ORDER BY number
"""
# Workers look every second which generations there are; one that is gone is not projected any more after this.
_NOTICED = timedelta(seconds=5)
# A worker projects these: what is live, what will be, and what may be again.
PROJECTED = ("live", "catching_up", "kept")
_CLOCK = "INSERT INTO clock (at) VALUES (%s)"
_USE_LIVE = """
SELECT set_config('search_path', quote_ident(name || '_g' || number), true)
FROM store.generation WHERE name = %s AND status = 'live'
"""


class NoGeneration(Exception):
    """A projection has no generation of the version that is compiled in; the sentence says what to run."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One generation; `status` is live, catching_up, kept, building or as_of (see store.generation)."""

    name: str
    number: int
    version: int
    status: str

    @property
    def schema(self) -> str:
        """Where its tables are."""
        return f"{self.name}_g{self.number}"

    @property
    def group(self) -> str:
        """The consumer group that projects it."""
        return f"seatledger-{self.schema}"


async def generations(connection: AsyncConnection, name: str | None = None) -> list[Generation]:
    """The generations of a projection, or of all, by number."""
    cursor = await (connection.execute(_ALL) if name is None else connection.execute(_LIST, [name]))
    return [Generation(*row) for row in await cursor.fetchall()]


async def projected(connection: AsyncConnection, spec: ProjectionSpec) -> list[Generation]:
    """The generations that a worker with this spec projects: those of its version. Raises NoGeneration."""
    known = await generations(connection, spec.name)
    found = [one for one in known if one.version == spec.version and one.status in PROJECTED]
    if not found:
        raise NoGeneration(
            f"projection {spec.name} has no generation of version {spec.version}: run `python -m services.prepare`"
        )
    return found


async def compiled_in(
    connection: AsyncConnection, specs: Iterable[ProjectionSpec]
) -> list[tuple[Generation, ProjectionSpec]]:
    """The generations that this release projects or builds, by name and number: of the versions of these specs."""
    versions = {(spec.name, spec.version): spec for spec in specs}
    return [
        (one, versions[one.name, one.version])
        for one in await generations(connection)
        if (one.name, one.version) in versions and one.status in (*PROJECTED, "building")
    ]


async def ensure_generation(
    connection: AsyncConnection, spec: ProjectionSpec, partitions: int, at: datetime
) -> Generation | None:
    """Create a generation of the spec's version where there is none; the new one, or None.

    The first generation of a projection is live; one of another version than the live one is catching up, and readers
    stay where they are until a switch. `at` (aware) is where its clock begins; `partitions` is of each topic.
    """
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        present = await generations(connection, spec.name)
        if any(one.version == spec.version and one.status in PROJECTED for one in present):
            return None
        number = max((one.number for one in present), default=0) + 1
        live = any(one.status == "live" for one in present)
        generation = Generation(spec.name, number, spec.version, "catching_up" if live else "live")
        await _create(connection, spec, generation, partitions, at)
        await connection.execute(_ADD, [spec.name, number, spec.version, generation.status])
        if not live:
            await point_views(connection, spec, generation)
            await describe_views(connection, spec)
    return generation


async def building(connection: AsyncConnection, spec: ProjectionSpec, rebuild: int, at: datetime) -> Generation:
    """A new generation that a rebuild fills; it has no positions yet, and nobody projects it."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        number = max((one.number for one in await generations(connection, spec.name)), default=0) + 1
        generation = Generation(spec.name, number, spec.version, "building")
        await _create(connection, spec, generation, 0, at)
        await connection.execute(_ADD_BUILDING, [spec.name, number, spec.version, rebuild])
    return generation


async def built_by(connection: AsyncConnection, rebuild: int) -> list[Generation]:
    """The generations that a rebuild makes."""
    return [Generation(*row) for row in await (await connection.execute(_OF_REBUILD, [rebuild])).fetchall()]


async def drop_expired(connection: AsyncConnection, name: str) -> list[Generation]:
    """Drop a projection's generations that were kept for as long as they were to be; those that are gone now."""
    gone = []
    for generation in [Generation(*row) for row in await (await connection.execute(_EXPIRED, [name])).fetchall()]:
        if generation.status == "dropping":
            await drop(connection, generation)
            gone.append(generation)
        else:
            await retire(connection, generation)
    return gone


async def left_last(connection: AsyncConnection, name: str) -> Generation | None:
    """The generation that readers saw before the one they see, where it is kept; else the one before that."""
    row = await (await connection.execute(_LEFT_LAST, [name])).fetchone()
    return None if row is None else Generation(*row)


async def retire(connection: AsyncConnection, generation: Generation) -> bool:
    """Have a generation dropped by the worker of its service, once nobody projects it any more. As `set_status`."""
    return await set_status(connection, generation, "dropping", datetime.now(UTC) + _NOTICED)


async def set_status(
    connection: AsyncConnection, generation: Generation, status: str, drop_after: datetime | None = None
) -> bool:
    """Say what a generation is from now on, in the caller's transaction; not where it is something else meanwhile.

    A worker may find that the time of a generation is over just when somebody goes back to it: the first one decides.
    """
    values = [status, drop_after, generation.name, generation.number, generation.status]
    return (await connection.execute(_STATUS, values)).rowcount == 1


async def drop(connection: AsyncConnection, generation: Generation) -> None:
    """Remove a generation and all its tables. ValueError for the live one."""
    if generation.status == "live":
        raise ValueError(f"{generation.schema} is what readers see")
    async with connection.transaction():
        await connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(generation.schema)))
        await connection.execute(_REMOVE, [generation.name, generation.number])


async def _create(
    connection: AsyncConnection, spec: ProjectionSpec, generation: Generation, partitions: int, at: datetime
) -> None:
    await connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(generation.schema)))
    await use(connection, generation)
    policies = spec.sql / "policies.sql"
    for file in (_COMMON, spec.sql / "tables.sql", *([policies] if policies.exists() else [])):
        await connection.execute(file.read_bytes())
    await connection.execute(_CLOCK, [at])
    await create_positions(
        connection, [Partition(topic, number) for topic in sorted(spec.topics) for number in range(partitions)]
    )


async def point_views(connection: AsyncConnection, spec: ProjectionSpec, generation: Generation) -> None:
    """Have the `read` views show this generation, in the caller's transaction."""
    views = spec.sql / "views.sql"
    if views.exists():
        await use(connection, generation)
        await connection.execute(views.read_bytes())


async def describe_views(connection: AsyncConnection, spec: ProjectionSpec) -> None:
    """Have the `read` views say what their rows are, and who may read them.

    A view goes on saying so when it shows another generation, not when it is made anew.
    """
    said = spec.sql / "read.sql"
    if said.exists():
        await connection.execute(said.read_bytes())


async def use_live(connection: AsyncConnection, name: str) -> None:
    """Have bare names mean the live generation of a projection until the transaction ends. Raises NoGeneration."""
    if await (await connection.execute(_USE_LIVE, [name])).fetchone() is None:
        raise NoGeneration(f"projection {name} has no live generation: run `python -m services.prepare`")


async def use(connection: AsyncConnection, generation: Generation) -> None:
    """Have bare names mean this generation until the transaction ends."""
    await connection.execute("SELECT set_config('search_path', quote_ident(%s), true)", [generation.schema])
