"""What the forms of reconciliation come to: the bodies that its API takes."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter

from services.console.reconciliation.actions import ACTIONS, body, inputs
from services.console.reconciliation.queries import Row
from services.reconciliation.commands.bodies import Request
from services.reconciliation.verdicts import MENDS
from shared.events.models.fields import FROM_JSON

_TAKEN: TypeAdapter[Request] = TypeAdapter(Request)
_GIVEN = {
    "billing": "normal", "effective_at": "", "reason": " agreed ", "target": "b44bb1fb", "subscription_id": "sub-9",
    "customer": "cus-1", "reseller": "", "product": "o365", "currency": "EUR", "unit_price": "10.00", "unit_cost": "",
    "term": "P1M", "billing_frequency": "P1M", "started_at": "2026-03-01", "billed_by_us_from": "2026-04-01",
}  # fmt: skip


def _row(*, ours: bool = True) -> Row:
    return Row.model_validate(
        dict.fromkeys(Row.model_fields)
        | {
            "vendor": "microsoft", "row": "s:sub-1" if ours else "v:b44bb1fb", "verdicts": ["QUANTITY_MISMATCH"],
            "subscription": "sub-1" if ours else None, "vendor_subscription": "b44bb1fb", "warnings": [],
            "candidates": ["sub-7"], "snapshot": "s-1", "is_addon": False, "is_trial": False, "theirs_quantity": 7,
        }
    )  # fmt: skip


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_the_service_takes_what_a_filled_form_comes_to(action: str) -> None:
    row = _row(ours=action != "IMPORT")
    said = {field.name: _GIVEN[field.name] for field in inputs(action, row)}
    taken = _TAKEN.validate_python(body(action, row, "s-1", said), context=FROM_JSON)
    assert (taken.action, taken.snapshot) == (action, "s-1")


def test_there_is_a_form_for_all_that_a_row_may_offer() -> None:
    assert set(ACTIONS) == {action for actions in MENDS.values() for action in actions}


def test_relinking_names_the_side_that_the_row_lacks() -> None:
    assert body("RELINK", _row(), "s-1", {"target": "x"})["vendor_subscription"] == "x"
    assert body("RELINK", _row(ours=False), "s-1", {"target": "x"})["subscription"] == "x"
    (field,) = inputs("RELINK", _row(ours=False))
    assert (field.value, field.proposed) == ("sub-7", ["sub-7"])


def test_an_import_has_the_seats_that_the_vendor_has_and_nothing_that_was_left_empty() -> None:
    imported = body("IMPORT", _row(ours=False), "s-1", _GIVEN)["subscription"]
    assert imported["quantity"] == 7
    assert imported["customer"] == {"id": "cus-1"}
    assert not {"reseller", "unit_cost"} & set(imported)
