"""A demonstration that runs for all browser tests of a session, and pages in Chromium that may do nothing wrong."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from tests.browser.selling import open_shop
from tests.end_to_end.pages import run

# Pictures of every page that a test looked at, for people to look at too.
PICTURES = Path(os.environ.get("SEATLEDGER_PICTURES", ".pictures"))

# HTTP statuses from here on are refusals and faults.
_FAULTY = 400


def _seatledger(command: str, home: Path) -> str:
    done = run(f"seatledger {command}", home)
    assert done.returncode == 0, done.stdout
    return done.stdout


@dataclass(frozen=True)
class Demonstration:
    """The system that runs: where its console is, and how it is told something on the command line."""

    home: Path
    console: str

    def seatledger(self, command: str) -> str:
        """What a command says. It has to succeed."""
        return _seatledger(command, self.home)

    @property
    def database(self) -> str:
        """Where its PostgreSQL is."""
        return str(json.loads((self.home / "system.json").read_text())["database"])

    def token(self, role: str, options: str = "") -> str:
        made = json.loads(self.seatledger(f"tokens create --role {role} {options} --json"))
        return str(made["token"])


@pytest.fixture(scope="session")
def demonstration(session_folder: Path) -> Iterator[Demonstration]:
    """The demonstration, as `make demo` shows it; one for all tests, so each looks at what no other changes."""
    home = session_folder / "demonstration"
    home.mkdir()
    home.chmod(0o711)
    try:
        _seatledger("up --detach --fresh", home)
        _seatledger("demo", home)
        found = json.loads((home / "system.json").read_text())
        (port,) = [process["port"] for process in found["processes"] if process["service"] == "console"]
        yield Demonstration(home, f"http://localhost:{port}")
    finally:
        run("seatledger down", home)


@pytest.fixture(scope="session")
def sold(demonstration: Demonstration) -> Demonstration:
    """The demonstration with a reseller of the tests' own, whose customers order."""
    open_shop(demonstration)
    return demonstration


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, or the one that SEATLEDGER_CHROMIUM names."""
    program = os.environ.get("SEATLEDGER_CHROMIUM") or shutil.which("chromium")
    if program is None:
        pytest.fail("there is no chromium on the PATH: apt-get install chromium, or name one in SEATLEDGER_CHROMIUM")
    # What is expected is waited for; a machine that is busy with other things takes its time.
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


class Wrongs:
    """What a page must not do: write errors, ask for what is not there or fails, or ask anything of another host."""

    def __init__(self, host: str) -> None:
        self.found: list[str] = []
        self._host = host

    def watch(self, page: Page) -> None:
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.found.append(f"error in a script: {error}"))
        page.on("request", self._asked)
        page.on("response", self._answered)

    def _said(self, message: ConsoleMessage) -> None:
        # The browser says so of pages that refuse on purpose too: `_answered` tells them from what a page asks for.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.found.append(f"{message.type} on the console: {message.text}")

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).netloc != self._host and not request.url.startswith(("data:", "blob:")):
            self.found.append(f"a request to elsewhere: {request.url}")

    def _answered(self, response: Response) -> None:
        # The page that somebody goes to may refuse, and its test says so; nothing that it asks for by itself may.
        if response.status >= _FAULTY and not response.request.is_navigation_request():
            self.found.append(f"{response.status} for {response.request.method} {response.url}")


Opening = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser, demonstration: Demonstration, request: pytest.FixtureRequest) -> Iterator[Opening]:
    """`open_page("/subscriptions")` as the distributor, or with another token; a picture is kept of how it ended."""
    contexts: list[BrowserContext] = []
    wrongs = Wrongs(urlsplit(demonstration.console).netloc)

    def opened(path: str, token: str | None = None, **options: object) -> Page:
        context = chromium.new_context(base_url=demonstration.console, **options)  # type: ignore[arg-type]  # by name
        contexts.append(context)
        page = context.new_page()
        wrongs.watch(page)
        sign_in(page, token or demonstration.token("distributor"), path)
        return page

    yield opened
    for number, context in enumerate(contexts, 1):
        for page in context.pages:
            picture = PICTURES / f"{request.node.name}{'' if number == 1 else f'-{number}'}.png"
            page.screenshot(path=picture, full_page=True)
        context.close()
    assert wrongs.found == []


def sign_in(page: Page, token: str, path: str = "/") -> None:
    """By the form, to the page that was wanted."""
    page.goto(path)
    page.get_by_label("API token").fill(token)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{path}")


@contextmanager
def at_width(page: Page, pixels: int) -> Iterator[None]:
    """The page as wide as a phone, or whatever is asked."""
    before = page.viewport_size
    page.set_viewport_size({"width": pixels, "height": 800})
    yield
    if before is not None:
        page.set_viewport_size(before)
