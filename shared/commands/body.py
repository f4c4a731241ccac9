"""What the bodies of all requests have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """A request: what is not known is refused, so that a misspelt field is not passed over."""

    model_config = ConfigDict(frozen=True, extra="forbid")
