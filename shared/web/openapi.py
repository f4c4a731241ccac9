"""The OpenAPI document of an application: what FastAPI finds in its routes, and what holds for every one of them.

Handlers declare their own; that each answers with problem documents, takes and gives an X-Request-Id, says after how
many seconds to ask again, and answers a command with its version or a preview is said here, once.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema
from pydantic.warnings import UnsupportedFieldAttributeWarning

from shared.web.commanding import MEANINGS, Problem

Json = dict[str, Any]
METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_ALWAYS: Final = (400, 401, 403, 500, 503)
_NAMES: Final[Mapping[int, str]] = {
    400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 409: "Exists", 412: "Outdated",
    422: "Refused", 500: "Internal", 503: "Unavailable",
}  # fmt: skip
_TEXT: Final[Json] = {"type": "string"}
_HEADERS: Final[Mapping[str, Json]] = {
    "X-Request-Id": {"description": "The id of this request: in the log and in the events of a command.",
                     "required": True, "schema": _TEXT},
    "ETag": {"description": "The version of the thing: give it as If-Match to change just that.", "schema": _TEXT},
    "Retry-After": {"description": "After how many seconds to ask again.", "required": True,
                    "schema": {"type": "string", "pattern": "^[0-9]+$"}},
    "WWW-Authenticate": {"description": "Asks for a bearer token (RFC 6750).", "required": True, "schema": _TEXT},
}  # fmt: skip
_OF_STATUS: Final[Mapping[int, str]] = {401: "WWW-Authenticate", 503: "Retry-After"}
_REQUEST_ID: Final[Json] = {
    "name": "X-Request-Id", "in": "header", "required": False, "schema": _TEXT,
    "description": "An id of your own for this request, at most 200 letters of printable ASCII; else it is given one.",
}  # fmt: skip
_BEARER: Final[Json] = {
    "type": "http", "scheme": "bearer", "bearerFormat": "slt_<id>_<secret>, or a JSON Web Token of the OIDC issuer",
    "description": "An API token (`seatledger tokens create`) or a token of the OIDC issuer.",
}  # fmt: skip
_REF: Final = "#/components/"
SCHEMAS: Final = f"{_REF}schemas/"
_NULL: Final = {"type": "null"}
_PAGE: Final = re.compile("^Page_.*_$")


class Api(FastAPI):
    """An application that describes itself with what holds for all of a service's routes."""

    def __init__(self, service: str, **more: Any) -> None:
        super().__init__(generate_unique_id_function=_named, **more)
        self._service = service
        self._described: Json | None = None

    def openapi(self) -> Json:
        """OpenAPI 3.1, as /openapi.json gives it."""
        if self._described is None:
            with warnings.catch_warnings():
                # FastAPI gives a body that may be left out an alias, which pydantic says it does not look at.
                warnings.simplefilter("ignore", UnsupportedFieldAttributeWarning)
                self._described = described(super().openapi(), self._service)
        return self._described


def operations_of(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Path, method and operation, of everything that can be asked."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def described(document: Json, service: str) -> Json:
    """A document of FastAPI's with what holds for every route of the service; the document itself is changed."""
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for path, method, operation in operations_of(document):
        operation["security"] = [{"bearer": []}]
        operation["tags"] = list(dict.fromkeys([service, *operation.get("tags", [])]))
        _parameters(operation)
        if any(one.get("name") == "preview" for one in operation["parameters"]):
            _previewed(operation)
        _problems(path, operation)
        _headers(operation, is_command=_is_command(method, operation))
        for content in _contents(operation):
            _examples(content, schemas)
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas |= _schemas()
    components["schemas"] = schemas
    components["securitySchemes"] = {"bearer": _BEARER}
    components["parameters"] = {"X-Request-Id": _REQUEST_ID}
    components["headers"] = dict(_HEADERS)
    components["responses"] = {name: _problem(status) for status, name in _NAMES.items()}
    pages = {name: f"{name.removeprefix('Page_').removesuffix('_')}Page" for name in schemas if _PAGE.match(name)}
    return renamed(document, pages)


def renamed(document: Json, names: Mapping[str, str]) -> Json:
    """The same document with other names for some of its schemas."""
    found: Json = _referring(document, names)
    schemas = {names.get(name, name): schema for name, schema in found["components"]["schemas"].items()}
    found["components"]["schemas"] = dict(sorted(schemas.items()))
    return found


def _referring(part: Any, names: Mapping[str, str]) -> Any:
    if isinstance(part, dict):
        now = {key: _referring(value, names) for key, value in part.items()}
        ref = part.get("$ref")
        if isinstance(ref, str) and ref.startswith(SCHEMAS):
            name = ref.removeprefix(SCHEMAS)
            now["$ref"] = SCHEMAS + names.get(name, name)
        return now
    return [_referring(value, names) for value in part] if isinstance(part, list) else part


def _named(route: APIRoute) -> str:
    return route.name


def _schemas() -> Json:
    _, found = models_json_schema([(Problem, "serialization")], ref_template=f"{SCHEMAS}{{model}}")
    return dict(found["$defs"])


def _parameters(operation: Json) -> None:
    """What may be left out is no null: a header or a query has texts only."""
    parameters = operation.setdefault("parameters", [])
    for one in parameters:
        choices = [choice for choice in one["schema"].get("anyOf", ()) if choice != _NULL]
        if len(choices) == 1:
            del one["schema"]["anyOf"]
            one["schema"] |= choices[0]
        one.setdefault("description", one["schema"].get("description", ""))
        one["schema"].pop("description", None)
        one["schema"].pop("title", None)
    parameters.append({"$ref": f"{_REF}parameters/X-Request-Id"})


def _previewed(operation: Json) -> None:
    """What creates something answers with 200 where it is a preview, or what was so already."""
    responses = operation["responses"]
    if "200" not in responses:
        words = "What it would come to, or what was so already"
        responses["200"] = {"description": words, "content": deepcopy(responses["201"]["content"])}


def _problems(path: str, operation: Json) -> None:
    """Every route's problems; of those that a command may come to, what its route declares."""
    responses = operation["responses"]
    declared = {int(status) for status in responses if status.isdigit() and int(status) in MEANINGS}
    if _is_fastapis(responses.get("422", {})):
        declared.discard(422)
        del responses["422"]
    wanted = {*declared, *_ALWAYS, *([404] if "{" in path else [])}
    for status in sorted(wanted):
        responses[str(status)] = {"$ref": f"{_REF}responses/{_NAMES[status]}"}
    operation["responses"] = dict(sorted(responses.items()))


def _is_fastapis(response: Json) -> bool:
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    return str(schema.get("$ref", "")).endswith("/HTTPValidationError")


def _problem(status: int) -> Json:
    headers = ["X-Request-Id", *([_OF_STATUS[status]] if status in _OF_STATUS else [])]
    return {
        "description": MEANINGS[status].capitalize(),
        "headers": {name: {"$ref": f"{_REF}headers/{name}"} for name in headers},
        "content": {"application/problem+json": {"schema": {"$ref": f"{SCHEMAS}Problem"}}},
    }


def _is_command(method: str, operation: Json) -> bool:
    return method != "get" and any(one.get("name") == "If-Match" for one in operation["parameters"])


def _headers(operation: Json, *, is_command: bool) -> None:
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            headers = response.setdefault("headers", {})
            if is_command or "ETag" in headers:
                headers["ETag"] = {"$ref": f"{_REF}headers/ETag"}
            headers["X-Request-Id"] = {"$ref": f"{_REF}headers/X-Request-Id"}


def _contents(operation: Json) -> Iterator[Json]:
    """JSON that goes in, and what comes out when it is done."""
    parts = [operation.get("requestBody", {})]
    parts += [response for status, response in operation["responses"].items() if status.startswith("2")]
    for part in parts:
        if "application/json" in part.get("content", {}):
            yield part["content"]["application/json"]


def _examples(content: Json, schemas: Mapping[str, Json]) -> None:
    """What models give as examples, where a route gives none of its own for what it is asked or answers."""
    given = content.setdefault("examples", {})
    schema = content["schema"]
    for one in schema.get("anyOf") or schema.get("oneOf") or [schema]:
        name = one.get("$ref", "").rpartition("/")[2]
        for number, value in enumerate(schemas.get(name, {}).get("examples", []), 1):
            given.setdefault(name if number == 1 else f"{name}_{number}", {"value": value})
        for key, example in given.items():
            if not name or key.startswith(name):
                example["value"] = _with_nulls(example["value"], one, schemas)
    if not given:
        del content["examples"]


def _with_nulls(value: Any, schema: Json, schemas: Mapping[str, Json]) -> Any:
    """An example as it was written: FastAPI leaves out every null of a document."""
    if "$ref" in schema:
        return _with_nulls(value, schemas[schema["$ref"].removeprefix(SCHEMAS)], schemas)
    if isinstance(value, list) and "items" in schema:
        return [_with_nulls(one, schema["items"], schemas) for one in value]
    if not isinstance(value, dict):
        return value
    choices = [one for one in schema.get("anyOf", ()) if one != _NULL]
    if len(choices) == 1:
        return _with_nulls(value, choices[0], schemas)
    parts = schema.get("properties", {})
    missing = [
        name for name in schema.get("required", ()) if name not in value and _NULL in parts[name].get("anyOf", ())
    ]
    whole = value | dict.fromkeys(missing)
    return {name: _with_nulls(one, parts[name], schemas) if name in parts else one for name, one in whole.items()}
