"""VAT numbers of the European Union: how each member state writes them, and where a number is from (rule R6.7).

No register is asked: "VIES-valid" means here that a number has the form of its member state, with the state's code
before it as VIES writes it. The forms are those of the European Commission's VIES, "VAT identification number
structure" (https://ec.europa.eu/taxation_customs/vies/#/faq). Northern Ireland (XI) is left out: it belongs to the
Union's VAT area for goods only, and licences are services.
"""

from __future__ import annotations

import re

# ISO 3166 code of the member state: the code it has in VAT numbers, and what follows.
_FORMS = {
    "AT": ("AT", r"U\d{8}"),
    "BE": ("BE", r"[01]\d{9}"),
    "BG": ("BG", r"\d{9,10}"),
    "CY": ("CY", r"\d{8}[A-Z]"),
    "CZ": ("CZ", r"\d{8,10}"),
    "DE": ("DE", r"\d{9}"),
    "DK": ("DK", r"\d{8}"),
    "EE": ("EE", r"\d{9}"),
    "ES": ("ES", r"(?:[A-Z]\d{7}[A-Z]|[A-Z]\d{8}|\d{8}[A-Z])"),
    "FI": ("FI", r"\d{8}"),
    "FR": ("FR", r"[0-9A-Z]{2}\d{9}"),
    "GR": ("EL", r"\d{9}"),
    "HR": ("HR", r"\d{11}"),
    "HU": ("HU", r"\d{8}"),
    "IE": ("IE", r"(?:\d[0-9A-Z+*]\d{5}[A-Z]|\d{7}[A-Z]{2})"),
    "IT": ("IT", r"\d{11}"),
    "LT": ("LT", r"(?:\d{9}|\d{12})"),
    "LU": ("LU", r"\d{8}"),
    "LV": ("LV", r"\d{11}"),
    "MT": ("MT", r"\d{8}"),
    "NL": ("NL", r"\d{9}B\d{2}"),
    "PL": ("PL", r"\d{10}"),
    "PT": ("PT", r"\d{9}"),
    "RO": ("RO", r"\d{2,10}"),
    "SE": ("SE", r"\d{12}"),
    "SI": ("SI", r"\d{8}"),
    "SK": ("SK", r"\d{10}"),
}
MEMBER_STATES = frozenset(_FORMS)

_BY_PREFIX = {prefix: (state, re.compile(prefix + form, re.ASCII)) for state, (prefix, form) in _FORMS.items()}
# People write numbers in groups: DE 123 456 789, BE 0123.456.789.
_BETWEEN_GROUPS = re.compile(r"[\s.\-]")


def member_state_of(vat_id: str | None) -> str | None:
    """The member state whose form a VAT number has, as ISO 3166 code; None for one that has none (rule R6.7)."""
    if vat_id is None:
        return None
    number = _BETWEEN_GROUPS.sub("", vat_id).upper()
    state, form = _BY_PREFIX.get(number[:2], (None, None))
    return state if form is not None and form.fullmatch(number) else None


def country_code(written: str) -> str:
    """A country as ISO 3166 writes it: two capital letters, Greece GR, which VAT numbers write EL."""
    code = written.strip().upper()
    return "GR" if code == "EL" else code
