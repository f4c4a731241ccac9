"""A logo, checked before it is kept: a PNG or an SVG that shows nothing but itself."""

from __future__ import annotations

import re
import struct
from base64 import b64encode
from typing import Final
from xml.etree import ElementTree

import typst

MOST_BYTES: Final = 200_000
_MOST_PIXELS: Final = 4_000
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_HEAD: Final = struct.Struct(">8sI4sII")
_URL = re.compile(r"""url\(\s*['"]?([^)'"]*)""", re.IGNORECASE)
_OWN: Final = ("#", "data:image/png;", "data:image/jpeg;")
# As the template shows it: what typst cannot draw there would keep every document from being printed.
_DRAWN: Final = b"""#context {
  let size = measure(image(bytes(sys.inputs.logo), format: "svg"))
  image(bytes(sys.inputs.logo), format: "svg", width: size.width * (1cm / size.height))
}"""


class NoLogo(ValueError):
    """Bytes that cannot be a logo; the sentence says why, and what to give."""


def checked(logo: bytes) -> bytes:
    """The logo itself. NoLogo says what is wrong with it."""
    if len(logo) > MOST_BYTES:
        raise NoLogo(f"it has {len(logo):,} bytes, and a logo has {MOST_BYTES:,} at most: make it smaller")
    if logo.startswith(_PNG):
        width, height = _size(logo)
        if not 0 < max(width, height) <= _MOST_PIXELS or min(width, height) == 0:
            raise NoLogo(f"it is {width} by {height} pixels; give one of {_MOST_PIXELS} at most on each side")
    else:
        _checked_svg(logo)
    try:
        fonts = typst.Fonts(include_system_fonts=False)
        typst.compile(_DRAWN, font_paths=fonts, sys_inputs={"logo": as_svg(logo)}, pdf_standards="a-3b")
    except typst.TypstError as error:
        raise NoLogo(f"it cannot be drawn ({error})") from None
    return logo


def as_svg(logo: bytes) -> str:
    """The logo as text of an SVG, which is how it goes to the page; a PNG is wrapped in one."""
    if not logo.startswith(_PNG):
        return logo.decode()
    width, height = _size(logo)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        f'<image width="{width}" height="{height}" href="data:image/png;base64,{b64encode(logo).decode()}"/></svg>'
    )


def _size(png: bytes) -> tuple[int, int]:
    if len(png) < _HEAD.size:
        raise NoLogo("it is cut off: give the whole PNG")
    _, _, kind, width, height = _HEAD.unpack_from(png)
    if kind != b"IHDR" or not png.endswith(b"IEND\xaeB`\x82"):
        raise NoLogo("it is no whole PNG: write it again")
    return width, height


def _checked_svg(logo: bytes) -> None:
    if b"<!DOCTYPE" in logo.upper() or b"<!ENTITY" in logo.upper():
        raise NoLogo("it declares a document type or entities: write it as plain SVG")
    try:
        root = ElementTree.fromstring(logo.decode())
    except (ElementTree.ParseError, UnicodeDecodeError):
        raise NoLogo("it is neither a PNG nor an SVG in UTF-8") from None
    if root.tag not in ("{http://www.w3.org/2000/svg}svg", "svg"):
        raise NoLogo("it is XML, and no SVG")
    for element in root.iter():
        tag = str(element.tag).rpartition("}")[2]
        if tag in ("script", "foreignObject", "style", "text"):
            raise NoLogo(f"it holds <{tag}>: draw it as paths alone")
        for name, value in element.attrib.items():
            shown = [value] if name.rpartition("}")[2] == "href" else _URL.findall(value)
            if any(not one.strip().startswith(_OWN) for one in shown):
                raise NoLogo(f"it shows something from elsewhere ({value[:60]}): put it into the file")
