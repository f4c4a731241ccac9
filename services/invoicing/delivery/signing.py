"""Signatures of webhooks after the Standard Webhooks convention: HMAC-SHA256 of id, timestamp and body."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

# The longest that an old secret signs beside the new one, in hours: 30 days.
LONGEST_OVERLAP_H: Final = 30 * 24
_PREFIX: Final = "whsec_"
_BYTES: Final = 32


def new_secret() -> str:
    """A secret for one endpoint: 256 random bits, written as the convention has it."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def signed(secrets_now: Sequence[str], message: str, at: datetime, body: bytes) -> Mapping[str, str]:
    """The headers that sign a body: `message` is the same for every try, `at` the moment of this one.

    A signature with each secret, with a space between them: a receiver takes it if one of them is good.
    """
    timestamp = str(int(at.timestamp()))
    content = f"{message}.{timestamp}.".encode() + body
    return {
        "webhook-id": message,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_signature(secret, content) for secret in secrets_now),
    }


def _signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    return f"v1,{base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()}"
