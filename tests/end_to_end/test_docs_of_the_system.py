"""Every command on the pages of docs that are about the system is run, and what they show comes out."""

from pathlib import Path

import pytest

from tests.end_to_end.pages import DOCS, does_what_it_shows, with_commands
from tests.end_to_end.test_docs_of_commands import OF_COMMANDS


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [page for page in with_commands(DOCS) if page not in OF_COMMANDS], ids=lambda page: page.name
)
def test_the_commands_of_a_page_do_what_it_shows(page: Path, home: Path) -> None:
    does_what_it_shows(page, home)
