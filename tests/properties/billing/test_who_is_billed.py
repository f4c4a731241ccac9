"""Whose items stand on which document changes no amount: aggregated or separate, with subtotals that add up (R6)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given as each

from services.invoicing.simulation import simulate
from shared.events.shapes import document_shape
from tests.billing_dsl import facts_from
from tests.strategies.examples import examples
from tests.strategies.histories import LAST_DAY, Event, History, histories
from tests.strategies.stated_settings import command_line

# How a history says that invoices are separate, beside a customer's own field.
_SETTING = "separate_invoices"


def saying_nothing_of_it(history: History) -> History:
    """The history without a word on separate invoices."""
    return [
        _without(event)
        for event in history
        if (event["type"], event["data"].get("key")) != ("SettingChanged", _SETTING)
    ]


def _without(event: Event) -> Event:
    data = {name: value for name, value in event["data"].items() if name != _SETTING}
    if "customer" in data:
        data["customer"] = {name: value for name, value in data["customer"].items() if name != _SETTING}
    return {**event, "data": data}


def shapes(history: History, stated: dict[str, str]) -> list[dict[str, Any]]:
    return [document_shape(one) for one in simulate(facts_from(history), LAST_DAY, settings=stated).documents]


@examples
@each(histories(), command_line())
def test_a_document_is_the_sum_of_what_it_has_of_each_customer(history: History, stated: dict[str, str]) -> None:
    for document in shapes(history, stated):
        by_customer: dict[str, Decimal] = {}
        for line in document["lines"]:
            by_customer[line["customer"]] = by_customer.get(line["customer"], Decimal(0)) + Decimal(line["net"])
        assert sum(by_customer.values()) == Decimal(document["net"])
        assert document["customer"] is None or set(by_customer) == {document["customer"]}


@examples
@each(histories(), command_line())
def test_separate_documents_hold_the_same_amounts_as_aggregated_ones(history: History, stated: dict[str, str]) -> None:
    """Lines without an amount go with the next document of their group, so they may stand on another day's."""
    silent = saying_nothing_of_it(history)
    found = []
    for separate in ("false", "true"):
        documents = shapes(silent, stated | {_SETTING: separate})
        assert {document["customer"] is None for document in documents} <= {separate == "false"}
        found.append(
            sorted(
                (document["date"], document["recipient"], document["kind"], line["customer"], line["subscription"],
                 line["from"], line["to"], line["quantity"], line["net"])
                for document in documents
                for line in document["lines"]
                if Decimal(line["net"])
            )
        )  # fmt: skip
    assert found[0] == found[1]
