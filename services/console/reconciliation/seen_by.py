"""Who is shown what of reconciliation (rule R7.1), as its API has it: what somebody may not see is no page for them."""

from __future__ import annotations

from typing import Final

from fastapi import Depends, Request, params

from services.console.viewer import ORGANISATIONS, Looking, shown_to
from shared.web.errors import NotFound


async def _after_the_beta(request: Request, viewer: Looking) -> None:
    if request.app.state.reconciliation_beta and not viewer.principal.sees_all:
        raise NotFound(f"there is no page {request.url.path}")


_READING = shown_to("reconciliation:read")
ROWS: Final[list[params.Depends]] = [_READING, Depends(_after_the_beta)]
"""What a page of the comparison's rows names among its dependencies."""
THE_ORGANISATION: Final[list[params.Depends]] = [_READING, ORGANISATIONS]
"""What a page names that shows anything else."""
ACTING: Final[list[params.Depends]] = [*THE_ORGANISATION, shown_to("reconciliation:write")]
"""What a page names that does something about it."""
