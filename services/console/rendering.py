"""Pages out of templates. Everything in them is escaped, and what is missing is an error, not an empty place."""

from __future__ import annotations

import hashlib
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, NamedTuple

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.console.formats import FILTERS, is_about, link
from services.console.listing import address, sorting
from services.console.viewer import CSRF_FIELD, Viewer
from shared.commands.principal import Permission

_HERE: Final = Path(__file__).parent
STATIC: Final = _HERE / "static"
_TEMPLATES: Final = _HERE / "templates"


class Area(NamedTuple):
    """One entry of the navigation: who has the permission sees it; what is in beta only who is of the organisation."""

    path: str
    name: str
    permission: Permission
    may_be_in_beta: bool = False

    def is_shown(self, viewer: Viewer, *, beta: bool) -> bool:
        is_theirs = viewer.principal.sees_all or not (beta and self.may_be_in_beta)
        return is_theirs and viewer.may(self.permission)


AREAS: Final = (
    Area("/", "Overview", "invoices:read"),
    Area("/subscriptions", "Subscriptions", "subscriptions:read"),
    Area("/orders", "Orders", "orders:read"),
    Area("/documents", "Documents", "invoices:read"),
    Area("/reconciliation", "Reconciliation", "reconciliation:read", may_be_in_beta=True),
    Area("/replay", "Replay", "operations:read"),
    Area("/dead-letters", "Dead letters", "operations:read"),
)
# What belongs to an area and has an address of its own.
_ALSO: Final = {"/documents": ("/balances", "/next-run")}


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(FILTERS)
    made.globals.update(link=link, address=address, sorting=sorting, static=_static, csrf_field=CSRF_FIELD)
    made.globals.update(is_about=is_about)
    return made


@cache
def _static(name: str) -> str:
    """The address of a file of ours, another one whenever it changes: browsers keep it for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?{digest}"


def page(request: Request, template: str, status: HTTPStatus = HTTPStatus.OK, **shown: Any) -> HTMLResponse:
    """A page for who is signed in; for who is not, `viewer` is None and the page has no navigation."""
    viewer: Viewer | None = getattr(request.state, "viewer", None)
    beta = request.app.state.reconciliation_beta
    areas = [area for area in AREAS if viewer is not None and area.is_shown(viewer, beta=beta)]
    here = next((area for area in reversed(areas) if _is_in(request.url.path, area)), None)
    text = (
        _environment()
        .get_template(template)
        .render(shown, request=request, viewer=viewer, areas=areas, here=here, path=request.url.path)
    )
    return HTMLResponse(text, status)


def _is_in(path: str, area: Area) -> bool:
    places = (area.path, *_ALSO.get(area.path, ()))
    return any(path == place or (place != "/" and path.startswith(place + "/")) for place in places)
