"""PDF by typst: the same bytes on every machine, whenever it is made.

Fonts are those that typst brings and those of one folder, the moment in the file is the midnight of the document's day,
ids are digests of the content. It is PDF/A-3b; with XML, which is attached as Factur-X wants it, also for programs to
read.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Final, Literal

import orjson
import structlog
import typst

from services.invoicing.paper.content import Paper
from services.invoicing.paper.factur_x import FILE_NAME, declared
from services.invoicing.paper.fonts import boxed, families, fonts, told
from services.invoicing.paper.layout import printed

Standard = Literal["a-3b"] | None
# Typst keeps what it has set until it has set ten other things: hundreds of megabytes of a large document.
_LARGE: Final = 200_000
_REMEMBERED: Final = 11
_TEMPLATE: Final = Path(__file__).parent / "document.typ"


def log_boxed(number: str, letters: str) -> None:
    """Say in the log which letters of a document are boxes."""
    structlog.get_logger("paper").warning("letters are boxes", document=number, reason=told(letters))


def pdf(paper: Paper, xml: str | None, say_boxed: Callable[[str, str], None] = log_boxed) -> bytes:
    """The document as PDF; `xml` goes with it. `say_boxed` is told its number and the letters that no font has."""
    content = {**printed(paper), "xml": xml, "xml-name": FILE_NAME, "fonts": families()}
    inputs = {"paper": orjson.dumps(content).decode()}
    at = datetime.combine(paper.document.date, time(), UTC)
    try:
        made = _compiled(inputs, at, "a-3b")
    except typst.TypstError as error:
        # PDF/A takes no letter that no font has. Such a document is printed with boxes for them, and is no PDF/A.
        letters = boxed(error)
        if letters is None:
            raise
        say_boxed(paper.document.number, letters)
        return _compiled(inputs, at, None)
    return made if xml is None else declared(made)


def _compiled(inputs: dict[str, str], at: datetime, standard: Standard) -> bytes:
    try:
        return typst.compile(
            _TEMPLATE, font_paths=fonts(), sys_inputs=inputs, pdf_standards=standard, timestamp=at,
            root=_TEMPLATE.parent,
        )  # fmt: skip
    finally:
        if len(inputs["paper"]) > _LARGE:
            for _ in range(_REMEMBERED):
                typst.compile(b"", font_paths=fonts())
