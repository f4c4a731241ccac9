"""Every command on the pages in folders of docs, those of billing, is run, and what they show comes out."""

from pathlib import Path

import pytest

from tests.end_to_end.pages import DOCS, does_what_it_shows, with_commands


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", with_commands(*sorted(path for path in DOCS.rglob("*") if path.is_dir())), ids=lambda page: page.name
)
def test_the_commands_of_a_page_do_what_it_shows(page: Path, home: Path) -> None:
    does_what_it_shows(page, home)
