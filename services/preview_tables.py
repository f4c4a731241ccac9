"""A preview as people read it: what would change, and what the next documents would hold and come to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from services.presentation import say, table

Json = Mapping[str, Any]
_COMPARED = ("status", "quantity", "unit_price", "billing_plan", "term_end")
_LINE = ("subscription", "kind", "from", "to", "quantity", "unit_price", "unit_net", "net")


def preview_tables(shown: Json) -> None:
    """Print a preview (`shared.events.preview_shape`)."""
    changes = list(_changes(shown["subscriptions"]))
    if changes:
        table("Would change", ("subscription", "what", "from", "to"), changes)
    runs = [shown["now"], *shown["next"]]
    _documents(runs)
    added = [(run["date"], one["currency"], one["net"], one["tax"], one["gross"]) for run in runs
             for one in run["difference"]]  # fmt: skip
    if added:
        columns = ("date", "currency", "net", "tax", "gross")
        table("Would add to what is billed on", columns, added, right=columns[2:])
    if shown["rejected"]:
        table("Would be refused", ("type", "reason"), [(one["type"], one["reason"]) for one in shown["rejected"]])
    say("Nothing was changed")


def _changes(subscriptions: Sequence[Json]) -> Iterator[tuple[object, ...]]:
    for change in subscriptions:
        before, after = change["before"] or {}, change["after"] or {}
        for field in _COMPARED:
            if before.get(field) != after.get(field):
                yield change["subscription"], field, before.get(field), after.get(field)


def _documents(runs: Sequence[Json]) -> None:
    lines = [
        (run["date"], document["kind"], *(line.get(name) for name in _LINE))
        for run in runs
        for document in run["with"]["documents"]
        for line in document["lines"]
    ]
    if lines:
        columns = ("date", "document", *_LINE)
        table("The next documents with it", columns, lines, right=_LINE[4:])
