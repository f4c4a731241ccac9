"""Who may ask what of reconciliation (rule R7.1).

While it is in beta it is the organisation's alone; afterwards resellers read the rows of their own customers too, which
the database chooses. Nobody but the organisation ever acts, or sees accounts, sweeps, tasks and the history.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import Depends, Request, params

from shared.commands.decision import Forbidden
from shared.web.access import Caller, needs


async def _of_the_organisation(principal: Caller) -> None:
    if not principal.sees_all:
        raise Forbidden(f"{principal.name} may not read this: what vendors have is the organisation's own")


async def _after_the_beta(principal: Caller, request: Request) -> None:
    if request.app.state.reconciliation_beta and not principal.sees_all:
        raise Forbidden(
            f"{principal.name} may not read this yet: reconciliation is in beta (SEATLEDGER_RECONCILIATION_BETA), for "
            "customer success alone"
        )


def _reading(what: str, *more: Any) -> list[params.Depends]:
    return [needs("reconciliation:read", f"read {what}"), *(Depends(one) for one in more)]


ROWS: Final = _reading("what both sides have", _after_the_beta)
"""What a route names among its dependencies that shows rows of the comparison."""
ORGANISATIONS: Final = _reading("what vendors have", _of_the_organisation)
"""What a route names that shows anything else."""
