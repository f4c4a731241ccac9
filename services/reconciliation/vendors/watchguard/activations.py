"""Activating a licence key: asked for, and looked at later (Activations API v1: 202, then the state of a batch)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote

import structlog
from pydantic import JsonValue, SecretStr

from services.reconciliation.vendors.connector import NotReached
from services.reconciliation.vendors.watchguard.accounts import AccountIds
from services.reconciliation.vendors.watchguard.answers import field, one_line, text
from services.reconciliation.vendors.watchguard.calls import Calls
from services.reconciliation.vendors.watchguard.refusals import Call

ACTIVATION: Final = "/rest/platform/activation/v1"
Progress = Literal["running", "done", "failed"]
_PROGRESS: Final[dict[str, Progress]] = {
    "created": "running", "queued": "running", "pending": "running", "success": "done", "failed": "failed",
}  # fmt: skip
_log = structlog.get_logger("watchguard")


@dataclass(frozen=True, slots=True)
class Activation:
    """How far a batch is. A state that is not known is still `running`; `reasons` are of those that failed."""

    batch_id: str
    progress: Progress
    raw_states: tuple[str, ...]
    reasons: tuple[str, ...] = ()


class Activations:
    """The licence pools of our own account, filled by keys; a key is a secret until it is spent."""

    def __init__(self, calls: Calls, ids: AccountIds) -> None:
        self._calls, self._ids = calls, ids

    async def activate(self, key: SecretStr, account_id: str | None = None) -> Activation:
        """Ask for a key to be activated, for our own account or one below it. WatchGuard carries it out later.

        Not repeated by itself where the outcome is not known; asked again, WatchGuard refuses a key that is spent.
        """
        doing = "activate a licence key" + ("" if account_id is None else f" for account {account_id}")
        call = Call(
            "POST", f"{ACTIVATION}/activate", doing, body=[self._item(key, account_id)], changes=True,
            secret=(key.get_secret_value(),),
        )  # fmt: skip
        answer = await self._calls.ask(call)
        batches = field(answer, "activations") if isinstance(answer, dict) else None
        first = batches[0] if isinstance(batches, list) and batches else None
        batch = text(field(first, "batchId")) if isinstance(first, dict) else None
        if batch is None or not isinstance(first, dict):
            raise NotReached(f"Could not {doing}: the answer names no batch; look among the recent activations")
        items = field(first, "batchItems")
        return _activation(batch, items if isinstance(items, list) and items else [first])

    def _item(self, key: SecretStr, account_id: str | None) -> JsonValue:
        item: dict[str, JsonValue] = {"activationKey": key.get_secret_value(), "saasDetails": {}}
        return item if account_id is None else {**item, "accountId": self._ids.spelled(account_id)}

    async def state(self, batch_id: str) -> Activation:
        """How far a batch is now. It is documented as PUT, but changes nothing, so it is repeated like a question."""
        doing = f"look at activation {batch_id}"
        path = f"{ACTIVATION}/activationbatchstatuses/{quote(batch_id, safe='')}"
        answer = await self._calls.ask(Call("PUT", path, doing))
        results = field(answer, "results") if isinstance(answer, dict) else None
        if not isinstance(results, list) or not results:
            raise NotReached(f"Could not {doing}: the answer has no results; try again later")
        return _activation(batch_id, results)


def _activation(batch_id: str, items: list[JsonValue]) -> Activation:
    states, reasons = [], []
    for item in items:
        record = item if isinstance(item, dict) else {}
        states.append(text(field(record, "status")) or "")
        errors = field(record, "errors")
        for error in errors if isinstance(errors, list) else []:
            reason = text(field(error, "message", "description", "code")) if isinstance(error, dict) else text(error)
            key = text(field(record, "activationKey"))
            if reason is not None:
                reasons.append(one_line(reason, {} if key is None else {key: "(the key)"}))
    for unknown in {state for state in states if state.lower() not in _PROGRESS}:
        _log.warning("activation status not known", batch=batch_id, status=unknown)
    each = {_PROGRESS.get(state.lower(), "running") for state in states}
    progress: Progress = "failed" if "failed" in each else "running" if "running" in each else "done"
    return Activation(batch_id, progress, tuple(states), tuple(reasons))
