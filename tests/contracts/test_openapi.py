"""The OpenAPI document: whole, true to the applications, with an example of everything, and as it was promised."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from importlib import import_module
from typing import Any

import jsonschema
import pytest
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from openapi_spec_validator import OpenAPIV31SpecValidator
from typer.testing import CliRunner

from deploy.local.services import SERVICES
from services.cli import app
from services.cli_schemas import openapi_document
from services.openapi import application_document
from shared.billing.run_loop import NOTHING_ISSUED
from shared.web.application import create_app
from shared.web.openapi import operations_of
from shared.web.preview_example import NEXT_TERM
from tests.contracts.api_promise import SNAPSHOT, broken, promise_of

Json = dict[str, Any]
APIS = [one.service for one in SERVICES if one.serves]


@pytest.fixture(scope="module")
def document() -> Json:
    return openapi_document()


def resolved(part: Json, document: Json) -> Json:
    while "$ref" in part:
        found: Any = document
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def answers(operation: Json, document: Json) -> Iterator[tuple[str, Json]]:
    for status, response in operation["responses"].items():
        yield status, resolved(response, document)


def check(value: Any, schema: Json, document: Json) -> None:
    whole = {"components": document["components"], **schema}
    jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker()).validate(value)


def test_it_is_openapi_3_1(document: Json) -> None:
    assert document["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(document).validate()


@pytest.mark.parametrize("service", APIS)
def test_the_document_of_one_service_is_openapi_3_1_too_and_the_service_answers_it(service: str) -> None:
    module = import_module(f"services.{service}.api")
    client = TestClient(create_app(service, module.router, "postgresql:///", desk=getattr(module, "DESK", None)))

    answer = client.get("/openapi.json")

    OpenAPIV31SpecValidator(answer.json()).validate()
    assert answer.json() == application_document(service)


def test_every_route_of_every_service_is_in_it_with_the_server_that_answers_it(document: Json) -> None:
    for service in APIS:
        for route in iter_route_contexts(import_module(f"services.{service}.api").router.routes):
            path = re.sub(r":path}", "}", str(route.path))
            assert {method.lower() for method in route.methods or ()} <= document["paths"][path].keys()
            (server,) = document["paths"][path]["servers"]
            assert service in server["description"]


def test_operations_have_names_of_their_own_tags_and_words(document: Json) -> None:
    operations = [operation for _, _, operation in operations_of(document)]
    names = [operation["operationId"] for operation in operations]

    assert sorted(names) == sorted(set(names))
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", name) for name in names)
    assert {operation["tags"][0] for operation in operations} == set(APIS)
    assert all(operation["description"] for operation in operations)
    assert all(operation["security"] == [{"bearer": []}] for operation in operations)


def test_every_problem_is_a_problem_document(document: Json) -> None:
    for path, method, operation in operations_of(document):
        statuses = set()
        for status, response in answers(operation, document):
            if not status.startswith("2"):
                statuses.add(status)
                assert list(response["content"]) == ["application/problem+json"], f"{method} {path} {status}"
        assert {"400", "401", "403", "500", "503", *(["404"] if "{" in path else [])} <= statuses


def test_headers_are_described(document: Json) -> None:
    for path, method, operation in operations_of(document):
        parameters = {resolved(one, document)["name"] for one in operation["parameters"]}
        assert "X-Request-Id" in parameters
        is_command = "If-Match" in parameters and method != "get"
        assert ("Idempotency-Key" in parameters) is ("If-Match" in parameters)
        for status, response in answers(operation, document):
            assert "X-Request-Id" in response["headers"], f"{method} {path} {status}"
            assert ("Retry-After" in response["headers"]) is (status == "503")
            if is_command and status.startswith("2"):
                assert "ETag" in response["headers"]


def test_every_body_and_every_answer_of_a_command_has_examples_that_fit(document: Json) -> None:
    for path, method, operation in operations_of(document):
        contents = [operation["requestBody"]["content"]] if "requestBody" in operation else []
        if method != "get":
            contents += [one["content"] for status, one in answers(operation, document) if status.startswith("2")]
        for content in contents:
            for kind, described in content.items():
                examples = [one["value"] for one in described.get("examples", {}).values()]
                assert examples, f"{method} {path} has no example of {kind}"
                for example in examples:
                    check(example, described["schema"], document)


def test_the_example_of_a_preview_is_one() -> None:
    from datetime import date, timedelta

    from shared.billing.preview import preview
    from shared.billing.run_loop import RunLoop
    from shared.events.preview_shape import preview_shape
    from tests.billing_dsl import facts_from, of, ordered

    order = ordered(10, on="2025-01-15", term="P1Y", billing_frequency="P1M", unit_price="120.00")
    known, on = facts_from([order]), date(2025, 12, 20)
    command = facts_from([order, of("NextTermScheduled", "2025-12-20", quantity=15)])[-1:]
    loop = RunLoop(known, issued=NOTHING_ISSUED)
    loop.run(on - timedelta(days=1))

    said = preview(known, command, loop.ledger(on - timedelta(days=1)), on)

    assert json.loads(json.dumps(preview_shape(said))) == NEXT_TERM


def test_it_is_what_was_promised(document: Json) -> None:
    promised = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    now = json.loads(json.dumps(promise_of(document)))

    assert list(broken(promised, now)) == []
    assert now == promised, "the contract grew: if it is meant, run `python -m tests.contracts.renew_schemas`"


def test_what_a_promise_breaks_by(document: Json) -> None:
    before = promise_of(document)
    after = deepcopy(before)
    del after["operations"]["GET /v1/orders"]
    del after["operations"]["GET /v1/products"]["parameters"]["limit (query)"]
    after["operations"]["GET /v1/documents"]["parameters"]["recipient (query)"]["required"] = True
    del after["operations"]["POST /v1/subscriptions"]["answers"]["201"]
    del after["schemas"]["Subscription"]["properties"]["quantity"]
    after["schemas"]["Cancel"]["required"].append("effective_at")

    assert sorted(broken(before, after)) == [
        "Cancel needs effective_at now",
        "GET /v1/documents needs recipient (query) now",
        "GET /v1/orders is gone",
        "GET /v1/products takes no limit (query) any more",
        "POST /v1/subscriptions answers no 201 any more",
        "Subscription has no quantity any more",
    ]


def test_the_command_prints_it() -> None:
    result = CliRunner().invoke(app, ["schemas", "openapi"])

    assert result.exit_code == 0
    assert json.loads(result.stdout)["openapi"].startswith("3.1.")
