"""Every route of every API, asked with another's token: nothing of the other is seen, and nothing of it changes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from fastapi.routing import RouteContext
from fastapi.testclient import TestClient

from tests.integration.access.conftest import World
from tests.integration.access.routes import ROUTES, Asked, apps, routes_of
from tests.integration.access.world import COST, RUNS, Belongings

pytestmark = [pytest.mark.broker, pytest.mark.database]

# Reseller, customer: one of them, as a token names them; of nobody is the organisation itself.
CALLERS = [("res-north", None), ("res-south", None), (None, "cus-north-1"), (None, "cus-south"), (None, "cus-direct")]
READING = [name for name in ROUTES if name.startswith("GET ") and not ROUTES[name].is_decided]
ONE_THING = [name for name in READING if ROUTES[name].path]
LISTS = [name for name in READING if not ROUTES[name].path and not ROUTES[name].sums]
COMMANDS = [name for name in ROUTES if name not in READING]


def ids_in(value: object) -> set[str]:
    """Every text in a JSON value, and what a line's id begins with."""
    if isinstance(value, dict):
        return {text for part in value.values() for text in ids_in(part)}
    if isinstance(value, list):
        return {text for part in value for text in ids_in(part)}
    return {value, value.split("/")[0]} if isinstance(value, str) else set()


def path_of(name: str, asked: Asked, theirs: Belongings, more: str = "") -> str:
    """The path of another's thing; with `more` behind its ids that of nobody's."""
    path = name.split(" ")[1]
    for placeholder, ask in asked.path.items():
        path = path.replace("{" + placeholder + "}", ask(theirs) + more)
    assert "{" not in path, f"{name}: say in routes.py what fills it"
    return path


def pages(client: TestClient, path: str, headers: dict[str, str], **wanted: Any) -> tuple[list[Any], list[str]]:
    """All items, one a page, and the cursors between them."""
    items: list[Any] = []
    cursors: list[str] = []
    while True:
        cursor = {"cursor": cursors[-1]} if cursors else {}
        answer = client.get(path, params={"limit": 1, **wanted, **cursor}, headers=headers)
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        if answer.json()["next"] is None:
            return items, cursors
        cursors.append(answer.json()["next"])


def may(world: World, name: str, who: tuple[str | None, str | None], path: str) -> bool:
    """Whether the caller's role may ask this at all; if not, the answer says so and nothing else."""
    answer = world.clients[name].get(path, headers=world.caller(*who))
    if answer.status_code == 403:
        assert answer.json()["type"] == "urn:seatledger:problem:forbidden"
        assert not ids_in(answer.json()) & {one.customer for one in world.everybody}
        return False
    return True


def is_theirs(world: World, name: str, who: tuple[str | None, str | None], item: Any) -> bool:
    """Whether a caller is to see this item of a list."""
    payer = item.get("recipient") or item.get("reseller") or item.get("customer")
    if ROUTES[name].everybodys or (ROUTES[name].owed and payer is not None):
        return ROUTES[name].everybodys or payer in who
    theirs = {one for mine in world.theirs(*who) for one in mine.names()} | {who[0]}
    return bool(ids_in(item) & theirs) and not ids_in(item) & world.foreign(*who)


def without(hidden: frozenset[str], value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without(hidden, part) for name, part in value.items() if name not in hidden}
    return [without(hidden, part) for part in value] if isinstance(value, list) else value


def test_no_route_is_forgotten_here() -> None:
    found = {name for app in apps("postgresql:///nowhere").values() for name, _ in routes_of(app)}
    assert found == set(ROUTES), "tests/integration/access/routes.py says how each route is asked"


def dependencies(route: RouteContext) -> list[Any]:
    def within(dependant: Any) -> Iterator[Any]:
        yield dependant.call
        for inner in dependant.dependencies:
            yield from within(inner)

    return list(within(route.dependant))


def test_every_route_asks_for_a_token_and_every_reading_one_for_a_permission_and_its_rows() -> None:
    from shared.web.access import Needs, caller
    from shared.web.application import _reading
    from shared.web.commanding import _asking

    for app in apps("postgresql:///nowhere").values():
        for name, route in routes_of(app):
            called = dependencies(route)
            assert caller in called, f"{name} asks nobody who they are"
            if name.startswith("GET "):
                assert any(isinstance(call, Needs) for call in called), f"{name} needs no permission"
                # Or it is decided where commands are, which look at who asks.
                assert {_reading, _asking} & set(called), f"{name} does not read as who asks"


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_without_a_token_nothing_is_told(world: World, name: str) -> None:
    method, _ = name.split(" ")
    answer = world.clients[name].request(method, path_of(name, ROUTES[name], world.everybody[0]))
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:seatledger:problem:unauthorized")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="seatledger"'


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("who", CALLERS, ids=str)
def test_a_list_has_what_is_theirs_and_nothing_else(
    world: World, name: str, who: tuple[str | None, str | None]
) -> None:
    client, path, headers = world.clients[name], name.split(" ")[1], world.caller(*who)
    if ROUTES[name].organisations:
        assert not may(world, name, who, path)
        return
    every, cursors = pages(client, path, world.caller(None, None))
    # The test is about something: every party has rows in every list.
    parties = [{one.payer, *one.names()} for one in world.everybody if name != "GET /v1/resellers" or one.reseller]
    assert ROUTES[name].everybodys or all(ids_in(every) & party for party in parties)
    if not may(world, name, who, path):
        return
    seen, _ = pages(client, path, headers)
    foreign = world.foreign(*who)
    assert not ids_in(seen) & foreign
    # Nothing that is theirs is left out either.
    theirs = [one for one in every if is_theirs(world, name, who, one)]
    assert without(ROUTES[name].hidden, seen) == without(ROUTES[name].hidden, theirs)
    for other in world.others(*who):
        for wanted, ask in ROUTES[name].filters.items():
            if ask(other) is not None and ask(other) in foreign:
                assert pages(client, path, headers, **{wanted: ask(other)}) == ([], [])
    for cursor in cursors:
        answer = client.get(path, params={"cursor": cursor}, headers=headers)
        assert not ids_in(answer.json()["items"]) & foreign


@pytest.mark.parametrize("name", ONE_THING)
@pytest.mark.parametrize("who", CALLERS, ids=str)
def test_what_is_anothers_is_not_there(world: World, name: str, who: tuple[str | None, str | None]) -> None:
    client, asked, headers = world.clients[name], ROUTES[name], world.caller(*who)
    # A customer does not see its reseller's row either.
    foreign = world.foreign(*who) | {one.reseller for one in world.everybody if one.reseller and not who[0]}
    for theirs in world.everybody:
        if any(ask(theirs) is None for ask in asked.path.values()):
            continue
        path = path_of(name, asked, theirs)
        answer = client.get(path, headers=headers)
        if {ask(theirs) for ask in asked.path.values()} & foreign:
            nothing = client.get(path_of(name, asked, theirs, "x"), headers=headers)
            assert (answer.status_code, answer.json()["type"]) == (404, "urn:seatledger:problem:not-found")
            # As if it did not exist, to the word.
            assert answer.json()["detail"].replace("'", "x'") == nothing.json()["detail"].replace("'", "x'", 1)
        elif may(world, name, who, path):
            assert answer.status_code == 200, answer.text
            told = set(re.split(r"[^\w-]+", answer.text)) if asked.is_file else ids_in(answer.json())
            assert not told & world.foreign(*who)


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("who", CALLERS, ids=str)
def test_nothing_of_anothers_is_changed(world: World, name: str, who: tuple[str | None, str | None]) -> None:
    method, _ = name.split(" ")
    asked, headers = ROUTES[name], world.caller(*who)
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        before = connection.execute("SELECT count(*) FROM store.event").fetchone()
        for theirs in world.others(*who):
            if any(ask(theirs) is None for ask in asked.path.values()):
                continue
            query = None if asked.query is None else asked.query(theirs)
            body = None if asked.body is None else asked.body(theirs)
            answer = world.clients[name].request(
                method, path_of(name, asked, theirs), params=query, json=body, headers=headers
            )
            if asked.each:
                assert {one["problem"] for one in answer.json()} <= {"forbidden", "not-found"}
            else:
                assert answer.status_code in (403, 404), answer.text
            given = ids_in(body) | ids_in(query) | ids_in(path_of(name, asked, theirs))
            assert not ids_in(answer.json()) & world.foreign(*who) - given
        assert connection.execute("SELECT count(*) FROM store.event").fetchone() == before


@pytest.mark.parametrize(("who", "seen"), [((None, None), True), (("res-north", None), False)], ids=str)
def test_costs_are_the_organisations_own(world: World, who: tuple[str | None, str | None], seen: bool) -> None:
    headers = world.caller(*who)
    (product,), _ = pages(world.clients["GET /v1/products"], "/v1/products", headers)
    assert [price["unit_cost"] for price in product["prices"]] == [COST if seen else None]
    client = world.clients["GET /v1/documents"]
    documents, _ = pages(client, "/v1/documents", headers, recipient="res-north", to=RUNS[-1].isoformat())
    lines = [line for one in documents
             for line in client.get(f"/v1/documents/{one['number']}", headers=headers).json()["lines"]]  # fmt: skip
    prices = [line["why"]["price"] for line in lines if line["why"] and "price" in line["why"]]
    rules = {rule["rule"] for price in prices for rule in price.get("pricing") or ()}
    assert {bool(price.get("unit_cost")) for price in prices} == {seen}
    assert rules == ({"markup", "discount"} if seen else {"discount"}), "from a markup the cost could be reckoned back"
    assert (COST in str(lines)) is seen
