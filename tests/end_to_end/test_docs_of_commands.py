"""Every command on the pages of docs that are about commands is run, and what they show comes out."""

from pathlib import Path

import pytest

from tests.end_to_end.pages import DOCS, does_what_it_shows

OF_COMMANDS = [DOCS / f"{name}.md" for name in ("access", "api", "orders", "previews", "subscriptions")]


@pytest.mark.slow
@pytest.mark.parametrize("page", OF_COMMANDS, ids=lambda page: page.name)
def test_the_commands_of_a_page_do_what_it_shows(page: Path, home: Path) -> None:
    does_what_it_shows(page, home)
