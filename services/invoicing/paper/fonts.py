"""The fonts that documents are printed in: those that come with typst, and those of a folder that is named.

None of the system's is used, so that a document is the same bytes on every machine with the same folder.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

import orjson
import typst
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.errors import UserError

# In this order; what a folder adds comes after them, so it changes no document that they have all letters of.
_OWN: Final = ("Libertinus Serif", "New Computer Modern", "DejaVu Sans Mono")
_MATHEMATICAL: Final = "New Computer Modern Math"
_BOXED = re.compile(r'the text `"(.+?)"` could not be displayed', re.DOTALL)
_SAMPLE: Final = b"#set text(font: json(bytes(sys.inputs.fonts)))\n#json(bytes(sys.inputs.text))"


class FontsConfig(BaseSettings):
    """Read from SEATLEDGER_FONTS."""

    model_config = SettingsConfigDict(env_prefix="SEATLEDGER_", frozen=True, extra="ignore")

    fonts: Path | None = Field(default=None, description="a folder of fonts (OTF, TTF, TTC) beside those of typst")


def fonts() -> typst.Fonts:
    """Typst's fonts and those of the folder. UserError where there is no such folder."""
    return _fonts(FontsConfig().fonts)


def families() -> list[str]:
    """The families in the order in which they are asked for a letter."""
    others = {family for family in fonts().families() if family != _MATHEMATICAL and family not in _OWN}
    return [*_OWN, *sorted(others)]


def boxed(error: typst.TypstError) -> str | None:
    """The letters that no font has, as typst says it of PDF/A; None for an error about something else."""
    letters = _BOXED.findall(error.diagnostic)
    return "".join(sorted(set("".join(letters)))) if letters else None


def unprintable(text: str) -> str:
    """The letters of a text that no font has: they would be boxes on paper."""
    inputs = {"fonts": orjson.dumps(families()).decode(), "text": orjson.dumps(text).decode()}
    try:
        typst.compile(_SAMPLE, font_paths=fonts(), sys_inputs=inputs, pdf_standards="a-3b")
    except typst.TypstError as error:
        letters = boxed(error)
        if letters is None:
            raise
        return letters
    return ""


def told(letters: str) -> str:
    """What to say of letters that no font has, and how it is mended."""
    return (
        f"no font has the letters {' '.join(letters)}: they are boxes on the PDF, and it is no PDF/A. "
        "Name a folder with a font that has them: SEATLEDGER_FONTS"
    )


@cache
def _fonts(folder: Path | None) -> typst.Fonts:
    if folder is None:
        return typst.Fonts(include_system_fonts=False)
    if not folder.is_dir():
        raise UserError(f"SEATLEDGER_FONTS: there is no folder {folder}; name one with fonts, or leave it out")
    return typst.Fonts(include_system_fonts=False, font_paths=[str(folder)])
