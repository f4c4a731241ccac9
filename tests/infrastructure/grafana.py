"""The dashboards of deploy/grafana as Grafana reads them: panels, queries, and what stands for macros and variables."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

FOLDER: Final = Path(__file__).parents[2] / "deploy" / "grafana"
DASHBOARDS: Final = {path.stem: json.loads(path.read_text()) for path in sorted((FOLDER / "dashboards").glob("*.json"))}
POSTGRESQL: Final = "grafana-postgresql-datasource"
PROMETHEUS: Final = "prometheus"
_VARIABLE = re.compile(r"\$\{(\w+):sqlstring\}")

Json = dict[str, Any]


class Query(NamedTuple):
    """A query of a panel: `where` is its title and reference, `text` as it stands in the dashboard."""

    dashboard: str
    where: str
    text: str
    format: str


class Span(NamedTuple):
    """The range of time that a dashboard shows."""

    begin: datetime
    end: datetime


def panels(dashboard: Json) -> Iterator[Json]:
    """All panels, those in collapsed rows too."""
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", ())


def variables(dashboard: Json) -> list[Json]:
    found: list[Json] = dashboard["templating"]["list"]
    return found


def queries(kind: str) -> list[Query]:
    """Every query of panels to a kind of data source, in the order of the dashboards."""
    said = {POSTGRESQL: "rawSql", PROMETHEUS: "expr"}[kind]
    return [
        Query(name, f"{panel['title']} {target['refId']}", target[said], target["format"])
        for name, dashboard in DASHBOARDS.items()
        for panel in panels(dashboard)
        for target in panel.get("targets", ())
        if target["datasource"]["type"] == kind
    ]


def as_sent(sql: str, span: Span, values: Mapping[str, Sequence[str]]) -> str:
    """What PostgreSQL is sent: Grafana's macros and variables replaced as its data source does it.

    Raises KeyError for a variable that there is not, ValueError for a macro that we do not know.
    """
    begin, end = (f"'{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'" for moment in span)
    sent = _VARIABLE.sub(lambda found: ",".join(_quoted(one) for one in values[found[1]]), sql)
    sent = re.sub(r"\$__timeFilter\(([^()]+)\)", rf"\1 BETWEEN {begin} AND {end}", sent)
    sent = sent.replace("$__timeFrom()", begin).replace("$__timeTo()", end)
    if "$" in sent:
        raise ValueError(f"Grafana would be asked to replace what is not known here: {sent}")
    return sent


def as_evaluated(promql: str, values: Mapping[str, Sequence[str]]) -> str:
    """What Prometheus is sent: several values of a variable are a regular expression."""
    sent = promql.replace("$__rate_interval", "1m")
    for name, several in values.items():
        sent = sent.replace(f"${name}", f"({'|'.join(several)})")
    if "$" in sent:
        raise ValueError(f"Grafana would be asked to replace what is not known here: {sent}")
    return sent


def data_sources() -> list[Json]:
    """What is provisioned, PostgreSQL first; the environment is not put in."""
    file = FOLDER / "provisioning" / "datasources" / "datasources.yaml"
    found: list[Json] = yaml.safe_load(file.read_text())["datasources"]
    return found


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
