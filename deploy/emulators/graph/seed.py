"""What the emulator begins with: invoices, their rows, and how their export behaves."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Failure(BaseModel):
    """Why an export fails."""

    code: str = "5000"
    message: str = "No data available"


class Invoice(BaseModel):
    """One invoice. Its rows are given, or are the lines of `rows_file` (JSON Lines).

    `polls` looks say "running" before it is done, `expires` operations are gone before one stays. Data lies in `blobs`
    blobs of `members` gzip members each; `blob_count` is what the manifest says of their number.
    """

    model_config = ConfigDict(extra="forbid")

    rows: list[dict[str, Any]] = Field(default_factory=list)
    rows_file: Path | None = None
    etag: str | None = None
    polls: int = Field(default=1, ge=0)
    expires: int = Field(default=0, ge=0)
    manifest: Literal["link", "inline"] = "link"
    blobs: int = Field(default=1, ge=1)
    members: int = Field(default=1, ge=1)
    blob_count: int | None = None
    failure: Failure | None = None

    def lines(self) -> list[str]:
        """The rows as the blobs have them."""
        if self.rows_file is not None:
            return [line for line in self.rows_file.read_text(encoding="utf-8").splitlines() if line.strip()]
        return [json.dumps(row, ensure_ascii=False, default=_number) for row in self.rows]

    def version(self) -> str:
        """The eTag: as it is given, else one that changes with the rows."""
        digest = hashlib.sha256("\n".join(self.lines()).encode()).hexdigest()
        return self.etag if self.etag is not None else digest[:17]


class Seed(BaseModel):
    """`retry_after` is what operations ask to wait (seconds), `busy` how many requests are answered with 429 first.

    `signature` opens the blobs; without it an example that is no secret.
    """

    model_config = ConfigDict(extra="forbid")

    invoices: dict[str, Invoice] = Field(default_factory=dict)
    unbilled: dict[str, Invoice] = Field(default_factory=dict)
    retry_after: float = Field(default=1, ge=0)
    busy: int = Field(default=0, ge=0)
    signature: str = "skt=2026-11-23T00%3A00%3A00Z&se=2026-11-23T12%3A00%3A00Z&sp=rl&sig=emulated%2Bsignature%3D"


def _number(value: object) -> object:
    """Decimals as Microsoft also writes numbers: as text."""
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no JSON")
