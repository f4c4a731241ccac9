"""What an answer of Partner Center that is no result means, in our four kinds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.reconciliation.vendors.connector import Misconfigured, NoSuchAccount, NotReached, Refused, VendorError
from services.reconciliation.vendors.microsoft.errors import StaleEtag, error, problem_in, redacted


def found(status: int, body: Any, *, of_customer: bool = False) -> VendorError:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return error(status, problem_in(content), "list them", "corr-1", of_customer=of_customer)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, 900420, Misconfigured), (403, 900329, Misconfigured), (403, "900308", Misconfigured),
        (404, 60003, NoSuchAccount), (404, 2011, Refused), (404, 20000, NotReached), (404, 20003, NotReached),
        (400, 2001, Refused), (400, 800091, Refused), (400, 2002, Refused), (400, 2054, Refused),
        (400, 2055, StaleEtag), (400, 800090, Refused), (409, 800082, NotReached), (409, 900278, NotReached),
        (400, 900214, Refused), (400, 900257, Refused), (400, 900117, Refused), (400, 900213, Refused),
        (400, 900277, Refused), (400, 900279, Refused), (400, 900280, Refused), (400, 900311, Refused),
        (400, 800093, Refused), (500, 800097, Refused), (403, 13605, Refused), (400, 800089, Refused),
    ],
)  # fmt: skip
def test_a_code_says_what_it_means(status: int, code: int | str, kind: type[VendorError]) -> None:
    read = found(status, {"code": code, "description": "theirs", "data": [], "source": "PartnerFD"})
    assert type(read) is kind
    assert (read.code, read.correlation) == (str(code), "corr-1")
    assert str(read).startswith("Partner Center would not list them: ")
    assert str(read).endswith(f"(code {code})")
    assert "\n" not in str(read)


@pytest.mark.parametrize(
    ("status", "of_customer", "kind"),
    [(404, True, NoSuchAccount), (403, True, NoSuchAccount), (403, False, Misconfigured), (404, False, Refused),
     (400, False, Refused), (409, False, NotReached), (412, False, StaleEtag), (500, False, NotReached),
     (302, False, NotReached)],
)  # fmt: skip
def test_without_a_known_code_the_status_decides(status: int, of_customer: bool, kind: type[VendorError]) -> None:
    read = found(status, {"code": 123456, "description": "theirs"}, of_customer=of_customer)
    assert type(read) is kind
    assert str(read).endswith(f"(HTTP {status}, code 123456); it says: theirs")


def test_a_role_is_given_for_one_customer() -> None:
    """So that one without it does not end a sweep, as a wrong configuration does."""
    body = {"code": 900308, "description": "theirs"}
    assert type(found(403, body, of_customer=True)) is NoSuchAccount
    assert type(found(403, body)) is Misconfigured
    assert type(found(403, {"code": 900329}, of_customer=True)) is Misconfigured


@pytest.mark.parametrize(
    "body",
    [b"<html>503</html>", b"", b"[1]", b"null", b'{"code": {}}', b'{"code": true, "description": 7}', b"\xff",
     b'{"error": {"unknown": 1}}'],
)  # fmt: skip
def test_what_says_nothing_says_nothing(body: bytes) -> None:
    read = found(500, body)
    assert (type(read), read.code) == (NotReached, None)


def test_the_shape_of_gateways_and_of_login_is_read_too() -> None:
    read = found(400, {"error": {"code": "BadRequest", "message": "no such thing"}})
    assert (read.code, str(read).partition("it says: ")[2]) == ("BadRequest", "no such thing")


def test_nothing_secret_of_theirs_gets_into_ours() -> None:
    token = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2lnbmF0dXJl"
    said = f"token Bearer abc.def, {token}, https://x/y?sv=1&sig=abc%3D&se=2, client_secret=hunter2"
    for secret in ("abc.def", token, "abc%3D", "hunter2"):
        assert secret not in redacted(said)
        assert secret not in str(found(400, {"code": 1, "description": said}))
    assert redacted("nothing of that kind") == "nothing of that kind"


def test_a_sentence_of_theirs_ends_in_ours_without_its_full_stop() -> None:
    assert str(found(400, {"code": 1, "description": "The token is not valid."})).endswith("The token is not valid")


def test_a_long_story_is_cut() -> None:
    assert len(str(found(400, {"code": 1, "description": "x" * 10_000}))) < 500
