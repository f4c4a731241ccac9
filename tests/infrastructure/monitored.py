"""A process as a probe and as Prometheus see it: over HTTP, at its port."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any, NamedTuple

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families


class Answer(NamedTuple):
    """Status and body."""

    status: int
    text: str

    @property
    def document(self) -> Any:
        return json.loads(self.text)


def get(port: int, path: str, method: str = "GET") -> Answer:
    """What is answered, whatever its status is; OSError where nobody listens."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return Answer(answer.status, answer.read().decode())
    except urllib.error.HTTPError as refused:
        return Answer(refused.code, refused.read().decode())


def scrape(port: int) -> list[Metric]:
    """The families that /metrics tells."""
    answer = get(port, "/metrics")
    assert answer.status == 200, answer.text
    return list(text_string_to_metric_families(answer.text))


def sums(families: list[Metric], **labels: str) -> dict[str, float]:
    """The samples by name, those added up whose labels have these values."""
    found: dict[str, float] = {}
    for family in families:
        for sample in family.samples:
            if labels.items() <= sample.labels.items():
                found[sample.name] = found.get(sample.name, 0.0) + sample.value
    return found


def reasons(port: int) -> dict[str, str]:
    """What /readyz says does not hold, and why; {} when the process is ready."""
    answer = get(port, "/readyz")
    found = {name: check["reason"] for name, check in answer.document["checks"].items() if not check["ok"]}
    assert (answer.status, answer.document["status"]) == ((503, "not ready") if found else (200, "ready"))
    return found
