"""Problem documents and request ids, on an application of the test's own: no database, no token."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import psycopg
import pytest
import structlog
from fastapi import FastAPI
from fastapi.testclient import TestClient

from shared.commands.decision import Exists, Forbidden, KeyReused, Outdated, Unknown
from shared.web.errors import BadRequest, NotFound, Unauthorized, Unavailable, add_error_handlers
from shared.web.request_ids import RequestId, RequestIds

RAISED = {
    "bad": BadRequest("it is bad"),
    "missing": NotFound("it is not there"),
    "stranger": Unauthorized("who is it"),
    "later": Unavailable("not now", 7),
    "forbidden": Forbidden("not you"),
    "unknown": Unknown("not yours"),
    "exists": Exists("it is there"),
    "outdated": Outdated("it has changed"),
    "reused": KeyReused("another request"),
    "broken": ZeroDivisionError("secret"),
    "query": psycopg.ProgrammingError("secret"),
    "away": psycopg.OperationalError("secret"),
}


@pytest.fixture
def client() -> Iterator[TestClient]:
    app = FastAPI()
    app.add_middleware(RequestIds)
    add_error_handlers(app)

    @app.get("/raise/{what}")
    async def fails(what: str) -> None:
        raise RAISED[what]

    @app.get("/id")
    async def request_id(found: RequestId) -> dict[str, str]:
        return {"handler": found, "log": structlog.contextvars.get_contextvars()["request_id"]}

    @app.get("/number/{number}")
    async def number(number: int) -> int:
        return number

    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "status", "kind", "detail"),
    [
        ("/raise/bad", 400, "bad-request", "it is bad"),
        ("/raise/missing", 404, "not-found", "it is not there"),
        ("/raise/stranger", 401, "unauthorized", "who is it"),
        ("/raise/later", 503, "unavailable", "not now"),
        ("/raise/forbidden", 403, "forbidden", "not you"),
        ("/raise/unknown", 404, "not-found", "not yours"),
        ("/raise/exists", 409, "exists", "it is there"),
        ("/raise/outdated", 412, "outdated", "it has changed"),
        ("/raise/reused", 422, "idempotency-key-reused", "another request"),
        ("/raise/broken", 500, "internal", "this request cannot be answered; the log has the reason"),
        ("/raise/query", 500, "internal", "this request cannot be answered; the log has the reason"),
        ("/raise/away", 503, "unavailable", "the database does not answer; try again"),
        ("/number/x", 400, "bad-request", 'number: got "x"; give a whole number'),
        ("/nowhere", 404, "not-found", "GET /nowhere: Not Found"),
    ],
)
def test_every_error_is_a_problem_of_its_kind(
    client: TestClient, path: str, status: int, kind: str, detail: str
) -> None:
    answer = client.get(path)
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == f"urn:seatledger:problem:{kind}"
    assert problem["detail"].startswith(detail)
    assert answer.headers["X-Request-Id"]


def test_a_method_that_is_not_there_is_a_problem_that_names_those_that_are(client: TestClient) -> None:
    answer = client.post("/id")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
    assert answer.json()["type"] == "urn:seatledger:problem:method-not-allowed"


def test_not_now_says_when(client: TestClient) -> None:
    assert client.get("/raise/later").headers["Retry-After"] == "7"
    assert client.get("/raise/away").headers["Retry-After"] == "1"


@pytest.mark.parametrize("given", ["a", "order 7 / try 2", "x" * 200, "~!"])
def test_a_request_id_is_taken_into_answer_handler_and_log(client: TestClient, given: str) -> None:
    answer = client.get("/id", headers={"X-Request-Id": given})
    assert answer.headers.get_list("X-Request-Id") == [given]
    assert answer.json() == {"handler": given, "log": given}


@pytest.mark.parametrize("given", [None, b"", b"x" * 201, b"tab\there", "é".encode(), b"\x7f"], ids=str)
def test_another_one_is_made_where_there_is_none_or_none_to_take(client: TestClient, given: bytes | None) -> None:
    headers = [] if given is None else [(b"X-Request-Id", given)]
    made = client.get("/id", headers=headers).headers["X-Request-Id"]
    assert uuid.UUID(made).version == 4
    assert client.get("/id", headers=headers).headers["X-Request-Id"] != made


def test_nothing_of_a_request_is_left_in_the_next_ones_log(client: TestClient) -> None:
    client.get("/raise/broken")
    assert "request_id" not in structlog.contextvars.get_contextvars()
