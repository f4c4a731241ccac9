"""Documents on paper: seconds for the PDF with XML of a large aggregated invoice, and of an ordinary one."""

from __future__ import annotations

import time
from statistics import median

from services.invoicing.paper.content import Paper
from services.invoicing.paper.files import rendered_pdf
from tests.paper_samples import aggregated

_LARGE = (250, 20)
_ROUNDS = 5


def measure() -> dict[str, float]:
    """`paper_5000_lines_s`: 250 customers with 20 lines each. Typst keeps what it has set: each is another document."""
    customers, each = _LARGE
    return {
        "paper_5000_lines_s": _seconds([_numbered(aggregated("de", customers, each), n) for n in range(_ROUNDS)]),
        "paper_12_lines_s": _seconds([_numbered(aggregated("de"), n) for n in range(_ROUNDS)]),
    }


def _numbered(paper: Paper, place: int) -> Paper:
    """The same document with other numbers on each of its lines."""
    for line in paper.document.lines:
        line.subscription = f"{line.subscription}-{place}"
    return paper


def _seconds(papers: list[Paper]) -> float:
    took = []
    for paper in papers:
        began = time.perf_counter()
        rendered_pdf(paper)
        took.append(time.perf_counter() - began)
    return median(took)
