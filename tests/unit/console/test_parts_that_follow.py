"""Parts of pages that follow what happens are found again by their ids."""

from __future__ import annotations

import re

import pytest

from services.console.rendering import STATIC

_TEMPLATES = STATIC.parent / "templates"
_TAG = re.compile(r"<[a-z]+[^>]*\bdata-live(?!-)[^>]*>")


def _parts(template: str) -> list[str]:
    return _TAG.findall((_TEMPLATES / template).read_text())


def test_each_has_an_id() -> None:
    parts = [part for path in _TEMPLATES.rglob("*.html") for part in _parts(str(path.relative_to(_TEMPLATES)))]

    assert [part for part in parts if ' id="' not in part] == []
    assert parts


@pytest.mark.parametrize("template", ["documents/next_run.html", "reconciliation/costs.html", "documents/list.html"])
def test_what_is_reckoned_from_the_read_models_follows_them(template: str) -> None:
    assert len(_parts(template)) == 1
