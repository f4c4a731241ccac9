"""Documents on paper as an independent validator sees them: PDF/A-3b by veraPDF, each kind in each language."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import fontpkg_noto_sans_thai
import pytest
import typst

from services.invoicing.paper.content import Paper
from services.invoicing.paper.files import rendered_pdf
from services.invoicing.paper.words import WORDS
from tests.infrastructure import verapdf
from tests.infrastructure.verapdf import Finding
from tests.paper_samples import KINDS, aggregated, credit_note, several_taxes

pytestmark = pytest.mark.skipif(verapdf.missing() is not None, reason=verapdf.missing() or "")
_PLAIN: Final = "a PDF that claims nothing"
_THAI: Final = "names in a font of a folder"


def written_in(paper: Paper, language: str) -> Paper:
    return replace(paper, recipient=paper.recipient.model_copy(update={"language": language}))


def in_thai() -> Paper:
    paper = aggregated(customers=1)
    return replace(paper, names=replace(paper.names, customers={"cus-a": "บริษัท ไทยซอฟต์ จำกัด"}))


SAMPLES: Final = {
    **{kind: make() for kind, make in KINDS.items()},
    **{
        f"{kind} in {language}": written_in(paper, language)
        for language in WORDS
        for kind, paper in {
            "invoice": several_taxes(),
            "credit note": credit_note(),
            "invoice of several pages": aggregated(customers=20, each=3),
        }.items()
    },
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Finding]:
    pdfs = {name: rendered_pdf(paper) for name, paper in SAMPLES.items()}
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SEATLEDGER_FONTS", str(Path(fontpkg_noto_sans_thai.__file__).parent))
        pdfs[_THAI] = rendered_pdf(in_thai())
    return verapdf.findings(pdfs | {_PLAIN: typst.compile(b"A page")}, tmp_path_factory.mktemp("pdfs"))


@pytest.mark.parametrize("name", [*SAMPLES, _THAI])
def test_verapdf_finds_nothing_wrong(found: dict[str, Finding], name: str) -> None:
    assert found[name].broken == ()
    assert found[name].checks > 1_000


def test_verapdf_finds_what_is_wrong(found: dict[str, Finding]) -> None:
    assert [one.split(":")[0] for one in found[_PLAIN].broken] == ["ISO 19005-3, 6.6.4, test 1"]
