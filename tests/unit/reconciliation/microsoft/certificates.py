"""An authority of our own, and certificates of it: what a webhook's signature is tried with."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.x509.oid import NameOID

URL = "https://3psostorageacct.blob.core.windows.net/cert/pcnotifications-dispatch.microsoft.com.cer"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Holder:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: RSAPrivateKey

    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def headers(self, body: bytes, url: str = URL) -> Mapping[str, str]:
        """Those of a webhook that this one signs."""
        signature = base64.b64encode(self.key.sign(body, padding.PKCS1v15(), hashes.SHA256())).decode()
        return {
            "Authorization": f"Signature {signature}", "X-MS-Certificate-Url": url,
            "X-MS-Signature-Algorithm": "rsa-sha256",
        }  # fmt: skip


def issued(
    name: str, by: Holder | None = None, *, organisation: str = "Microsoft Corporation", authority: bool = False,
    begins: datetime = NOW - timedelta(days=30), ends: datetime = NOW + timedelta(days=30),
) -> Holder:  # fmt: skip
    """A certificate; without `by` one that signed itself."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation), x509.NameAttribute(NameOID.COMMON_NAME, name),
    ])  # fmt: skip
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if by is None else by.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .sign(key if by is None else by.key, hashes.SHA256())
    )
    return Holder(certificate, key)
