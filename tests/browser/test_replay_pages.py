"""A replay that is watched, and read beside, in a browser; and the other pages of it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import Demonstration, Opening
from tests.end_to_end.pages import ROOT

_WITHIN_MS = 120_000
_TOTAL = re.compile(r"of ([\d,]+) subscriptions")


def _begun(demonstration: Demonstration) -> subprocess.Popen[str]:
    """`seatledger replay subscriptions`, which goes on beside the test."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SEATLEDGER_")}
    command = [str(Path(sys.executable).parent / "seatledger"), "replay", "subscriptions"]
    return subprocess.Popen(
        command, cwd=ROOT, env={**environment, "SEATLEDGER_HOME": str(demonstration.home)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


@contextmanager
def _readers_that_stay(database: str) -> Iterator[None]:
    """Somebody who reads what the switch wants: a replay of so few events would be over before anybody looks."""
    with psycopg.connect(database) as connection:
        connection.execute("SELECT FROM read.subscriptions LIMIT 1")
        yield
        connection.rollback()


def test_a_replay_is_watched_while_lists_are_read(open_page: Opening, demonstration: Demonstration) -> None:
    watching, reading = open_page("/replay"), open_page("/subscriptions")
    before = int(_TOTAL.findall(reading.inner_text("main"))[0].replace(",", ""))

    totals, statuses = [], []

    def read() -> None:
        answer = reading.goto("/subscriptions?sort=-quantity")
        assert answer is not None
        statuses.append(answer.status)
        totals.append(int(_TOTAL.findall(reading.inner_text("main"))[0].replace(",", "")))

    with _readers_that_stay(demonstration.database):
        replaying = _begun(demonstration)
        expect(watching.get_by_text("The rebuild that goes on")).to_be_visible(timeout=_WITHIN_MS)
        expect(watching.get_by_role("progressbar").first).to_be_visible()
        read()
    while replaying.poll() is None:
        read()
    said = replaying.communicate()[0]

    assert replaying.returncode == 0, said
    assert set(statuses) == {200}
    # No backward step: the same rows are there all the time.
    assert set(totals) == {before}
    expect(watching.get_by_text("The last rebuild")).to_be_visible(timeout=_WITHIN_MS)
    expect(watching.get_by_text("Switched", exact=True)).to_be_visible()
    expect(watching.get_by_role("row").filter(has_text="Kept").first).to_be_visible()
    assert_accessible(watching)
    watching.get_by_role("link", name="replay subscriptions").click()
    expect(watching.get_by_role("heading", name="What differed")).to_be_visible()
    assert_accessible(watching)


@pytest.mark.parametrize("name", ["Runs", "Positions", "Operations"])
def test_each_page_of_replays(open_page: Opening, name: str) -> None:
    page = open_page("/replay")
    page.get_by_role("navigation", name="Replay").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
    assert_accessible(page)
