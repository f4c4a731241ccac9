"""Every command on the pages that people read is run, and where output is shown it is what comes out.

A page's ```sh blocks are run in their order, in a home folder of the page's own. A ```text block is the output of the
block before it; a line with only an ellipsis stands for any lines, an ellipsis inside a line for any text.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_FENCE = re.compile(r"^```(sh|text)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


class Block(NamedTuple):
    """Commands of a page, and the output that the page shows of them."""

    commands: str
    shown: str | None


def blocks(page: Path) -> list[Block]:
    found: list[Block] = []
    for kind, content in _FENCE.findall(page.read_text()):
        if kind == "sh":
            found.append(Block(content, None))
        elif found:
            found[-1] = found[-1]._replace(shown=content)
    return found


def matches(shown: str, output: str) -> bool:
    """Whether an output is the one that is shown."""
    lines = []
    for line in shown.splitlines():
        lines.append("(?:.*\n)*?" if line.strip() == "…" else re.escape(line).replace("…", ".*") + "\n")
    return re.fullmatch("".join(lines), "".join(f"{line.rstrip()}\n" for line in output.splitlines())) is not None


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


def run(commands: str, home: Path) -> subprocess.CompletedProcess[str]:
    """In bash, at the root of the project, with the commands of this virtual environment."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SEATLEDGER_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{inherited['PATH']}"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", _installed_already(commands)],
        cwd=ROOT,
        env={**inherited, "PATH": path, "SEATLEDGER_HOME": str(home), "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )


def _installed_already(commands: str) -> str:
    """What make does is tried without doing it: the tests run in what it made."""
    return re.sub(r"^make ", "make --dry-run ", commands, flags=re.MULTILINE)


def _needs_apache_kafka(block: Block) -> bool:
    return "--broker kafka" in block.commands


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=lambda page: page.name)
def test_the_commands_of_a_page_do_what_it_shows(page: Path, home: Path) -> None:
    here = (ROOT / ".kafka" / ".copied").exists()
    for block in blocks(page):
        if _needs_apache_kafka(block) and not here:
            continue
        answer = run(block.commands, home)
        assert answer.returncode == 0, f"{page.name}:\n{block.commands}\n{answer.stdout}"
        if block.shown is not None:
            assert matches(block.shown, answer.stdout), (
                f"{page.name} shows:\n{block.shown}\nand it is:\n{answer.stdout}"
            )


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
