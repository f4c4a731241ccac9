"""Readiness: named checks, each with the reason why it does not hold.

Reasons are sentences of ours, for anybody may ask: what a driver says names hosts and accounts, and goes to the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

import structlog

# None: it is so. Else why not, in words.
Check = Callable[[], Awaitable[str | None]]
WITHIN_S: Final = 2.0
_log = structlog.get_logger("readiness")


@dataclass(frozen=True, slots=True)
class Readiness:
    """What the checks found: by name None, or the reason."""

    reasons: Mapping[str, str | None]

    @property
    def ready(self) -> bool:
        """Whether the process may be given work."""
        return not any(self.reasons.values())

    @property
    def status(self) -> int:
        """The status of the answer over HTTP."""
        return 200 if self.ready else 503

    @property
    def document(self) -> dict[str, object]:
        """{"status": "ready" or "not ready", "checks": {name: {"ok": ..., "reason": ... where it is not}}}."""
        checks = {
            name: {"ok": True} if reason is None else {"ok": False, "reason": reason}
            for name, reason in self.reasons.items()
        }
        return {"status": "ready" if self.ready else "not ready", "checks": checks}


class Checks:
    """Asks all of them at once. What has changed since the last time is logged, not what stays as it is.

    The mapping may change meanwhile, also from another thread: each look is at what there is then.
    """

    def __init__(self, checks: Mapping[str, Check], within_s: float = WITHIN_S) -> None:
        self._checks = checks
        self._within_s = within_s
        self._said: dict[str, str | None] = {}

    async def look(self) -> Readiness:
        """What each finds now, within its time."""
        checks = dict(self._checks)
        reasons = await asyncio.gather(*(self._ask(name, check) for name, check in checks.items()))
        found = dict(zip(checks, reasons, strict=True))
        for name, reason in found.items():
            if reason is not None and self._said.get(name) is None:
                _log.warning("not ready", check=name, reason=reason)
            elif reason is None and self._said.get(name) is not None:
                _log.info("ready again", check=name)
        self._said = found
        return Readiness(found)

    async def _ask(self, name: str, check: Check) -> str | None:
        try:
            return await asyncio.wait_for(check(), self._within_s)
        except TimeoutError:
            return f"no answer within {self._within_s:g} s"
        except Exception as error:  # whatever a check meets, the others are told
            _log.warning("check failed", check=name, error=f"{type(error).__name__}: {error}")
            return "it does not answer; the log has the reason"
