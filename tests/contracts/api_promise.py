"""What the document of the APIs promises to who programs against them, without its words: for the snapshot of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.web.openapi import operations_of

Json = dict[str, Any]
SNAPSHOT = Path(__file__).parent / "api" / "openapi.json"
_WORDS = ("description", "title", "example", "examples", "summary")


def promise_of(document: Json) -> Json:
    """Paths, methods, parameters, bodies, answers and schemas."""
    return {
        "operations": {
            f"{method.upper()} {path}": _operation(operation) for path, method, operation in operations_of(document)
        },
        "schemas": {name: _wordless(schema) for name, schema in document["components"]["schemas"].items()},
    }


def broken(before: Json, after: Json) -> Iterator[str]:
    """What was promised before and is not there any more, or asks for more than it did; one sentence each."""
    for name, operation in before["operations"].items():
        now = after["operations"].get(name)
        if now is None:
            yield f"{name} is gone"
            continue
        for parameter, asked in operation["parameters"].items():
            if parameter not in now["parameters"]:
                yield f"{name} takes no {parameter} any more"
            elif now["parameters"][parameter]["required"] and not asked["required"]:
                yield f"{name} needs {parameter} now"
        for parameter, asked in now["parameters"].items():
            if asked["required"] and parameter not in operation["parameters"]:
                yield f"{name} needs {parameter} now"
        yield from (f"{name} answers no {status} any more" for status in operation["answers"].keys() - now["answers"])
        yield from (f"{name} takes no {kind} any more" for kind in operation["body"].keys() - now["body"])
    for name, schema in before["schemas"].items():
        now = after["schemas"].get(name)
        if now is None:
            yield f"the schema {name} is gone"
            continue
        gone = schema.get("properties", {}).keys() - now.get("properties", {})
        yield from (f"{name} has no {field} any more" for field in sorted(gone))
        if name in _asked(after):
            needed = set(now.get("required", ())) - set(schema.get("required", ()))
            yield from (f"{name} needs {field} now" for field in sorted(needed))


def _asked(promise: Json) -> set[str]:
    """The schemas of what is sent."""
    bodies = [schema for operation in promise["operations"].values() for schema in operation["body"].values()]
    choices = [choice for schema in bodies for choice in schema.get("oneOf", [schema])]
    return {schema["$ref"].rpartition("/")[2] for schema in choices if "$ref" in schema}


def _operation(operation: Json) -> Json:
    contents = operation.get("requestBody", {}).get("content", {})
    return {
        "parameters": {
            f"{one['name']} ({one['in']})": {"required": one["required"], "schema": _wordless(one["schema"])}
            for one in operation["parameters"]
            if "name" in one
        },
        "body": {kind: _wordless(content["schema"]) for kind, content in contents.items()},
        "answers": {
            status: response.get("$ref")
            or {kind: _wordless(content.get("schema", {})) for kind, content in response["content"].items()}
            for status, response in operation["responses"].items()
        },
    }


def _wordless(part: Any, *, names: bool = False) -> Any:
    """A schema without its words; `names`: the keys are those of fields, and each of them counts."""
    if isinstance(part, list):
        return [_wordless(one) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        key: _wordless(value, names=key == "properties" and not names)
        for key, value in part.items()
        if names or key not in _WORDS
    }
