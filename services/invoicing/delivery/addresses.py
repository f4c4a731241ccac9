"""What an address has to look like: of a letter, and of an endpoint. Where an endpoint lies is found out when it is
called (`reaching`).
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Final

import httpx

from services.invoicing.delivery.reaching import is_public

# As browsers read what is typed into a field for it (HTML, "valid email address"): what all mail servers take.
_LABEL: Final = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_EMAIL: Final = re.compile(rf"[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})*")
_LONGEST_EMAIL: Final = 254
_LONGEST_URL: Final = 2_000


class Unusable(Exception):
    """An address that nothing can be delivered to; the sentence says why, and what to give."""


def email_address(text: str) -> str:
    """An e-mail address as it is stored, its domain in small letters. Raises Unusable."""
    if len(text) > _LONGEST_EMAIL or not _EMAIL.fullmatch(text):
        raise Unusable(f"{text!r} is no e-mail address: give it as name@example.com")
    name, _, domain = text.partition("@")
    return f"{name}@{domain.lower()}"


def endpoint(text: str, *, insecure: bool) -> str:
    """The URL of an endpoint as it is stored. Raises Unusable; `insecure` lets http and private addresses pass."""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise Unusable(f"{text!r} is no URL ({error}): give it as https://example.com/path") from None
    if url.scheme not in ("https", "http") or not url.host or len(text) > _LONGEST_URL or not text.isprintable():
        raise Unusable(f"{text!r} is no URL of an endpoint: give it as https://example.com/path")
    if url.userinfo:
        raise Unusable("a URL with a user or a password would show it in lists: the signature says who sends")
    if url.fragment:
        raise Unusable(f"{text!r} has a fragment, which is never sent: leave out #{url.fragment}")
    if not insecure and url.scheme == "http":
        raise Unusable(f"{text!r} is not encrypted: give an https:// URL (or set SEATLEDGER_WEBHOOKS_INSECURE)")
    if not insecure and _is_private(url.host):
        raise Unusable(
            f"{url.host} is no public address: webhooks go to public ones only (or set SEATLEDGER_WEBHOOKS_INSECURE)"
        )
    return str(url)


def _is_private(host: str) -> bool:
    """Whether a host is written as an address that is not public, or as the name that every machine has."""
    try:
        return not is_public(ip_address(host))
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
