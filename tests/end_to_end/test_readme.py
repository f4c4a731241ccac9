"""Every command of the README is run, and what it shows comes out; what any page links to is there."""

import re
from pathlib import Path

import pytest

from tests.end_to_end.pages import PAGES, ROOT, does_what_it_shows, matches, run

_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


@pytest.mark.slow
def test_the_commands_of_the_readme_do_what_it_shows(home: Path) -> None:
    does_what_it_shows(ROOT / "README.md", home)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_links_to_is_there(page: Path) -> None:
    missing = [link for link in _LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("target", ["setup", "demo", "test", "kafka", "bench"])
def test_what_the_pages_say_of_make_is_in_the_makefile(target: str) -> None:
    assert run(f"make {target}", ROOT / "nowhere").returncode == 0


def test_an_ellipsis_stands_for_what_is_left_out() -> None:
    assert matches("a\n…\nd\n", "a\nb\nc\nd\n")
    assert matches("ready after … s\n", "ready after 1.2 s\n")
    assert not matches("a\n…\nd\n", "a\nb\nc\n")
    assert not matches("a\n", "a\nb\n")
