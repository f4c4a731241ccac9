"""The pages that people read: their commands, and the output that they show.

A page's ```sh blocks are run in their order, in a home folder of the page's own. A ```text block is the output of the
block before it; a line with only an ellipsis stands for any lines, an ellipsis inside a line for any text.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
_FENCE = re.compile(r"^```(sh|text)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


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


def does_what_it_shows(page: Path, home: Path) -> None:
    """Run the commands of a page in their order; assert that each ends well and that output is as it is shown."""
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
