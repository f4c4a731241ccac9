"""A page that cannot be shown says why, and leads on: again, back to where somebody was, or to the list of the area."""

from __future__ import annotations

import re

import pytest

from services.console.overview import queries
from services.console.security import HEADERS
from shared.web.errors import INTERNAL
from tests.integration.console.conftest import SignIn, sent

pytestmark = pytest.mark.database
_WAYS = re.compile(r'<li><a href="([^"]*)">([^<]*)</a></li>')
_COSTS = "/reconciliation/costs?from=2026-01-01&to=2026-01-31"
_OVERVIEW = ("/", "To the overview")


def ways(html: str) -> list[tuple[str, str]]:
    """The links below the sentence, each with its words."""
    _, _, content = html.partition("<main")
    return [(address.replace("&amp;", "&"), words) for address, words in _WAYS.findall(content)]


def test_while_a_service_is_away_a_page_leads_to_itself_back_and_to_the_list(sign_in: SignIn) -> None:
    client = sign_in("distributor")
    before = "http://testserver/reconciliation/findings?state=open"

    answer = client.get(_COSTS, headers={"Referer": before})

    assert answer.status_code == 503
    assert "reconciliation does not answer" in answer.text.lower()
    assert ways(answer.text) == [
        (_COSTS, "Try again"), ("/reconciliation/findings?state=open", "Back to where you were"),
        ("/reconciliation", "To Reconciliation"), _OVERVIEW,
    ]  # fmt: skip


def test_a_form_that_came_to_nothing_leads_back_to_its_page_and_is_not_sent_again_by_a_link(sign_in: SignIn) -> None:
    client = sign_in("distributor")
    page = "/reconciliation/tasks"
    client.headers["Referer"] = f"http://testserver{page}"

    html = sent(client, page, f"{page}/00000000-0000-0000-0000-000000000001/retry")

    assert "does not answer" in html
    assert ways(html) == [(page, "Back to where you were"), ("/reconciliation", "To Reconciliation"), _OVERVIEW]


@pytest.mark.parametrize(
    "before",
    [None, "http://elsewhere.example/orders", "http://testserver//elsewhere.example", "http://testserver/sign-in",
     f"http://testserver{_COSTS}", "nonsense"],
)  # fmt: skip
def test_only_another_page_of_this_console_is_led_back_to(sign_in: SignIn, before: str | None) -> None:
    answer = sign_in("distributor").get(_COSTS, headers={} if before is None else {"Referer": before})

    assert ways(answer.text) == [(_COSTS, "Try again"), ("/reconciliation", "To Reconciliation"), _OVERVIEW]


def test_what_is_not_there_is_not_tried_again(sign_in: SignIn) -> None:
    answer = sign_in("distributor").get("/orders/nothing")

    assert answer.status_code == 404
    assert ways(answer.text) == [("/orders", "To Orders"), _OVERVIEW]


def test_what_fails_inside_is_a_page_too_and_is_not_told(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fails(*_: object) -> None:
        raise ZeroDivisionError("what nobody thought of")

    monkeypatch.setattr(queries, "documents", fails)

    answer = sign_in("distributor").get("/")

    assert answer.status_code == 500
    assert answer.headers["Content-Type"].startswith("text/html")
    assert INTERNAL[1:] in answer.text
    assert "nobody thought of" not in answer.text
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert ways(answer.text) == [_OVERVIEW]
    assert "request failed" in "".join(capsys.readouterr())
