"""Every example in docs/billing is run, and what its page shows is what comes out."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli import app
from shared.billing.settings import SETTINGS, UnknownSetting, check

FOLDER = Path(__file__).parents[3] / "docs" / "billing"
PAGES = sorted(path.name for path in FOLDER.glob("*.md"))
SCOPES = ("product", "customer", "reseller", "organisation")
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


def _rows(page: str) -> dict[str, list[str]]:
    """The cells of the tables of a page, by what stands first in a row between backquotes."""
    rows = [line.strip("| ").split(" | ") for line in (FOLDER / page).read_text(encoding="utf-8").splitlines()]
    return {cells[0].split("`")[1]: cells[1:] for cells in rows if len(cells) > 1 and cells[0].startswith("`")}


@pytest.mark.parametrize("key", SETTINGS)
def test_the_page_of_settings_has_every_setting_with_its_values_default_and_levels(key: str) -> None:
    setting, default = SETTINGS[key], _written_default(key)
    values, levels, _ = _rows("settings.md")[key]
    choices = setting.choices or (("true", "false") if setting.kind == "bool" else ())

    assert values.startswith(f"`{default}`")
    assert all(f"`{choice}`" in values for choice in choices)
    assert levels.split(", ") == [scope for scope in SCOPES if _may_state(scope, key)]


def _written_default(key: str) -> str:
    default = SETTINGS[key].default
    return "none" if default is None else str(default).lower() if isinstance(default, bool) else str(default)


def _may_state(scope: str, key: str) -> bool:
    try:
        check(key, _written_default(key), scope)
    except UnknownSetting:
        return False
    return True
