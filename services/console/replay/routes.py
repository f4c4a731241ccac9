"""The pages of replays. They watch only: a replay is begun, and ended, on the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from services.console.exports import ROWS_ASKED, Field, Format, exported
from services.console.listing import PageNumber, Sort
from services.console.rendering import page
from services.console.replay import queries
from services.console.replay.progress import command, phases, state
from services.console.replay.queries import Place
from services.console.system import Operated, Owning, System, owning_now
from services.console.viewer import shown_to
from shared.log.records import Partition
from shared.projections.rebuild import records
from shared.web.errors import NotFound
from shared.web.searching import Search, pattern

router = APIRouter(prefix="/replay", dependencies=[shown_to("operations:read")])
_RUNS: Final = 50
_FIELDS = [Field(name, attrgetter(name)) for name in queries.Act.model_fields]


@router.get("")
async def generations(request: Request, system: Operated) -> Response:
    """Generations of each projection, and the rebuild that goes on."""
    async with owning_now(request) as connection:
        found = await queries.generations(connection)
        newest = await queries.runs(connection, 1)
        is_held = await records.is_held(connection)
        known = await queries.positions(connection, found)
    places = await _places(system, known)
    return page(
        request, "replay/generations.html", generations=found, run=newest[0] if newest else None,
        state=state(newest[0], is_held=is_held) if newest else None, phases=phases(newest[0]) if newest else [],
        command=command, lags={schema: _lag(some) for schema, some in places.items()},
    )  # fmt: skip


@router.get("/positions")
async def positions(request: Request, system: Operated) -> Response:
    """How far each generation has read the log, by topic and partition."""
    async with owning_now(request) as connection:
        found = await queries.generations(connection)
        known = await queries.positions(connection, found)
    places = await _places(system, known)
    shown = [(one, _by_topic(places[one.schema_name])) for one in found if one.schema_name in places]
    return page(request, "replay/positions.html", shown=shown, lag=_lag)


@router.get("/runs")
async def runs(request: Request, connection: Owning) -> Response:
    """The last runs of replay, verify and as-of."""
    is_held = await records.is_held(connection)
    found = await queries.runs(connection, _RUNS)
    # Only the newest can be the one that goes on: there is one at a time.
    shown = [(one, state(one, is_held=is_held and one is found[0])) for one in found]
    return page(request, "replay/runs.html", shown=shown, command=command)


@router.get("/runs/{number}")
async def run(request: Request, connection: Owning, number: Annotated[int, Path(ge=1)]) -> Response:
    """One run: its phases, what came of it, what differed."""
    found = await queries.run(connection, number) if number < 2**63 else None
    if found is None:
        raise NotFound(f"there is no run {number}: the last {_RUNS} are kept")
    is_newest = (await queries.runs(connection, 1))[0].id == number
    differences, totals = await queries.differences(connection, number)
    return page(
        request, "replay/run.html", run=found, command=command(found), phases=phases(found), differences=differences,
        totals=totals, state=state(found, is_held=is_newest and await records.is_held(connection)),
    )  # fmt: skip


@router.get("/operations")
async def operations(
    request: Request, connection: Owning, q: Search = "", what: Annotated[str, Query(max_length=200)] = "",
    sort: Sort = None, page_number: PageNumber = 1, format: Format | None = None,
) -> Response:  # fmt: skip
    """What operators did to the running system; as a file too."""
    wanted = {"search": pattern(q), "what": what or None}
    if format is not None:
        rows = queries.OPERATIONS.everything(connection, wanted, sort, ROWS_ASKED)
        return await exported(format, "operations", _FIELDS, rows)
    listed = await queries.OPERATIONS.page(connection, wanted, sort, page_number)
    whats = [(one, one) for one in await queries.whats(connection)]
    return page(request, "replay/operations.html", listed=listed, search=q, what=what, whats=whats)


async def _places(system: System, known: Mapping[str, Sequence[tuple[Partition, int]]]) -> Mapping[str, list[Place]]:
    """How far each is, with where the log ends: the broker is asked, so no connection is held meanwhile."""
    partitions = sorted({partition for some in known.values() for partition, _ in some})
    ends = await system.ends(partitions) if partitions else None
    return {
        schema: [Place(partition, next_, None if ends is None else ends.get(partition)) for partition, next_ in some]
        for schema, some in known.items()
    }


def _lag(places: Sequence[Place]) -> int | None:
    """How many records are still to be read in all; None while that is not known."""
    lags = [place.lag for place in places]
    return None if None in lags else sum(lag for lag in lags if lag is not None)


def _by_topic(places: Sequence[Place]) -> Mapping[str, list[Place]]:
    found: dict[str, list[Place]] = {}
    for place in places:
        found.setdefault(place.partition.topic, []).append(place)
    return found
