"""The fonts of documents: scripts that are printed, letters that are not and are said, and a folder of more fonts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import fontpkg_noto_sans_thai
import pypdfium2
import pytest
from structlog.testing import capture_logs

from services.invoicing.paper.content import Paper
from services.invoicing.paper.files import rendered_pdf
from services.invoicing.paper.fonts import families, unprintable
from shared.errors import UserError
from tests.paper_samples import aggregated, several_taxes

THAI = "บริษัท ไทยซอฟต์ จำกัด"
_FOLDER = Path(fontpkg_noto_sans_thai.__file__).parent


@pytest.fixture
def with_thai(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATLEDGER_FONTS", str(_FOLDER))


def named(customer: str) -> Paper:
    paper = aggregated("en", customers=1, each=1)
    return replace(paper, names=replace(paper.names, customers={"cus-a": customer}))


@pytest.mark.parametrize(
    "text",
    ["Πλοία Αιγαίου", "Όμιλος ΆΈΉΊΌΎΏ ΐΰ", "Їжак ґудзик", "Ђурђевдан", "Объём Щит", "Ақтөбе", "Żółć źdźbło", "Őrült ű",
     "Ştefan ţară ș ț", "Čeština řeřicha ů", "Íslensk þjóð ð", "Công ty Điện lực", "Đakovo", "Ħal Għargħur", "İğne",
     "Sámi ŋ ŧ", "ẞ ß æ œ", "₺ ₴ € £ ¥ № …", "שלום", "مرحبا"],
)  # fmt: skip
def test_these_scripts_are_printed_by_default(text: str) -> None:
    assert unprintable(text) == ""


def test_letters_that_no_font_has_are_said_and_no_other() -> None:
    assert unprintable("Contoso 漢字 AG ไ") == "ไ字漢"


def test_the_log_says_which_document_has_boxes_and_what_mends_it() -> None:
    with capture_logs() as log:
        rendered_pdf(named("漢字"))

    (said,) = log
    assert (said["log_level"], said["document"]) == ("warning", "INV-2026-000017")
    assert "no font has the letters 字 漢" in said["reason"]
    assert "SEATLEDGER_FONTS" in said["reason"]


def test_nothing_is_said_of_a_document_that_has_all_its_letters() -> None:
    with capture_logs() as log:
        rendered_pdf(named("Πλοία Αιγαίου"))

    assert log == []


@pytest.mark.usefixtures("with_thai")
def test_a_font_in_the_folder_prints_what_it_has() -> None:
    with capture_logs() as log:
        pdf = rendered_pdf(named(THAI))

    assert log == []
    assert THAI.split()[1] in pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range()
    assert b"<pdfaid:part>3</pdfaid:part>" in pdf
    assert families()[-1] == "Noto Sans Thai"


def test_a_font_in_the_folder_changes_no_document_that_does_not_need_it(monkeypatch: pytest.MonkeyPatch) -> None:
    before = rendered_pdf(several_taxes())
    monkeypatch.setenv("SEATLEDGER_FONTS", str(_FOLDER))

    assert rendered_pdf(several_taxes()) == before


def test_a_folder_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SEATLEDGER_FONTS", str(tmp_path / "none"))

    with pytest.raises(UserError, match="SEATLEDGER_FONTS: there is no folder"):
        rendered_pdf(several_taxes())
