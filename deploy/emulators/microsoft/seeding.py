"""What the emulator begins with: customers and their subscriptions, read from JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import UserError


class SeedSubscription(BaseModel):
    """A resource as Partner Center answers it, with whatever fields, right or wrong."""

    model_config = ConfigDict(extra="allow")

    id: str = Field(min_length=1)


class SeedCustomer(BaseModel):
    """A customer and what it has."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1)
    companyName: str = Field(min_length=1)
    domain: str = "example.onmicrosoft.com"
    subscriptions: list[SeedSubscription] = Field(default_factory=list)


class SeedClient(BaseModel):
    """The one application that the login gives tokens to."""

    model_config = ConfigDict(extra="forbid")

    tenant: str
    client_id: str
    secret: str
    refresh_token: str | None = None


class Seed(BaseModel):
    """All that is there. Without `client` the login takes any application and any secret."""

    model_config = ConfigDict(extra="forbid")

    customers: list[SeedCustomer] = Field(default_factory=list)
    auditRecords: list[dict[str, Any]] = Field(default_factory=list)
    client: SeedClient | None = None


def read(path: Path) -> Seed:
    """The seed of a file. Raises UserError: where the file is wrong, and what it should be."""
    try:
        return Seed.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UserError(f"the seed {path} cannot be read: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise UserError(f"the seed {path} is wrong at {place}: {first['msg']}") from None
