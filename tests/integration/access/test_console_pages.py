"""Every page of the console, asked with another's ids: it is not there, and no list has anything of another's.

Who adds a page with an id of a new name, or a filter, says in `IDS`, `FILTERS` or `PLAIN` what it is about.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from uuid import uuid4

import psycopg
import pytest
from fastapi.routing import RouteContext, iter_route_contexts
from fastapi.testclient import TestClient

from services.console.security import HEADERS
from services.console.viewer import _viewer
from tests.infrastructure.tokens import token_of
from tests.integration.access.conftest import World
from tests.integration.access.console import browser, console_app, csrf_of, sign_in
from tests.integration.access.test_who_sees_what import CALLERS
from tests.integration.access.world import PRODUCT, VENDOR, Belongings

pytestmark = [pytest.mark.broker, pytest.mark.database]

Ask = Callable[[Belongings], str]
# What the ids in paths are of.
IDS: Final[Mapping[str, Ask]] = {
    "subscription_id": lambda one: one.subscription,
    "order_id": lambda one: one.order,
    "number": lambda one: one.document,
    "customer_id": lambda one: one.customer,
    "reseller_id": lambda one: one.payer,
    "recipient": lambda one: one.payer,
    "key": lambda one: one.subscription,
    "account": lambda one: f"acc-of-{one.customer}",
    "alignment": lambda one: f"alignment-of-{one.subscription}",
}
# What belongs to nobody, or to the organisation, and still has to be filled in.
NOBODYS: Final[Mapping[str, str]] = {
    "product_id": PRODUCT, "item_id": "1", "vendor": VENDOR, "about": "x", "name": "x", "projection": "orders",
    "generation": "1", "rebuild": "1", "task": "00000000-0000-0000-0000-000000000000",
}  # fmt: skip
FILTERS: Final[Mapping[str, Ask]] = {
    "customer": lambda one: one.customer,
    "reseller": lambda one: one.payer,
    "recipient": lambda one: one.payer,
    "subscription": lambda one: one.subscription,
    "order": lambda one: one.order,
    "account": lambda one: f"acc-of-{one.customer}",
    "q": lambda one: one.subscription,
    "find": lambda one: one.customer,
}
# Parameters that say nothing of anybody.
PLAIN: Final = frozenset({
    "sort", "page", "format", "status", "state", "plan", "product", "currency", "kind", "from", "to", "due", "vendor",
    "verdict", "findings", "action", "after", "came", "date", "done", "failed", "form", "life", "preview", "projection",
    "raw", "reason", "row", "topic", "type", "what", "cursor",
})  # fmt: skip
# A run of a replay has a number too, and is nobody's.
_RUN: Final = "GET /replay/runs/{number}"
# What everybody sees of what is theirs, and without asking another service: no API is served here.
SHOWN: Final = (
    "GET /subscriptions/{subscription_id:path}",
    "GET /orders/{order_id:path}",
    "GET /documents/{number:path}",
)
NOT_SERVED: Final = 503
# Signing in and what tells of nobody; /live says that something changed, and goes on for minutes.
OPEN: Final = frozenset({
    "GET /sign-in", "POST /sign-in", "GET /sign-in/oidc", "GET /sign-in/oidc/callback", "GET /healthz", "GET /readyz",
    "GET /metrics",
})  # fmt: skip
STREAMS: Final = frozenset({"GET /live"})
_PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)(:path)?\}")


def routes() -> Iterator[tuple[str, RouteContext]]:
    for route in iter_route_contexts(console_app("postgresql:///nowhere").routes):
        for method in sorted((route.methods or set()) - {"HEAD"}):
            yield f"{method} {route.path}", route


ALL: Final = dict(routes())
PAGES: Final = sorted(name for name in ALL if name.startswith("GET ") and name not in OPEN | STREAMS)
FORMS: Final = sorted(name for name in ALL if not name.startswith("GET ") and name not in OPEN)
ONE_THING: Final = [name for name in PAGES if set(_PLACEHOLDER.findall(name)) and "{" in name]
LISTS: Final = [name for name in PAGES if "{" not in name]
ABOUT_SOMEBODY: Final = [name for name in FORMS if set(IDS) & {found for found, _ in _PLACEHOLDER.findall(name)}]


def path_of(name: str, theirs: Belongings, more: str = "") -> str:
    def filled(found: re.Match[str]) -> str:
        placeholder = found[1]
        assert placeholder in IDS or placeholder in NOBODYS, f"{name}: say in IDS or NOBODYS what {placeholder} is"
        if name == _RUN:
            return "1"
        return IDS[placeholder](theirs) + more if placeholder in IDS else NOBODYS[placeholder]

    return _PLACEHOLDER.sub(filled, name.split(" ")[1])


def asked_for(name: str, theirs: Belongings) -> set[str]:
    """The ids that stand in a path."""
    return {IDS[placeholder](theirs) for placeholder, _ in _PLACEHOLDER.findall(name) if placeholder in IDS}


def is_about_somebody(name: str) -> bool:
    return name != _RUN and bool(set(IDS) & {found for found, _ in _PLACEHOLDER.findall(name)})


def parameters_of(route: RouteContext) -> set[str]:
    def within(dependant: Any) -> Iterator[str]:
        yield from (field.alias for field in dependant.query_params)
        for inner in dependant.dependencies:
            yield from within(inner)

    return set(within(route.dependant))


def names_in(text: str, names: set[str]) -> set[str]:
    """Those of some ids that stand in a page."""
    return {name for name in names if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)}


def dependencies(route: RouteContext) -> Iterator[Any]:
    def within(dependant: Any) -> Iterator[Any]:
        yield dependant.call
        for inner in dependant.dependencies:
            yield from within(inner)

    return within(route.dependant)


@pytest.fixture(scope="module")
def signed_in(world: World) -> Iterator[Callable[[tuple[str | None, str | None]], TestClient]]:
    """A browser of each caller, all of one console; there is one lifespan, so they take turns with its cookies."""
    with browser(console_app(world.dsn)) as client:
        cookies: dict[tuple[str | None, str | None], Any] = {}

        def of(who: tuple[str | None, str | None]) -> TestClient:
            client.cookies.clear()
            if who not in cookies:
                role = "reseller" if who[0] else "customer" if who[1] else "distributor"
                sign_in(client, token_of(world.dsn, role, reseller=who[0], customer=who[1]))
                cookies[who] = dict(client.cookies)
            client.cookies.update(cookies[who])
            return client

        yield of


def test_every_page_asks_who_looks() -> None:
    for name in [*PAGES, *FORMS, *STREAMS]:
        assert _viewer in dependencies(ALL[name]), f"{name} asks nobody who they are"


def test_every_parameter_of_every_page_is_known_here() -> None:
    for name in PAGES:
        unknown = parameters_of(ALL[name]) - FILTERS.keys() - PLAIN
        assert not unknown, f"{name}: say in FILTERS or PLAIN what {', '.join(sorted(unknown))} is about"
    for name in [*ONE_THING, *FORMS]:
        assert "{" not in path_of(name, Belongings(None, "cus", "ord", ("sub",), ("1",)))


@pytest.mark.parametrize("name", [*PAGES, *FORMS])
def test_who_is_not_signed_in_is_sent_to_sign_in(world: World, signed_in: Any, name: str) -> None:
    client = signed_in((None, None))
    client.cookies.clear()
    method, _ = name.split(" ")

    answer = client.request(method, path_of(name, world.everybody[0]))

    assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (303, "/sign-in")
    assert not names_in(answer.text, world.foreign("nobody", None))


@pytest.mark.parametrize("name", ONE_THING)
@pytest.mark.parametrize("who", CALLERS, ids=str)
def test_a_page_of_anothers_is_not_there(world: World, signed_in: Any, name: str, who: Any) -> None:
    client = signed_in(who)
    for other in world.others(*who):
        if not is_about_somebody(name):
            continue
        path = path_of(name, other)
        answer, nothing = client.get(path), client.get(path_of(name, other, "x"))
        # Or it asks another service, whose API is asked for what is another's in test_who_sees_what.py.
        assert answer.status_code == nothing.status_code, path
        assert answer.status_code in (404, NOT_SERVED), path
        given = names_in(path, world.foreign(*who))
        assert not names_in(answer.text, world.foreign(*who)) - given
        # As if it did not exist, to the word.
        asked = asked_for(name, other)
        assert without(answer.text, asked) == without(nothing.text, {f"{one}x" for one in asked})


def without(text: str, names: set[str]) -> str:
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "…")
    return text


@pytest.mark.parametrize("name", ONE_THING)
def test_a_page_of_ones_own_is_there(world: World, signed_in: Any, name: str) -> None:
    organisation = signed_in((None, None)).get(path_of(name, world.everybody[0]))
    if not is_about_somebody(name) or organisation.status_code == 404:
        # Of the organisation alone: others do not find it at all.
        assert signed_in(("res-north", None)).get(path_of(name, world.everybody[0])).status_code == 404
        return
    own = signed_in(("res-north", None)).get(path_of(name, world.everybody[0]))
    # What is done by the organisation alone is not there for a reseller, be it about its own.
    assert own.status_code in (organisation.status_code, 404)
    assert name not in SHOWN or own.status_code == 200
    assert not names_in(own.text, world.foreign("res-north", None))


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("who", CALLERS, ids=str)
def test_a_list_has_nothing_of_anothers(world: World, signed_in: Any, name: str, who: Any) -> None:
    client, path = signed_in(who), name.split(" ")[1]
    foreign = world.foreign(*who)
    answer = client.get(path)
    assert answer.status_code < 500 or answer.status_code == NOT_SERVED
    assert not names_in(answer.text, foreign)
    for other in world.others(*who) if answer.status_code == 200 else ():
        for wanted in sorted(parameters_of(ALL[name]) & FILTERS.keys()):
            given = FILTERS[wanted](other)
            found = client.get(path, params={wanted: given})
            assert not names_in(found.text, foreign - {given}), f"{path}?{wanted}={given}"
            if "format" in parameters_of(ALL[name]):
                file = client.get(path, params={wanted: given, "format": "csv"})
                assert not names_in(file.text, foreign)


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("who", [(None, None), ("res-south", None)], ids=str)
def test_a_form_that_is_not_of_this_session_changes_nothing(world: World, signed_in: Any, name: str, who: Any) -> None:
    client = signed_in(who)
    method, path = name.split(" ")[0], path_of(name, world.everybody[0])
    right = {"csrf": csrf_of(client)}
    asked: list[dict[str, Any]] = [
        {}, {"data": {"csrf": ""}}, {"data": {"csrf": "x" * 43}}, {"json": right},
        {"data": right, "headers": {"Origin": "https://elsewhere.test"}},
        {"data": right, "headers": {"Origin": "null"}},
    ]  # fmt: skip
    before = standing(world)
    for one in asked:
        answer = client.request(method, path, **one)
        assert answer.status_code == 403, f"{path} took {one}"
        assert_headers(answer.headers)
    assert standing(world) == before


@pytest.mark.parametrize("name", ABOUT_SOMEBODY)
@pytest.mark.parametrize("who", CALLERS, ids=str)
def test_a_form_about_anothers_finds_nothing_and_changes_nothing(
    world: World, signed_in: Any, name: str, who: Any
) -> None:
    client = signed_in(who)
    right = {"csrf": csrf_of(client), "key": str(uuid4())}
    before = standing(world)
    for other in world.others(*who):
        path = path_of(name, other)
        answer, nothing = client.post(path, data=right), client.post(path_of(name, other, "x"), data=right)
        assert answer.status_code == nothing.status_code, path
        assert answer.status_code in (404, NOT_SERVED), path
        assert not names_in(answer.text, world.foreign(*who)) - names_in(path, world.foreign(*who))
    assert standing(world) == before


def standing(world: World) -> Any:
    """How much there is of all that a form could change."""
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        return connection.execute(
            "SELECT (SELECT count(*) FROM store.event), (SELECT count(*) FROM store.operation), "
            "(SELECT count(*) FROM store.generation), (SELECT count(*) FROM store.dead_letter WHERE status = 'dead'), "
            "(SELECT count(*) FROM console.session)"
        ).fetchone()


def assert_headers(headers: Mapping[str, str], *, kept: bool = False) -> None:
    assert {name: headers.get(name) for name in HEADERS} == dict(HEADERS)
    assert kept or headers["Cache-Control"] == "no-store"
    assert "unsafe" not in headers["Content-Security-Policy"]


def test_every_answer_has_the_headers(world: World, signed_in: Any) -> None:
    client = signed_in((None, None))
    for path in [path_of(name, world.everybody[0]) for name in PAGES] + [
        "/sign-in", "/no/such/page", "/subscriptions?page=0", "/subscriptions?sort=x", "/v1/revenue", "/v1/nothing",
        "/openapi.json", "/healthz", "/readyz", "/sign-in/oidc",
    ]:  # fmt: skip
        assert_headers(client.get(path).headers)
    assert_headers(client.get("/static/console.css").headers, kept=True)
    assert_headers(client.get("/static/nothing.css").headers, kept=True)


def test_no_page_has_a_script_or_style_of_its_own(world: World, signed_in: Any) -> None:
    client = signed_in((None, None))
    for name in PAGES:
        answer = client.get(path_of(name, world.everybody[0]))
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            assert not re.search(r"\sstyle=|<style|<script(?![^>]*src=)|\son[a-z]+=|javascript:", answer.text), name
