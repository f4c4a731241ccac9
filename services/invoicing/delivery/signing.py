"""Signatures of webhooks after the Standard Webhooks convention: HMAC-SHA256 of id, timestamp and body."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Final

_PREFIX: Final = "whsec_"
_BYTES: Final = 32


def new_secret() -> str:
    """A secret for one endpoint: 256 random bits, written as the convention has it."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def signed(secret: str, message: str, at: datetime, body: bytes) -> Mapping[str, str]:
    """The headers that sign a body: `message` is the same for every try, `at` the moment of this one."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    timestamp = str(int(at.timestamp()))
    digest = hmac.new(key, f"{message}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": message,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
