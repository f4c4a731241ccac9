"""A live page that is exchanged under somebody: what they opened and stand on stays that, whatever comes above it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from services.console.rendering import STATIC

HOST = "http://console.test"


def _event(name: str) -> str:
    return f'<li id="event-{name}"><details><summary>Details</summary><p>All of {name}</p></details></li>'


def _task(name: str) -> str:
    link = f'<a href="/subscriptions/{name}">{name}</a>'
    form = f'<form method="post" action="/tasks/{name}"><button>Retry</button></form>'
    return f"<tr><th>{link}</th><td>{form}</td></tr>"


def _page(rows: str) -> str:
    script = '<script type="module" src="/static/console.js"></script>'
    return f'{script}<section id="list" data-live aria-label="What there is">{rows}</section>'


class _Served:
    """A console that has one live page; its stream says that something is another once `after` is what there is."""

    def __init__(self, before: str) -> None:
        self.rows, self._stands = before, "1"

    def becomes(self, after: str) -> None:
        self.rows, self._stands = after, "2"

    def answer(self, route: Route) -> None:
        if route.request.url.endswith("/static/console.js"):
            route.fulfill(path=STATIC / "console.js", content_type="text/javascript")
        elif route.request.url.endswith("/live"):
            said = f"retry: 100\nevent: stands\ndata: {self._stands}\n\n"
            route.fulfill(body=said, content_type="text/event-stream")
        else:
            route.fulfill(body=_page(self.rows), content_type="text/html")


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    yield context.new_page()
    context.close()


def _opened(page: Page, before: str) -> _Served:
    served = _Served(before)
    page.route("**/*", served.answer)
    page.goto(HOST)
    return served


def test_what_is_opened_stays_open_and_what_comes_above_it_is_not(page: Page) -> None:
    # given the details of the only event are open
    served = _opened(page, f"<ol>{_event('a')}</ol>")
    page.get_by_text("Details").click()

    # when another comes above it
    served.becomes(f"<ol>{_event('b')}{_event('a')}</ol>")

    # then it is the same one that is open
    expect(page.locator("details")).to_have_count(2)
    expect(page.locator("#event-a details")).to_have_attribute("open", "")
    expect(page.locator("#event-b details")).not_to_have_attribute("open", "")
    expect(page.get_by_text("All of a")).to_be_visible()


def test_the_focus_stays_on_the_button_of_its_row(page: Page) -> None:
    # given somebody stands on the button of a row
    served = _opened(page, f"<table>{_task('a')}{_task('b')}</table>")
    page.locator('form[action="/tasks/a"] button').focus()

    # when a row comes above it
    served.becomes(f"<table>{_task('new')}{_task('a')}{_task('b')}</table>")

    # then Enter acts on what it would have acted on before
    expect(page.locator("tr")).to_have_count(3)
    expect(page.locator('form[action="/tasks/a"] button')).to_be_focused()


def test_where_the_row_is_gone_the_focus_is_on_the_part(page: Page) -> None:
    served = _opened(page, f"<table>{_task('a')}{_task('b')}</table>")
    page.locator('form[action="/tasks/a"] button').focus()

    # when the row that somebody stands on goes
    served.becomes(f"<table>{_task('b')}</table>")

    # then Enter acts on nothing
    expect(page.locator("tr")).to_have_count(1)
    expect(page.locator("#list")).to_be_focused()


def test_of_what_cannot_be_told_apart_none_is_taken_for_another(page: Page) -> None:
    # given two buttons that nothing tells apart
    served = _opened(page, "<button>Again</button><button>Again</button><p>before</p>")
    page.get_by_role("button").last.focus()

    served.becomes("<button>Again</button><p>after</p>")

    expect(page.get_by_text("after")).to_be_visible()
    expect(page.get_by_role("button")).not_to_be_focused()
