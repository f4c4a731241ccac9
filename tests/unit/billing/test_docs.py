"""Every example in docs/billing is run, and what its page shows is what comes out."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli import app

FOLDER = Path(__file__).parents[3] / "docs" / "billing"
PAGES = sorted(path.name for path in FOLDER.glob("*.md"))
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def sections(output: str) -> list[str]:
    """The tables of an output, without blanks at the ends of their lines."""
    text = "\n".join(line.rstrip() for line in output.splitlines())
    return [section.strip("\n") for section in text.split("\n\n") if section.strip()]


def test_there_is_a_page_for_each_concept() -> None:
    assert [page.removesuffix(".md") for page in PAGES] == [
        "add-ons",
        "arrears",
        "billing-day",
        "conversions",
        "currencies",
        "custom-ends",
        "endings",
        "free-period",
        "imports",
        "installments",
        "invoices",
        "late-facts",
        "price-protection",
        "pricing",
        "renewal",
        "seats-and-credits",
        "settings",
        "suspension",
        "tax",
        "time-and-rounding",
        "trials",
        "windows",
    ]


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_of_a_page_give_what_it_shows(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shown, output = 0, ""
    for kind, content in _BLOCK.findall((FOLDER / page).read_text(encoding="utf-8")):
        if kind == "jsonl":
            Path("events.jsonl").write_text(content, encoding="utf-8")
        elif kind == "console":
            program, *arguments = shlex.split(content.removeprefix("$ "))
            assert program == "seatledger"
            result = CliRunner().invoke(app, arguments)
            assert result.exit_code == 0, result.output
            output = result.stdout
        else:
            assert kind == "text"
            for section in sections(content):
                assert section in sections(output)
                shown += 1
    assert shown
