"""Every command on the pages of docs that are about the system is run, and what they show comes out."""

from pathlib import Path

import pytest

from tests.end_to_end.pages import PAGES, ROOT, blocks, does_what_it_shows
from tests.end_to_end.test_docs_of_commands import OF_COMMANDS

ELSEWHERE = [ROOT / "README.md", *OF_COMMANDS]


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks(page) and page not in ELSEWHERE], ids=lambda page: page.name
)
def test_the_commands_of_a_page_do_what_it_shows(page: Path, home: Path) -> None:
    does_what_it_shows(page, home)
