"""PDF by typst: the same bytes on every machine, whenever it is made.

Fonts are those that typst brings, the moment in the file is the midnight of the document's day, ids are digests of the
content. It is PDF/A-3b; with XML, which is attached as Factur-X wants it, also for programs to read.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from functools import cache
from pathlib import Path
from typing import Final, Literal

import orjson
import typst

from services.invoicing.paper.content import Paper
from services.invoicing.paper.factur_x import FILE_NAME, declared
from services.invoicing.paper.layout import printed

Standard = Literal["a-3b"] | None
# Typst keeps what it has set until it has set ten other things: hundreds of megabytes of a large document.
_LARGE: Final = 200_000
_REMEMBERED: Final = 11
_TEMPLATE: Final = Path(__file__).parent / "document.typ"


def pdf(paper: Paper, xml: str | None) -> bytes:
    """The document as PDF; `xml` goes with it."""
    inputs = {"paper": orjson.dumps({**printed(paper), "xml": xml, "xml-name": FILE_NAME}).decode()}
    at = datetime.combine(paper.document.date, time(), UTC)
    try:
        made = _compiled(inputs, at, "a-3b")
    except typst.TypstError as error:
        # PDF/A takes no letter that no font has. Such a document is printed with boxes for them, and is no PDF/A.
        if "could not be displayed" not in str(error):
            raise
        return _compiled(inputs, at, None)
    return made if xml is None else declared(made)


def _compiled(inputs: dict[str, str], at: datetime, standard: Standard) -> bytes:
    try:
        return typst.compile(
            _TEMPLATE, font_paths=_fonts(), sys_inputs=inputs, pdf_standards=standard, timestamp=at,
            root=_TEMPLATE.parent,
        )  # fmt: skip
    finally:
        if len(inputs["paper"]) > _LARGE:
            for _ in range(_REMEMBERED):
                typst.compile(b"", font_paths=_fonts())


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False)
