"""What may be done about a row of the comparison, as forms, and as the bodies that the service takes. Pure.

Which of them a row offers, and whether one is carried out, is decided by the service alone (rule R7.6).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.console.reconciliation.queries import Row


@dataclass(frozen=True, slots=True)
class Input:
    """One field of a form. `options` to choose from, or else `proposed` values of a text."""

    name: str
    label: str
    kind: str = "text"
    required: bool = True
    help: str = ""
    value: str = ""
    options: Sequence[tuple[str, str]] = ()
    proposed: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """One action: its button, and what comes of it in a sentence."""

    name: str
    label: str
    says: str


ACTIONS: Final[Mapping[str, Action]] = {
    one.name: one
    for one in (
        Action("ALIGN_BSS_QUANTITY", "Align our seats", "Ours holds as many seats as the vendor's from then on."),
        Action("ALIGN_BSS_STATUS", "Align our status", "Ours is suspended, in use again or over, as the vendor's is."),
        Action(
            "PUSH_QUANTITY_TO_VENDOR", "Push our seats", "A task: the vendor is asked to hold as many seats as ours."
        ),
        Action("RELINK", "Relink", "Ours is another of the vendor's subscriptions than it was taken for."),
        Action("IMPORT", "Import", "What only the vendor has becomes ours, with what it is to cost."),
        Action("IGNORE", "Ignore", "Both sides may differ so. It is told again when either of them changes."),
    )
}
_ALIGNING: Final = (
    Input(
        "billing", "Billing", options=(("none", "Nothing: settled by hand"), ("normal", "Like any other change")),
        help="Whether it is invoiced and credited",
    ),
    Input("effective_at", "From", "date", required=False, help="A day; empty is now"),
)  # fmt: skip
_PERIODS: Final = (
    ("P1M", "a month"),
    ("P3M", "three months"),
    ("P6M", "six months"),
    ("P1Y", "a year"),
    ("P3Y", "three years"),
)
# Plain fields of an import that the service's document has under these names.
_IMPORTED: Final = (
    "subscription_id",
    "currency",
    "unit_price",
    "unit_cost",
    "term",
    "billing_frequency",
    "started_at",
    "billed_by_us_from",
)


def inputs(action: str, row: Row) -> Sequence[Input]:
    """What the form of an action asks for, about this row."""
    if action.startswith("ALIGN_"):
        return _ALIGNING
    if action == "IGNORE":
        return [Input("reason", "Reason", help="For whoever looks at it later")]
    if action == "RELINK":
        whose = "The vendor's subscription" if row.subscription is not None else "Our subscription"
        return [Input("target", whose, help="Its id", value=_only(row.candidates), proposed=row.candidates)]
    return _importing() if action == "IMPORT" else []


def body(action: str, row: Row, snapshot: str, given: Mapping[str, str]) -> dict[str, Any]:
    """The body that the service takes; what was left empty is not in it."""
    said = {name: value.strip() for name, value in given.items() if value.strip()}
    asked: dict[str, Any] = {"action": action, "snapshot": snapshot}
    if action.startswith("ALIGN_"):
        return asked | _of(said, "billing", "effective_at")
    if action == "IGNORE":
        return asked | _of(said, "reason")
    if action == "RELINK" and "target" in said:
        return asked | {"vendor_subscription" if row.subscription is not None else "subscription": said["target"]}
    if action == "IMPORT":
        imported: dict[str, Any] = _of(said, *_IMPORTED) | {"quantity": row.theirs_quantity}
        for name in ("customer", "product", "reseller"):
            if name in said:
                imported[name] = {"id": said[name]}
        return asked | {"subscription": imported}
    return asked


def _importing() -> Sequence[Input]:
    return [
        Input("subscription_id", "Our id of it"),
        Input("customer", "Customer", help="Id of the customer"),
        Input("reseller", "Reseller", required=False, help="Id of its reseller; empty: the customer pays itself"),
        Input("product", "Product", help="Id of the product"),
        Input("currency", "Currency", value="EUR"),
        Input("unit_price", "Price", help="Of one licence and one term, without tax"),
        Input("unit_cost", "Cost", required=False, help="Of one licence and one term"),
        Input("term", "Term", options=_PERIODS),
        Input("billing_frequency", "Billed every", options=_PERIODS),
        Input("started_at", "Began", "date", help="The first day of its term at the vendor"),
        Input("billed_by_us_from", "Billed by us from", "date", help="Installments before this day are excluded"),
    ]


def _of(said: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: said[name] for name in names if name in said}


def _only(candidates: Sequence[str]) -> str:
    return candidates[0] if len(candidates) == 1 else ""
