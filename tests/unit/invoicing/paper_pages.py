"""Pages of PDFs as pictures, and the pictures that are kept of them.

`python -m tests.unit.invoicing.paper_pages` keeps new ones: look at them before they are committed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pypdfium2
from PIL import Image, ImageChops

from services.invoicing.paper.files import rendered_pdf
from tests.paper_samples import KINDS

FOLDER: Final = Path(__file__).parent / "pages"
_SCALE = 0.75
# Of 255: what antialiasing of another release may do to the edge of a letter.
_SAME_WITHIN = 64


def pages(pdf: bytes) -> list[Image.Image]:
    """Every page, small and grey."""
    document = pypdfium2.PdfDocument(pdf)
    return [document[place].render(scale=_SCALE).to_pil().convert("L") for place in range(len(document))]


def differing(one: Image.Image, other: Image.Image) -> float:
    """The share of pixels that are not the same; 1 for pictures of another size."""
    if one.size != other.size:
        return 1.0
    histogram = ImageChops.difference(one, other).histogram()
    return sum(histogram[_SAME_WITHIN:]) / (one.width * one.height)


def kept(name: str) -> list[Image.Image]:
    """The pictures that are kept of a kind of document, page by page."""
    return [Image.open(file) for file in sorted(FOLDER.glob(f"{name}-*.png"))]


def renew() -> None:
    """Keep the pages of every kind as they are now."""
    FOLDER.mkdir(exist_ok=True)
    for file in FOLDER.glob("*.png"):
        file.unlink()
    for name, make in KINDS.items():
        for place, page in enumerate(pages(rendered_pdf(make())), 1):
            page.quantize(16).save(FOLDER / f"{name}-{place}.png", optimize=True)


if __name__ == "__main__":
    renew()
