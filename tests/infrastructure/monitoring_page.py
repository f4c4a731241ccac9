"""docs/monitoring.md as a program reads it: its table of figures, and its alert rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

PAGE = Path(__file__).parents[2] / "docs" / "monitoring.md"
_FIGURE = re.compile(r"^\| `(\w+)` \|([^|]*)\|([^|]*)\|([^|]*)\|(.*)\|$", re.MULTILINE)
_RULES = re.compile(r"^```yaml\n(.*?)^```$", re.DOTALL | re.MULTILINE)


class Figure(NamedTuple):
    """A row of the table. `told_by`: all, projector, worker, worker of SERVICE, API; several with a comma."""

    name: str
    labels: frozenset[str]
    told_by: frozenset[str]
    unit: str
    meaning: str


def figures() -> list[Figure]:
    """The table, in its order."""
    return [
        Figure(name, frozenset(_words(labels)), frozenset(_words(told_by)), unit.strip(), meaning.strip())
        for name, labels, told_by, unit, meaning in _FIGURE.findall(PAGE.read_text())
    ]


def rules() -> dict[str, str]:
    """The alerts by name, each with its PromQL."""
    (text,) = _RULES.findall(PAGE.read_text())
    return {rule["alert"]: rule["expr"] for group in yaml.safe_load(text)["groups"] for rule in group["rules"]}


def _words(cell: str) -> Iterator[str]:
    return (word.strip() for word in cell.split(",") if word.strip())
