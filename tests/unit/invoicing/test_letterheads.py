"""What a letterhead may say, and which pictures may be a logo."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from pydantic import ValidationError

from services.invoicing.paper.letterheads import Recipient, Seller
from services.invoicing.paper.logos import MOST_BYTES, NoLogo, as_svg, checked
from tests.paper_samples import LOGO

_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">%s</svg>'


def a_png(width: int = 8, height: int = 4) -> bytes:
    file = BytesIO()
    Image.new("RGB", (width, height), "navy").save(file, "PNG")
    return file.getvalue()


def test_what_people_write_in_groups_is_kept_plain() -> None:
    seller = Seller(
        name="A", country="el", vat_id="de 123.456.789", iban="DE89 3704 0044 0532 0130 00", language="de_at"
    )

    assert (seller.country, seller.vat_id) == ("GR", "DE123456789")
    assert (seller.iban, seller.language) == ("DE89370400440532013000", "de-AT")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"country": "Germany"}, "give the two letters of ISO 3166"),
        ({"country": "ZZ"}, "is no country"),
        ({"vat_id": "123456789"}, "two letters of the country come first"),
        ({"language": "tlh"}, "is no language"),
        ({"language": "ja"}, "documents are written in en, de, fr, el"),
        ({"email": "billing"}, "is no e-mail address"),
        ({"name": "two\nlines"}, "should match pattern"),
        ({"adress": ["x"]}, "Extra inputs are not permitted"),
    ],
)
def test_what_is_wrong_is_said(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Recipient.model_validate(fields)


def test_a_slip_of_the_pen_in_an_iban_is_found() -> None:
    with pytest.raises(ValidationError, match="check digits"):
        Seller(name="A", iban="DE89370400440532013001")


def test_a_png_and_an_svg_are_logos() -> None:
    assert checked(a_png()) == a_png()
    assert checked(LOGO) == LOGO
    assert as_svg(LOGO) == LOGO.decode()
    assert as_svg(a_png()).startswith('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="4">')


@pytest.mark.parametrize(
    ("logo", "said"),
    [
        (b"GIF89a", "neither a PNG nor an SVG"),
        (a_png()[:-4], "no whole PNG"),
        (a_png(5000, 1), "5000 by 1 pixels"),
        (b"x" * (MOST_BYTES + 1), "200,000 at most"),
        (b"<html/>", "no SVG"),
        (_SVG % b"<script/>", "holds <script>"),
        (_SVG % b'<image xlink:href="https://elsewhere.example/x.png"/>', "from elsewhere"),
        (_SVG % b'<rect fill="url(file:///etc/passwd)"/>', "from elsewhere"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" width="0" height="0"/>', "cannot be drawn"),
        (b'<!DOCTYPE svg [<!ENTITY a "b">]>' + _SVG % b"", "document type or entities"),
    ],
    ids=["gif", "cut", "wide", "large", "html", "script", "image", "fill", "empty", "entities"],
)
def test_anything_else_is_none(logo: bytes, said: str) -> None:
    with pytest.raises(NoLogo, match=said):
        checked(logo)


def test_what_an_svg_has_in_itself_is_its_own() -> None:
    own = _SVG % b'<rect width="9" height="9" fill="url(#blue)"/><image href="data:image/png;base64,AAAA"/>'

    assert checked(own) == own
