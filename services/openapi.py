"""One OpenAPI document of all services' APIs, from their applications: without a running system, without a database.

Each service's API has an address of its own; every path says whose it is (`servers`). A reverse proxy in front of them
makes it one address.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any, Final

from deploy.local.services import SERVICES
from shared.web.application import create_app
from shared.web.openapi import SCHEMAS, operations_of, renamed

Json = dict[str, Any]
_NOWHERE: Final = "postgresql:///"
_ABOUT: Final = (
    "Billing of licences that resellers sell: accounts, catalogue, orders, subscriptions, documents, and what vendors "
    "have beside them. Each service has an address of its own: see `servers` of a path."
)


def openapi_document(release: str) -> Json:
    """All paths, each with the server that answers it, and the schemas of all; `release` is the version it has."""
    documents = {one.service: application_document(one.service) for one in SERVICES if one.serves}
    names = _names(documents)
    merged: Json = {
        "openapi": "3.1.0",
        "info": {"title": "Seatledger", "version": release, "description": _ABOUT},
        "tags": [{"name": service, "description": f"The API of {service}"} for service in documents],
        "paths": {},
        "components": {},
    }
    for service, own in documents.items():
        document = renamed(own, {name: f"{service}.{name}" for name in names})
        for path, item in document["paths"].items():
            merged["paths"][path] = {"servers": [_server(service)], **item}
        for kind, parts in document["components"].items():
            merged["components"].setdefault(kind, {}).update(parts)
    merged["components"]["schemas"] = dict(sorted(merged["components"]["schemas"].items()))
    _refuse_twice(operation["operationId"] for _, _, operation in operations_of(merged))
    return merged


def application_document(service: str) -> Json:
    """The document of one service's application, as its /openapi.json gives it."""
    module = import_module(f"services.{service}.api")
    return create_app(service, module.router, _NOWHERE, desk=getattr(module, "DESK", None)).openapi()


def _server(service: str) -> Json:
    return {
        "url": "http://{host}:{port}",
        "description": f"The API of {service}; `seatledger status` shows its port",
        "variables": {
            "host": {"default": "127.0.0.1", "description": "SEATLEDGER_API_HOST"},
            "port": {"default": "8080", "description": "SEATLEDGER_API_PORT"},
        },
    }


def _names(documents: Mapping[str, Json]) -> set[str]:
    """Schemas that are named alike in several services and are not the same: each gets its service's name before it."""
    of_name: dict[str, list[Json]] = {}
    for document in documents.values():
        for name, schema in document["components"]["schemas"].items():
            of_name.setdefault(name, []).append(schema)
    differ = {name for name, schemas in of_name.items() if any(one != schemas[0] for one in schemas)}
    more = differ
    while more:
        # What is the same by its words refers to what is not, and so is not.
        several = {name for name, schemas in of_name.items() if len(schemas) > 1}
        more = {name for name in several - differ if differ.intersection(_referred(of_name[name]))}
        differ |= more
    return differ


def _referred(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"].removeprefix(SCHEMAS)
        for value in part.values():
            yield from _referred(value)
    elif isinstance(part, list):
        for value in part:
            yield from _referred(value)


def _refuse_twice(operations: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in operations:
        if name in seen:
            raise ValueError(f"two routes of the APIs are named {name}: name one of the functions otherwise")
        seen.add(name)
