"""What a letterhead says, of the organisation and of a recipient; unknown fields are refused by name."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from babel import Locale, UnknownLocaleError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

Scope = Literal["organisation", "recipient"]
LANGUAGES: Final = ("en", "de", "fr", "el")

# One line of print: no control characters, no line breaks.
_Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")
]
_Short = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40, pattern=r"^[^\x00-\x1f]+$")
]
_BETWEEN_GROUPS = re.compile(r"[\s.\-]")
_TERRITORIES: Final = map(str, Locale("en").territories)
_NO_COUNTRIES: Final = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}
_COUNTRIES: Final = frozenset(code for code in _TERRITORIES if re.fullmatch("[A-Z]{2}", code)) - _NO_COUNTRIES


def _country(text: str) -> str:
    code = text.strip().upper()
    code = "GR" if code == "EL" else code
    if code not in _COUNTRIES:
        raise ValueError(f"{text!r} is no country: give the two letters of ISO 3166, like DE")
    return code


def _vat_id(text: str) -> str:
    number = _BETWEEN_GROUPS.sub("", text).upper()
    if not re.fullmatch(r"[A-Z]{2}[0-9A-Z+*]{2,13}", number):
        raise ValueError(f"{text!r} is no VAT id: two letters of the country come first, like DE123456789")
    return number


def _iban(text: str) -> str:
    """An IBAN whose check digits are right (ISO 13616: the number, its first four moved to the end, modulo 97 is 1)."""
    number = "".join(text.split()).upper()
    if not re.fullmatch(r"[A-Z]{2}\d{2}[0-9A-Z]{11,30}", number):
        raise ValueError(f"{text!r} is no IBAN")
    digits = "".join(str(int(letter, 36)) for letter in number[4:] + number[:4])
    if int(digits) % 97 != 1:
        raise ValueError(f"the check digits of the IBAN {text!r} are wrong: look for a slip of the pen")
    return number


def _bic(text: str) -> str:
    code = text.strip().upper()
    if not re.fullmatch(r"[A-Z]{4}[A-Z]{2}[0-9A-Z]{2}([0-9A-Z]{3})?", code):
        raise ValueError(f"{text!r} is no BIC: 8 or 11 letters and digits, like DEUTDEFF")
    return code


def _email(text: str) -> str:
    address = text.strip()
    if not re.fullmatch(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+", address):
        raise ValueError(f"{text!r} is no e-mail address")
    return address


def _language(text: str) -> str:
    """A language that there are words for; a country after it has numbers and days written as there."""
    try:
        locale = Locale.parse(text.strip().replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        raise ValueError(f"{text!r} is no language: give one like de, or de-AT for its numbers and dates") from None
    if locale.language not in LANGUAGES:
        raise ValueError(f"there are no words in {text!r}: documents are written in {', '.join(LANGUAGES)}")
    return str(locale).replace("_", "-")


Country = Annotated[str, AfterValidator(_country)]
Language = Annotated[str, AfterValidator(_language)]


class _Party(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: _Line | None = None
    address: Annotated[tuple[_Line, ...], Field(max_length=3)] = ()
    post_code: _Short | None = None
    city: _Line | None = None
    country: Country | None = None
    vat_id: Annotated[str, AfterValidator(_vat_id)] | None = None
    registration: _Short | None = None
    email: Annotated[str, AfterValidator(_email)] | None = None
    language: Language | None = None


class Seller(_Party):
    """How the organisation stands on paper. `payment_days` after its date an invoice is due; `footer` is one line."""

    name: _Line
    phone: _Short | None = None
    website: _Line | None = None
    bank: _Line | None = None
    iban: Annotated[str, AfterValidator(_iban)] | None = None
    bic: Annotated[str, AfterValidator(_bic)] | None = None
    payment_days: Annotated[int, Field(ge=0, le=365)] | None = None
    payment_terms: _Line | None = None
    footer: _Line | None = None


class Recipient(_Party):
    """How a reseller, or a customer that pays itself, stands on paper; what is not given is taken from its account."""


Letterhead = Seller | Recipient
