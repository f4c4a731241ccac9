"""Whether Microsoft signed what was posted to us.

The body is signed with the key of a certificate that a header names by its address. That address is the sender's word,
so it is fetched only from hosts that are configured, over TLS, without following redirects; the certificate has to be
issued by Microsoft Corporation, be valid now, and lead to one of the authorities in the configured file. Without that
file nothing is believed. Source: Microsoft's page on Partner Center webhooks, with its sample in C#.

Unverified against a live tenant: the whole path with a real event, and which authority issues the certificate today.
Not checked at all: whether a certificate was revoked, which needs the network for each.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx
from aiolimiter import AsyncLimiter
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from services.reconciliation.vendors.connector import Misconfigured, NotReached
from services.reconciliation.vendors.microsoft.config import MicrosoftConfig

_ALGORITHM: Final = "rsa-sha256"
_ISSUER: Final = "Microsoft Corporation"
_MICROSOFT: Final = ".microsoft.com"
_LONGEST_CHAIN: Final = 5
_MOST_BYTES: Final = 64 * 1024
_MOST_KEPT: Final = 16
# Anybody can post to us: nobody is to have us fetch without end, and a forged signature is no reason to fetch again.
_FETCHES_A_MINUTE: Final = 10
_OLD: Final = timedelta(minutes=5)


class Unsigned(Exception):
    """It cannot be told that Microsoft sent it; one sentence says why. Nothing of it is to be used."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What the headers claim: a signature, and where the certificate is."""

    signature: bytes
    certificate_url: str


def claimed(headers: Mapping[str, str]) -> Signed:
    """Read the headers of a webhook, whose names are in any case. Raises Unsigned.

    The signature is in `Authorization`, or in `X-MS-Signature` where the registration asks for that.
    """
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    carried = lower.get("authorization") or lower.get("x-ms-signature") or ""
    scheme, _, encoded = carried.partition(" ")
    if scheme.lower() != "signature" or not encoded.strip():
        raise Unsigned("there is no signature in Authorization or X-MS-Signature")
    if lower.get("x-ms-signature-algorithm", "").lower() != _ALGORITHM:
        raise Unsigned(f"the signature's algorithm is not {_ALGORITHM}")
    url = lower.get("x-ms-certificate-url", "")
    if not url:
        raise Unsigned("X-MS-Certificate-Url is missing")
    try:
        return Signed(base64.b64decode(encoded.strip(), validate=True), url)
    except binascii.Error:
        raise Unsigned("the signature is no base64") from None


def permitted(url: str, hosts: frozenset[str]) -> bool:
    """Whether a certificate may be fetched from there: by HTTPS from a host of microsoft.com or one of `hosts`."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return False
    if parts.scheme != "https" or parts.username is not None or port not in (None, 443) or "\\" in url:
        return False
    return host in hosts or host.endswith(_MICROSOFT)


def signed_by(certificate: x509.Certificate, signature: bytes, body: bytes) -> bool:
    """Whether the certificate's key signed exactly these bytes (RSA, PKCS #1 v1.5, SHA-256)."""
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    try:
        key.verify(signature, body, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def check_certificate(certificate: x509.Certificate, authorities: Sequence[x509.Certificate], now: datetime) -> None:
    """Raise Unsigned unless Microsoft issued it, it is valid at `now`, and it leads to one of the authorities.

    A chain is followed through the authorities that are given, each signing the one below, each valid and allowed to
    sign, up to one that signed itself. Revocation, name constraints and the purposes of keys are not looked at.
    """
    issuers = [str(name.value) for name in certificate.issuer.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]
    if issuers != [_ISSUER]:
        raise Unsigned(f"the certificate is not issued by {_ISSUER}")
    current = certificate
    for _ in range(_LONGEST_CHAIN):
        if not current.not_valid_before_utc <= now <= current.not_valid_after_utc:
            raise Unsigned("the certificate, or one above it, is not valid now")
        if current in authorities and current.issuer == current.subject:
            return
        current = _issuer(current, authorities)
    raise Unsigned("the certificate's chain is too long")


def _issuer(certificate: x509.Certificate, authorities: Sequence[x509.Certificate]) -> x509.Certificate:
    for authority in authorities:
        try:
            certificate.verify_directly_issued_by(authority)
            constraints = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm, x509.ExtensionNotFound):
            continue
        if constraints.ca:
            return authority
    raise Unsigned(
        "the certificate leads to none of the authorities in SEATLEDGER_MICROSOFT_WEBHOOK_CA_FILE; if it is "
        f"Microsoft's, add the one it names: {certificate.issuer.rfc4514_string()[:200]}"
    )


def authorities(path: Path) -> Sequence[x509.Certificate]:
    """The certificates of a PEM file. Raises Misconfigured."""
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise Misconfigured(
            f"SEATLEDGER_MICROSOFT_WEBHOOK_CA_FILE: no certificates can be read from {path} ({type(error).__name__})"
        ) from None


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _Kept:
    certificate: x509.Certificate
    fetched: datetime


class SignatureCheck:
    """Fetches certificates and keeps each for some minutes. Made on the loop that uses it."""

    def __init__(self, config: MicrosoftConfig, client: httpx.AsyncClient, now: Callable[[], datetime] = _now) -> None:
        self._hosts, self._client, self._now = config.webhook_certificate_hosts, client, now
        path = config.webhook_ca_file
        self._authorities: Sequence[x509.Certificate] = () if path is None else authorities(path)
        self._kept: dict[str, _Kept] = {}
        self._fetches = AsyncLimiter(_FETCHES_A_MINUTE, 60)

    async def check(self, headers: Mapping[str, str], body: bytes) -> None:
        """Raises Unsigned, and NotReached when the certificate cannot be fetched: then it may be sent once more."""
        if not self._authorities:
            raise Unsigned("no authorities are configured (SEATLEDGER_MICROSOFT_WEBHOOK_CA_FILE)")
        said = claimed(headers)
        if not permitted(said.certificate_url, self._hosts):
            raise Unsigned("the certificate is at a host that is none of Microsoft's")
        certificate = await self._certificate(said.certificate_url)
        if not signed_by(certificate, said.signature, body):
            raise Unsigned("the signature is not one of this body")

    async def _certificate(self, url: str) -> x509.Certificate:
        """The one at this address, once it is known to be Microsoft's; fetched anew when it is not young.

        A renewed one lies at the same address, and what it signs would be refused with the old one.
        """
        now, kept = self._now(), self._kept.get(url)
        if kept is None or now - kept.fetched > _OLD or now > kept.certificate.not_valid_after_utc:
            kept = _Kept(await self._fetched(url), now)
            check_certificate(kept.certificate, self._authorities, now)
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[url] = kept
        return kept.certificate

    async def _fetched(self, url: str) -> x509.Certificate:
        if not self._fetches.has_capacity():
            raise NotReached("too many certificates of webhooks were asked for in the last minute")
        await self._fetches.acquire()
        content = bytearray()
        try:
            async with self._client.stream("GET", url, follow_redirects=False) as response:
                if response.status_code != httpx.codes.OK:
                    raise NotReached(f"the certificate of a webhook cannot be fetched (HTTP {response.status_code})")
                async for piece in response.aiter_bytes():
                    content += piece
                    if len(content) > _MOST_BYTES:
                        raise Unsigned("what is at the certificate's address is too big for a certificate")
        except (httpx.RequestError, httpx.InvalidURL) as error:
            raise NotReached(f"the certificate of a webhook cannot be fetched ({type(error).__name__})") from None
        return _read(bytes(content))


def _read(content: bytes) -> x509.Certificate:
    """A certificate in DER or PEM."""
    try:
        if content.lstrip().startswith(b"-----"):
            return x509.load_pem_x509_certificate(content)
        return x509.load_der_x509_certificate(content)
    except ValueError:
        raise Unsigned("what is at the certificate's address is no certificate") from None
