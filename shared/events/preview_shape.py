"""The public shape of a preview: what API and command line answer before a command is confirmed.

    {"now": RUN, "next": [RUN], "difference": [AMOUNT], "effective": DATE,
     "subscriptions": [{"subscription", "before": STATE, "after": STATE, "later": STATE}], "rejected": [FACT]}

    RUN     {"date", "without": BILLED, "with": BILLED, "difference": [AMOUNT]}
    BILLED  {"documents": as `simulate` prints them, "waiting": lines without amount that wait for a document}
    AMOUNT  {"currency", "net", "tax", "gross"}: credit notes are negative
    STATE   as in `simulate`, without its id; before and after with the "plan", as in `simulate` too, null without one

`before` is null for what the command brings into being, `later` where all has taken effect on the day of `now`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from shared.billing.money import round_money, written
from shared.billing.preview import Amount, Billed, Change, Preview, RunDay, Standing
from shared.billing.state import SubscriptionState
from shared.events.shapes import Json, billed_shape, document_shape, plan_shape, subscription_shape


def preview_shape(preview: Preview) -> Json:
    """A preview as JSON values."""
    return {
        "now": _run(preview.now),
        "next": [_run(run) for run in preview.next],
        "difference": _amounts(preview.difference),
        "effective": preview.effective.isoformat(),
        "subscriptions": [_change(change) for change in preview.changes],
        "rejected": [asdict(fact) for fact in preview.rejected],
    }


def _run(run: RunDay) -> Json:
    return {
        "date": run.day.isoformat(),
        "without": _billed(run.without),
        "with": _billed(run.then),
        "difference": _amounts(run.difference),
    }


def _billed(billed: Billed) -> Json:
    return {
        "documents": [document_shape(document, explained=False) for document in billed.documents],
        "waiting": [billed_shape(line) for line in billed.waiting],
    }


def _amounts(amounts: Mapping[str, Amount]) -> list[Json]:
    return [{"currency": currency, **_amount(amount, currency)} for currency, amount in amounts.items()]


def _amount(amount: Amount, currency: str) -> Json:
    return {name: written(round_money(value, currency)) for name, value in amount._asdict().items()}


def _change(change: Change) -> Json:
    return {
        "subscription": change.subscription,
        "before": _standing(change.before),
        "after": _standing(change.after),
        "later": None if change.later is None else _state(change.later),
    }


def _standing(standing: Standing | None) -> Json | None:
    if standing is None:
        return None
    plan = None if standing.plan is None else _nameless(plan_shape(standing.plan))
    return _state(standing.state) | {"plan": plan}


def _state(state: SubscriptionState) -> Json:
    return _nameless(subscription_shape(state))


def _nameless(shape: Json) -> Json:
    return {name: value for name, value in shape.items() if name != "subscription"}
