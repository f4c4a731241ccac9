"""`seatledger deliveries`: who gets documents, what became of them, once more."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from typer.testing import CliRunner

from services.cli import app
from shared.errors import UserError
from tests.infrastructure.endpoints import endpoint
from tests.integration.delivery.issued import issue, turn

pytestmark = [pytest.mark.database]


@pytest.fixture
def run(prepared: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("SEATLEDGER_DATABASE", prepared)
    monkeypatch.setenv("SEATLEDGER_OPERATOR", "Ada")

    def invoke(*arguments: str, fails: bool = False) -> str:
        result = CliRunner().invoke(app, ["deliveries", *arguments])
        if fails:
            assert isinstance(result.exception, UserError)
            return str(result.exception)
        assert result.exit_code == 0, result.output + str(result.exception)
        return result.stdout

    return invoke


def test_from_a_subscription_to_a_delivery_that_is_tried_again(run: Any, prepared: str) -> None:
    with endpoint() as receiver:
        # Given a webhook of a recipient's, and letters of everybody's
        hook = json.loads(run("subscribe", "--webhook", receiver.url, "--recipient", "res-1", "--json"))
        assert hook["secret"].startswith("whsec_")
        run("subscribe", "--email", "us@example.com")
        shown = run("destinations")
        assert [word in shown for word in ("everybody", "us@example.com", receiver.url, "Ada")] == [True] * 4
        assert hook["secret"] not in shown
        # When a document is refused
        receiver.answers = [(404, {})]
        asyncio.run(issue(prepared, "INV-1"))
        asyncio.run(turn(prepared))
        # Then it is listed, and tried again when somebody says so
        (failed,) = json.loads(run("list", "--state", "failed", "--json"))["items"]
        assert (failed["document"], failed["answer"]) == ("INV-1", "HTTP 404 Not Found")
        assert "HTTP 404 Not Found" in run("show", failed["delivery"])
        assert "tried again within seconds" in run("retry", failed["delivery"])
        assert run("retry", failed["delivery"], fails=True).endswith("is not tried again: it is on its way")
        asyncio.run(turn(prepared))
        assert json.loads(run("show", failed["delivery"], "--json"))["state"] == "delivered"
        # And nothing more goes where nobody wants it
        assert "no more" in run("unsubscribe", hook["destination"])
        assert "nothing goes to a destination" in run("unsubscribe", hook["destination"], fails=True)
        assert receiver.url in run("destinations", "--ended")


def test_a_list_goes_on_where_it_ended(run: Any, prepared: str) -> None:
    run("subscribe", "--email", "us@example.com")
    for number in range(3):
        asyncio.run(issue(prepared, f"INV-{number}"))
    asyncio.run(turn(prepared))
    first = json.loads(run("list", "--limit", "2", "--json"))
    rest = json.loads(run("list", "--limit", "2", "--after", first["next"], "--json"))
    assert sorted(one["document"] for one in first["items"] + rest["items"]) == ["INV-0", "INV-1", "INV-2"]
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("subscribe", "--email", "nobody"), "--email: 'nobody' is no e-mail address"),
        (("subscribe", "--webhook", "ftp://x"), "--webhook: 'ftp://x' is no URL of an endpoint"),
        (("show", "00000000-0000-0000-0000-000000000001"), "there is no delivery 0000"),
        (("retry", "00000000-0000-0000-0000-000000000001"), "there is no delivery 0000"),
        (("list", "--after", "x"), "--after: 'x' is no id of a delivery"),
    ],
)
def test_what_is_wrong_is_one_sentence(run: Any, arguments: tuple[str, ...], reason: str) -> None:
    assert run(*arguments, fails=True).startswith(reason)


def test_a_secret_is_rotated_and_shown_once(run: Any) -> None:
    hook = json.loads(run("subscribe", "--webhook", "https://hooks.example.com/x", "--json"))
    rotated = json.loads(run("rotate-secret", hook["destination"], "--old-for", "2", "--json"))
    assert rotated["secret"] not in ("", hook["secret"])
    assert rotated["old_until"] is not None
    shown = run("rotate-secret", hook["destination"], "--old-for", "0")
    assert shown.startswith("whsec_")
    run("unsubscribe", hook["destination"])
    assert "nothing is signed for a destination" in run("rotate-secret", hook["destination"], fails=True)
