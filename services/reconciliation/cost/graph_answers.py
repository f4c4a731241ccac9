"""What Microsoft Graph answers to an export of billing data, as far as it is used. Pure.

Source: Microsoft Graph, partners billing: operation, manifest. Bodies may begin with a mark of their byte order, and
names of fields are read as they are documented.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypeVar

from pydantic import SecretStr

# What Microsoft answers where there is nothing to export, also for invoices of before the new commerce.
NO_DATA: Final = "5000"
_LINK: Final = "resourceLocation@odata.navigationLink"


Answer = TypeVar("Answer")


class Unreadable(ValueError):
    """An answer that is not what is documented; the sentence says what about it, and none of its content."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Where the data lies. `etag` is its version. The signature opens it to anybody: it is never shown or stored."""

    etag: str
    root: str
    blobs: tuple[str, ...]
    signature: SecretStr

    def address(self, blob: str) -> str:
        """Of one blob, signed: not to be logged, and not to be given away with an error."""
        return f"{self.root}/{blob}?{self.signature.get_secret_value()}"


@dataclass(frozen=True, slots=True)
class Running:
    """Not done yet."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Microsoft's code and words."""

    code: str
    words: str


@dataclass(frozen=True, slots=True)
class ManifestAt:
    """Done; the manifest is at this address."""

    address: str


def operation(body: bytes) -> Running | Failed | ManifestAt | Manifest:
    """The state of an export. Raises Unreadable."""
    found = _object(body)
    match found.get("status"):
        case "notStarted" | "running":
            return Running()
        case "failed":
            error = found.get("error")
            error = error if isinstance(error, dict) else {}
            return Failed(str(error.get("code", "")), said(str(error.get("message", ""))))
        case "succeeded":
            inline = found.get("resourceLocation")
            if isinstance(inline, dict):
                return _manifest(inline)
            link = found.get(_LINK, inline)
            if isinstance(link, str) and link:
                return ManifestAt(link)
            raise Unreadable("the export is done, and does not say where its manifest is")
        case other:
            raise Unreadable(f"the export has the unknown status {said(str(other))!r}")


def manifest(body: bytes) -> Manifest:
    """A manifest that was asked for by its link. Raises Unreadable."""
    return _manifest(_object(body))


def _manifest(found: Mapping[str, Any]) -> Manifest:
    try:
        blobs = tuple(str(blob["name"]) for blob in found["blobs"])
        etag, root, signature = str(found["eTag"]), str(found["rootDirectory"]), str(found["sasToken"])
        count, data_format = int(found["blobCount"]), str(found.get("dataFormat", "compressedJSON"))
    except (KeyError, TypeError, ValueError):
        raise Unreadable(
            "the manifest lacks eTag, rootDirectory, sasToken, blobCount or the names of its blobs"
        ) from None
    if len(blobs) != count:
        raise Unreadable(f"the manifest names {len(blobs)} blobs and says that there are {count}")
    if not data_format.startswith("compressedJSON"):
        raise Unreadable(f"the data is in the format {said(data_format)!r}, and not in compressed JSON lines")
    return Manifest(etag, root.rstrip("/"), blobs, SecretStr(signature.lstrip("?")))


def failure(body: bytes) -> tuple[str | None, str]:
    """Code and words of an answer that is an error, of any shape."""
    try:
        error = _object(body).get("error")
    except Unreadable:
        return None, ""
    if not isinstance(error, dict):
        return None, ""
    code = error.get("code")
    return None if code is None else str(code), said(str(error.get("message", "")))


def said(words: str) -> str:
    """Words of theirs that may be shown: short, and nothing that looks like a signature, a token or an address."""
    secret = any(mark in words.casefold() for mark in ("sig=", "bearer", "eyj", "://"))
    return "" if secret else words[:200]


def asked_wait(header: str | None, now: datetime | None = None) -> float | None:
    """The seconds of a Retry-After, which may be a date; None where there is none that can be read."""
    if not header:
        return None
    if header.strip().replace(".", "", 1).isdigit():
        return float(header)
    try:
        until = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max((until - (now or datetime.now(UTC))).total_seconds(), 0.0)


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except ValueError:
        raise Unreadable("the answer is no JSON") from None
    if not isinstance(found, dict):
        raise Unreadable("the answer is no JSON object")
    return found
