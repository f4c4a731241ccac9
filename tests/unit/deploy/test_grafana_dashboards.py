"""Dashboards as Grafana takes them: its own models read them whole, panels lie beside each other, queries are ones."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import promql_parser
import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.dashboard import Dashboard

from tests.infrastructure.grafana import (
    DASHBOARDS,
    FOLDER,
    POSTGRESQL,
    PROMETHEUS,
    Json,
    Query,
    as_evaluated,
    data_sources,
    panels,
    queries,
    variables,
)
from tests.infrastructure.monitoring_page import figures

_UNITS = {value for name, value in vars(units).items() if name[0].isupper() and isinstance(value, str)}
_METRIC = re.compile(r"\b(?:seatledger|process|python)_\w+")
_LABELS = re.compile(r"\b(?:by|on|group_left) \(([^)]*)\)")
_MATCHED = re.compile(r"[{,]\s*(\w+)\s*=")
# What Prometheus itself gives: whom it scraped, and the bounds of a histogram.
_GIVEN = {"instance", "job", "le"}
_HISTOGRAM = "_bucket"
# Variables of the query that a panel's title or a query may name.
_NAMED = re.compile(r"\$\{?(\w+)")
_MACROS = {"__timeFilter", "__timeFrom", "__timeTo", "__rate_interval"}

register_default_plugins()


@pytest.fixture(params=DASHBOARDS)
def dashboard(request: pytest.FixtureRequest) -> Json:
    found: Json = DASHBOARDS[request.param]
    return found


def test_there_is_one_for_business_and_one_for_operations() -> None:
    assert {name: one["uid"] for name, one in DASHBOARDS.items()} == {
        "business": "seatledger-business",
        "operations": "seatledger-operations",
    }


def test_grafanas_own_models_know_everything_that_it_says(dashboard: Json) -> None:
    read = json.loads(json.dumps(Dashboard.from_json(dashboard), cls=JSONEncoder))

    # What its models do not know is lost on the way.
    assert list(lost(dashboard, read)) == []


def lost(said: Any, read: Any, place: str = "") -> Iterator[str]:
    """Places of what is not there any more; null and an empty list are the same as nothing."""
    if isinstance(said, dict) and isinstance(read, dict):
        for name, value in said.items():
            if value not in (None, [], {}):
                yield from lost(value, read.get(name), f"{place}.{name}")
    elif isinstance(said, list) and isinstance(read, list) and len(said) == len(read):
        for number, (one, other) in enumerate(zip(said, read, strict=True)):
            yield from lost(one, other, f"{place}[{number}]")
    elif said != read:
        yield f"{place}: {said!r} became {read!r}"


def test_it_is_kept_as_grafana_wants_it(dashboard: Json) -> None:
    # Provisioned ones have no id of a database.
    assert dashboard["id"] is None
    assert dashboard["schemaVersion"] >= 38
    assert dashboard["timezone"] == "utc"
    assert dashboard["title"].startswith("Seatledger: ")
    linked = {link["url"].removeprefix("/d/") for link in dashboard["links"]}
    assert linked <= {one["uid"] for one in DASHBOARDS.values()}


def test_panels_have_ids_of_their_own_and_say_what_they_show(dashboard: Json) -> None:
    found = list(panels(dashboard))

    assert len({panel["id"] for panel in found}) == len(found) > 15
    for panel in found:
        assert panel["title"]
        assert panel["type"] == "row" or re.fullmatch(r"[A-Z0-9].*\.", panel["description"], re.DOTALL), panel["title"]


def test_panels_lie_in_24_columns_and_beside_each_other(dashboard: Json) -> None:
    taken = [(panel["title"], panel["gridPos"]) for panel in panels(dashboard)]
    for title, at in taken:
        assert 0 <= at["x"] < at["x"] + at["w"] <= 24, title
        assert at["h"] >= 1, title
    for (title, one), (other_title, other) in combinations(taken, 2):
        apart = (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
            or other["y"] + other["h"] <= one["y"]
        )
        assert apart, f"{title} lies on {other_title}"


def test_units_are_grafanas(dashboard: Json) -> None:
    named = {
        unit
        for panel in panels(dashboard)
        if panel["type"] != "row"
        for unit in (
            panel["fieldConfig"]["defaults"]["unit"],
            *(one["value"] for over in panel["fieldConfig"]["overrides"] for one in over["properties"]
              if one["id"] == "unit"),
        )
    }  # fmt: skip
    assert named <= _UNITS


def test_every_query_goes_to_a_data_source_that_is_provisioned(dashboard: Json) -> None:
    provisioned = {(one["type"], one["uid"]) for one in data_sources()}
    asked = [panel["datasource"] for panel in panels(dashboard) if panel["type"] != "row"]
    asked += [target["datasource"] for panel in panels(dashboard) for target in panel.get("targets", ())]
    asked += [variable["datasource"] for variable in variables(dashboard)]
    assert {(one["type"], one["uid"]) for one in asked} <= provisioned


def test_every_variable_that_is_named_is_there_and_each_is_of_use(dashboard: Json) -> None:
    named = set(_NAMED.findall(json.dumps(dashboard["panels"]))) - _MACROS
    assert named == {variable["name"] for variable in variables(dashboard)}


def test_references_of_a_panels_queries_are_different(dashboard: Json) -> None:
    for panel in panels(dashboard):
        references = [target["refId"] for target in panel.get("targets", ())]
        assert len(set(references)) == len(references)


@pytest.mark.parametrize("query", queries(PROMETHEUS), ids=lambda query: query.where)
def test_a_query_of_figures_is_promql_on_figures_that_there_are(query: Query) -> None:
    read = str(promql_parser.parse(as_evaluated(query.text, {"projection": ["orders", "invoicing"]})))

    there = {figure.name: figure for figure in figures()}
    named = {name.removesuffix(_HISTOGRAM) for name in _METRIC.findall(read)}
    assert named
    assert named <= there.keys()
    labels = {label.strip() for found in _LABELS.findall(read) for label in found.split(",")}
    labels |= set(_MATCHED.findall(read))
    assert labels - {""} <= _GIVEN.union(*(there[name].labels for name in named))


@pytest.mark.parametrize("query", queries(POSTGRESQL), ids=lambda query: query.where)
def test_a_query_of_rows_asks_the_views_and_nothing_else(query: Query) -> None:
    asked = re.findall(r"\b(?:FROM|JOIN)\s+([\w.]+)", query.text)
    assert asked
    assert {name for name in asked if not name.startswith("read.")} <= {"generate_series", "jsonb_array_elements"}


def test_what_is_secret_or_of_a_place_comes_from_the_environment() -> None:
    for source in data_sources():
        assert source["url"].startswith("${SEATLEDGER_GRAFANA_")
        assert source["editable"] is False
    assert data_sources()[0]["secureJsonData"] == {"password": "${SEATLEDGER_GRAFANA_READER_PASSWORD}"}
    (provider,) = yaml.safe_load((FOLDER / "provisioning/dashboards/dashboards.yaml").read_text())["providers"]
    assert provider["options"]["path"] == "${SEATLEDGER_GRAFANA_DASHBOARDS}"
