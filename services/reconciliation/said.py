"""What a person says about something that no vendor and no event tells, with the reason for it."""

from __future__ import annotations

from pydantic import field_validator

from shared.commands.body import Body
from shared.events.models.fields import Text


class Because(Body):
    """What is asked for a reason, which is more than spaces."""

    reason: Text

    @field_validator("reason")
    @classmethod
    def _says_something(cls, reason: str) -> str:
        if not reason.strip():
            raise ValueError("give a reason, in some words")
        return reason.strip()
