"""What is known to come of a subscription, as people read it on the command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from services.presentation import table

Json = Mapping[str, Any]
_KINDS = {
    "quantities": "seats", "statuses": "status", "conversions": "conversion", "next_term": "next term",
    "price": "price", "billing_plan": "billing plan",
}  # fmt: skip


def scheduled_table(scheduled: Json | None) -> None:
    """A line for each thing that is scheduled, by its day; nothing where nothing is."""
    if scheduled is not None:
        table("Scheduled", ("day", "what", "to"), sorted(_lines(scheduled)))


def _lines(scheduled: Json) -> Iterator[tuple[str, str, str]]:
    for name, kind in _KINDS.items():
        found = scheduled[name]
        for one in found if isinstance(found, list) else [] if found is None else [found]:
            said = ((field, value) for field, value in one.items() if field != "effective_from" and value is not None)
            yield one["effective_from"], kind, ", ".join(f"{field} {value}" for field, value in said)
    if scheduled["last_day"] is not None:
        yield scheduled["last_day"], "last day", ""
