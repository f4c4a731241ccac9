"""Collections page by page: the next page's address and headers come with each page, and cannot be trusted.

Microsoft's own samples have next links with a second question mark, with and without `/v1`, and a totalCount that is
not the number of items: it is never looked at. A link that leads nowhere, elsewhere or in a circle ends the listing
with NotReached: what came before counts, and that more may be missing is known.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.reconciliation.vendors.connector import NotReached
from services.reconciliation.vendors.microsoft.reading import Resource, field, text
from services.reconciliation.vendors.microsoft.transport import Errand, Transport

# A million customers at 500 a page: a listing that has more pages than this has no end.
_MOST_PAGES: Final = 2000
_PATH: Final = re.compile(r"/[A-Za-z0-9][\x21\x22\x24-\x5b\x5d-\x7e]*")
_NAME: Final = re.compile(r"[A-Za-z0-9-]+")


class BrokenLink(ValueError):
    """A link to a next page that cannot be followed."""


@dataclass(frozen=True, slots=True)
class Step:
    """Where a page is: the path after `/v1`, and the headers to send along."""

    path: str
    headers: tuple[tuple[str, str], ...] = ()


async def pages(transport: Transport, errand: Errand, first: str) -> AsyncIterator[Sequence[object]]:
    """The items of each page, from `first` on. Raises VendorError, after what could be read was given."""
    step: Step | None = Step(first)
    seen: set[Step] = set()
    while step is not None:
        if step in seen or len(seen) == _MOST_PAGES:
            raise _ended(errand, "its pages lead in a circle")
        seen.add(step)
        body = (await transport.ask(errand, "GET", step.path, headers=dict(step.headers))).body
        items = field(body, "items")
        if not isinstance(items, list):
            raise _ended(errand, "a page has no items")
        yield items
        try:
            step = following(body)
        except BrokenLink as broken:
            raise _ended(errand, str(broken)) from None


def following(page: Resource | None) -> Step | None:
    """Where the page after `page` is; None where it is the last. Raises BrokenLink."""
    link = field(field(page, "links"), "next")
    if link is None:
        return None
    uri = text(field(link, "uri"))
    method = text(field(link, "method"))
    if uri is None or (method is not None and method.upper() != "GET"):
        raise BrokenLink("its link to the next page has no address")
    return Step(_path(uri), tuple(sorted(_headers(field(link, "headers")).items())))


def _path(uri: str) -> str:
    """The path after `/v1`, with one question mark. An address elsewhere would be given our token."""
    path = uri.removeprefix("/v1") if uri.startswith("/v1/") else uri
    if not _PATH.fullmatch(path) or ".." in path:
        raise BrokenLink("its link to the next page leads elsewhere")
    head, mark, query = path.partition("?")
    return f"{head}{mark}{query.replace('?', '&')}"


def _headers(given: object) -> Mapping[str, str]:
    if given is None:
        return {}
    if not isinstance(given, list):
        raise BrokenLink("its link to the next page has headers that cannot be read")
    found = {}
    for header in given:
        name, value = text(field(header, "key")), text(field(header, "value"))
        if name is None or value is None or not _NAME.fullmatch(name) or not re.fullmatch(r"[\x20-\x7e]+", value):
            raise BrokenLink("its link to the next page has headers that cannot be read")
        found[name] = value
    return found


def _ended(errand: Errand, why: str) -> NotReached:
    return NotReached(f"Partner Center could not {errand.what} to the end: {why}", correlation=errand.correlation)
