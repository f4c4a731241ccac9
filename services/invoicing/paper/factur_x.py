"""What makes a PDF/A-3 with attached XML a Factur-X: four properties in its metadata, and the schema that explains
them.

Typst writes neither (its issue 5667), and factur-x writes the present moment into what it makes, so that no two files
are the same. The metadata go to the end of the file as an incremental update (ISO 32000-1, 7.5.6): what typst wrote
stays byte for byte.
"""

from __future__ import annotations

import re
from typing import Final

FILE_NAME: Final = "factur-x.xml"

# Typst names the object in the catalog, which is the last one, and writes the metadata plain right before it.
_CATALOG = re.compile(rb"/Root (\d+) 0 R")
_OBJECT = re.compile(rb"/Metadata (\d+) 0 R")
_STREAM = re.compile(rb"<</Length (\d+)/Type/Metadata/Subtype/XML>>\s*stream\r?\n")
_TRAILER = re.compile(rb"trailer\s*(<<.*>>)\s*startxref\s+(\d+)\s+%%EOF\s*\Z", re.DOTALL)

_NAMESPACE: Final = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_PROPERTIES: Final = (
    ("DocumentFileName", FILE_NAME, "The name of the embedded XML document"),
    ("DocumentType", "INVOICE", "The type of the hybrid document in capital letters, e.g. INVOICE or ORDER"),
    ("Version", "1.0", "The actual version of the standard applying to the embedded XML document"),
    ("ConformanceLevel", "EN 16931", "The conformance level of the embedded XML document"),
)
_DESCRIBED: Final = "".join(
    '<rdf:li rdf:parseType="Resource">'
    f"<pdfaProperty:name>{name}</pdfaProperty:name><pdfaProperty:valueType>Text</pdfaProperty:valueType>"
    f"<pdfaProperty:category>external</pdfaProperty:category>"
    f"<pdfaProperty:description>{about}</pdfaProperty:description></rdf:li>"
    for name, _, about in _PROPERTIES
)
_SCHEMA: Final = (
    '<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>'
    f"<pdfaSchema:namespaceURI>{_NAMESPACE}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>"
    f"<pdfaSchema:property><rdf:Seq>{_DESCRIBED}</rdf:Seq></pdfaSchema:property></rdf:li>"
).encode()
_VALUES: Final = "".join(f"<fx:{name}>{value}</fx:{name}>" for name, value, _ in _PROPERTIES)
_DESCRIPTION: Final = f'<rdf:Description rdf:about="" xmlns:fx="{_NAMESPACE}">{_VALUES}</rdf:Description>'.encode()
_BAG_ENDS, _RDF_ENDS = b"</rdf:Bag></pdfaExtension:schemas>", b"</rdf:RDF>"


class UnknownPdf(Exception):
    """A PDF that is not written as the typst that this was made for writes it: the release and its test disagree."""


def declared(pdf: bytes) -> bytes:
    """The PDF, saying of itself that it is a Factur-X of the profile EN 16931. `pdf` is PDF/A-3 of typst."""
    trailer = _found(_TRAILER, pdf, max(len(pdf) - 1024, 0))
    root = _found(_CATALOG, trailer[1])
    metadata = _found(_OBJECT, pdf, pdf.rindex(b"\n%s 0 obj" % root[1]))
    stream = _found(_STREAM, pdf, pdf.rindex(b"\n%s 0 obj" % metadata[1]))
    xmp = pdf[stream.end() : stream.end() + int(stream[1])]
    if xmp.count(_BAG_ENDS) != 1 or xmp.count(_RDF_ENDS) != 1:
        raise UnknownPdf("its metadata have another shape")
    longer = xmp.replace(_BAG_ENDS, _SCHEMA + _BAG_ENDS).replace(_RDF_ENDS, _DESCRIPTION + _RDF_ENDS)
    head = b"%s 0 obj\n<</Length %d/Type/Metadata/Subtype/XML>>\nstream\n" % (metadata[1], len(longer))
    changed = head + longer + b"\nendstream\nendobj\n"
    before = pdf if pdf.endswith(b"\n") else pdf + b"\n"
    table = b"xref\n%s 1\n%010d 00000 n\r\n" % (metadata[1], len(before))
    end = b"trailer\n%s/Prev %s>>\nstartxref\n%d\n%%%%EOF\n" % (trailer[1][:-2], trailer[2], len(before) + len(changed))
    return before + changed + table + end


def _found(pattern: re.Pattern[bytes], text: bytes, start: int = 0) -> re.Match[bytes]:
    found = pattern.search(text, start)
    if found is None:
        raise UnknownPdf(f"there is no {pattern.pattern.decode()} in it")
    return found
