"""Figures over everything: a reseller's are of what is its own, and those of all parties make up the organisation's."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any, Final

import pytest

from tests.integration.access.conftest import World
from tests.integration.access.routes import ROUTES
from tests.integration.access.test_who_sees_what import pages

pytestmark = [pytest.mark.broker, pytest.mark.database]

Who = tuple[str | None, str | None]
SUMS: Final = sorted(name for name in ROUTES if ROUTES[name].sums)
# Nothing is anybody else's.
PARTIES: Final[list[Who]] = [("res-north", None), ("res-south", None), (None, "cus-direct")]
_ORGANISATION: Final[Who] = (None, None)


def figures(world: World, name: str, who: Who, **wanted: str) -> Counter[tuple[str, ...]]:
    """What a list adds up, by what it is about: amounts, counts and seats."""
    if name == "GET /v1/seats":
        wanted = {"from": "2019-01-01", "to": "2019-04-15"} | wanted
    items, _ = pages(world.clients[name], name.split(" ")[1], world.caller(*who), **wanted)
    found: Counter[tuple[str, ...]] = Counter()
    for item in items:
        about = [str(item[key]) for key in ("month", "on", "state", "status", "currency") if key in item]
        for key, value in item.items():
            if key in ("billed", "due", "documents", "gross", "subscriptions", "seats"):
                found[*about, key] += Decimal(value)  # type: ignore[assignment]  # adds up like an integer
    return found


@pytest.mark.parametrize("name", SUMS)
def test_each_party_has_a_part_and_all_of_them_the_whole(world: World, name: str) -> None:
    parts = [figures(world, name, who) for who in PARTIES]

    assert all(sum(part.values()) for part in parts)
    assert +sum(parts, Counter()) == +figures(world, name, _ORGANISATION)


@pytest.mark.parametrize("name", [name for name in SUMS if ROUTES[name].filters])
def test_asking_for_anothers_gives_nothing(world: World, name: str) -> None:
    for who in PARTIES:
        for other in world.others(*who):
            for wanted, ask in ROUTES[name].filters.items():
                given: Any = ask(other)
                if given is not None:
                    assert not +figures(world, name, who, **{wanted: given})


def test_seats_are_those_of_the_first_of_each_month_and_of_the_day_asked_for(world: World) -> None:
    found = figures(world, "GET /v1/seats", ("res-south", None))

    # Nine, two and one of 10 January; four instead of nine since 10 February; the one ended with its cycle.
    assert {on: seats for (on, _), seats in found.items()} == {
        "2019-01-01": 0, "2019-02-01": 12, "2019-03-01": 6, "2019-04-01": 6, "2019-04-15": 6,
    }  # fmt: skip


def test_days_the_wrong_way_round_are_refused(world: World) -> None:
    answer = world.clients["GET /v1/seats"].get(
        "/v1/seats", params={"from": "2019-03-01", "to": "2019-01-01"}, headers=world.caller(None, None)
    )

    assert (answer.status_code, answer.json()["detail"]) == (
        400, "from: 2019-03-01 is after 2019-01-01, up to which is asked",
    )  # fmt: skip
