"""What a command would cost, as its page shows it: made of the answer to `?preview=true`. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from shared.web.preview_models import (
    Preview,
    PreviewBilled,
    PreviewLine,
    PreviewRun,
    PreviewStanding,
    PreviewState,
    PreviewSubscription,
)

_NOTHING = Decimal(0)


class Run(NamedTuple):
    """The documents of a day: net without the command and with it, and what the difference comes to."""

    date: date
    without: Decimal
    then: Decimal
    net: Decimal
    gross: Decimal
    lines: Sequence[PreviewLine]
    credits: Sequence[PreviewLine]
    waiting: Sequence[PreviewLine]


class Changed(NamedTuple):
    """One thing of a subscription that becomes another: `kind` says how its values are written."""

    name: str
    kind: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Costs:
    """A preview in one currency; what credit notes give back is negative. `states` are by subscription."""

    currency: str
    runs: Sequence[Run]
    net: Decimal
    gross: Decimal
    effective: date
    states: Sequence[tuple[str, Sequence[Changed], Sequence[Changed]]]
    refused: Sequence[str]

    @property
    def first(self) -> Run | None:
        """The first documents that are others."""
        return next((run for run in self.runs if run.net or run.gross), None)


def costs(answer: Any, currency: str) -> Costs:
    """What a service answered, for a thing that is billed in `currency`."""
    preview = Preview.model_validate(answer)
    runs = [_run(run, currency) for run in (preview.now, *preview.next)]
    net, gross = _difference(preview, currency)
    return Costs(
        currency, [run for run in runs if run.without or run.then or run.waiting], net, gross, preview.effective,
        [(one.subscription, _changes(one), _later(one)) for one in preview.subscriptions],
        [one.reason for one in preview.rejected],
    )  # fmt: skip


def _run(run: PreviewRun, currency: str) -> Run:
    net, gross = _difference(run, currency)
    return Run(
        run.date, _net(run.without, currency), _net(run.with_, currency), net, gross,
        _lines(run.with_, "invoice"), _lines(run.with_, "credit_note"), run.with_.waiting,
    )  # fmt: skip


def _difference(of: Preview | PreviewRun, currency: str) -> tuple[Decimal, Decimal]:
    found = next((one for one in of.difference if one.currency == currency), None)
    return (_NOTHING, _NOTHING) if found is None else (found.net, found.gross)


def _net(billed: PreviewBilled, currency: str) -> Decimal:
    signed = (one.net if one.kind == "invoice" else -one.net for one in billed.documents if one.currency == currency)
    return sum(signed, _NOTHING)


def _lines(billed: PreviewBilled, kind: str) -> list[PreviewLine]:
    return [line for document in billed.documents if document.kind == kind for line in document.lines]


def _changes(one: PreviewSubscription) -> list[Changed]:
    """What is another at once; of what comes into being, all of it."""
    return [] if one.after is None else list(_between(one.before, one.after))


def _later(one: PreviewSubscription) -> list[Changed]:
    """What is another once a scheduled command has taken effect."""
    return [] if one.after is None or one.later is None else list(_between(one.after, one.later))


def _between(before: PreviewState | None, after: PreviewState) -> Iterator[Changed]:
    for name, kind, field in _SHOWN:
        was, will = (None if state is None else getattr(state, field) for state in (before, after))
        if was != will:
            yield Changed(name, kind, was, will)
    if isinstance(after, PreviewStanding):
        was_plan, plan = None if not isinstance(before, PreviewStanding) else before.plan, after.plan
        for name, kind, field in _SHOWN_OF_PLAN:
            was, will = (None if state is None else getattr(state, field) for state in (was_plan, plan))
            if was != will:
                yield Changed(name, kind, was, will)


_SHOWN = (
    ("Status", "words", "status"),
    ("Licences", "number", "quantity"),
    ("Price of a licence and cycle", "money", "unit_price"),
    ("Billing Plan", "text", "billing_plan"),
    ("Term begins", "text", "term_start"),
    ("Term ends", "text", "term_end"),
    ("Protected until", "text", "protected_until"),
)
_SHOWN_OF_PLAN = (
    ("Installments", "number", "installments"),
    ("Invoiced", "number", "invoiced"),
    ("Remaining", "number", "remaining"),
    ("Next Invoice Date", "text", "next_invoice_date"),
    ("Next Invoice Amount", "money", "next_invoice_amount"),
)
