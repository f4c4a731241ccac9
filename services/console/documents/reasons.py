"""Why each line of a page is what it is, in words: with the events behind it where invoicing answers, else without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi import Request

from services.console.documents.groups import LinesPage
from services.console.documents.one import Line
from services.console.service_calls import Refused, ServiceAway, calls
from services.console.viewer import Viewer
from shared.events.explanation import sentence


@dataclass(frozen=True, slots=True)
class Reason:
    """The sentence of one line, and the events behind it: role, source, id and, where known, type, time and place."""

    sentence: str
    events: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Reasons:
    """The reasons by line; `missing` says why nothing is known of the events."""

    by_line: Mapping[str, Reason]
    missing: str | None = None


async def reasons(
    request: Request, viewer: Viewer, number: str, page: LinesPage, shown: Sequence[Line]
) -> Reasons:  # fmt: skip
    """The reasons of the lines of a page. The page is readable without invoicing; it then names events by their ids."""
    path = f"/v1/documents/{quote(number, safe='')}/explained?offset={page.offset}&limit={max(1, page.lines)}"
    try:
        answer = await calls(request).ask(request, viewer, "invoicing", "GET", path)
    except (ServiceAway, Refused) as error:
        return Reasons({line.line: _known_here(line) for line in shown}, str(error))
    return Reasons({one["line"]: Reason(one["sentence"], one["events"]) for one in answer.document["lines"]})


def _known_here(line: Line) -> Reason:
    shape = line.model_dump(mode="json", by_alias=True, exclude_none=True)
    return Reason(sentence(shape, {}), (line.why or {}).get("events", ()))
