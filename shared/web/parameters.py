"""Parameters of a query that a route does not know are refused: a misspelt filter would otherwise show everything."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel

from shared.web.errors import BadRequest


def only_known_parameters(request: Request) -> None:
    """BadRequest that names what is not known, and what is."""
    if not request.query_params:
        return
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return
    known = set(_of(route.dependant))
    for name in request.query_params:
        if name not in known:
            there_are = f"there are {', '.join(sorted(known))}" if known else "this takes none"
            raise BadRequest(f"{name}: is no parameter here; {there_are}")


def _of(dependant: Dependant) -> Iterator[str]:
    for field in dependant.query_params:
        model = field.field_info.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):  # a query that is a model is its fields
            yield from (info.alias or name for name, info in model.model_fields.items())
        else:
            yield field.alias
    for inner in dependant.dependencies:
        yield from _of(inner)
