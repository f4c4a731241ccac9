"""Where the commands of a page leave what they make."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.pages import run


@pytest.fixture
def home(tmp_path: Path, session_folder: Path) -> Iterator[Path]:
    """A state directory with a path that is short enough for a socket; whatever a page left running is stopped."""
    folder = session_folder / "pages" / tmp_path.name[-12:]
    folder.mkdir(parents=True)
    folder.parent.chmod(0o711)
    folder.chmod(0o711)
    yield folder
    run("seatledger down", folder)
    shutil.rmtree(folder, ignore_errors=True)
