"""What can be done with a subscription: who may, when it can be, what the service is asked, what is said afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from services.console.formats import duration, every
from services.console.subscriptions import fitting
from services.console.subscriptions.fitting import Unfit
from services.console.subscriptions.queries import One
from services.console.typed import Typed, Unclear, amount, given, rate, when, whole
from shared.commands.principal import Permission, Principal

Json = dict[str, Any]
Filled = Callable[[One], str]
Names = Mapping[str, str]
"""What products are called, by id."""
Done = Callable[[Typed, Mapping[str, Any], Names], str]


def _nothing(_: One) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Change:
    """One command on a subscription, with its page under the subscription's own.

    `fields` are those of its form, with what stands in each at first. `done` says what was done, of what was typed, of
    the service's answer and of what products are called; `unfit` why it has no sense for a subscription as it is. What
    asks for nothing (`asks` is false) shows what it costs at once.
    """

    path: str
    title: str
    method: str
    route: str
    form: str
    done: Done
    fields: Mapping[str, Filled] = field(default_factory=dict)
    body: Callable[[Typed], Json | None] = lambda _: {}
    unfit: Unfit = fitting.fits_always
    permissions: tuple[Permission, ...] = ("subscriptions:write",)
    asks: bool = True
    ends: bool = False

    def may(self, principal: Principal) -> bool:
        return all(principal.may(one) for one in self.permissions)

    def why_not(self, one: One) -> str | None:
        """Why it has no sense for a subscription as it is, in a clause; None where it has one."""
        return fitting.over(one) or self.unfit(one)


def has_plan(one: One) -> bool:
    """With a billing plan everything is executed immediately (rule R4.9)."""
    return one.billing_plan != "-"


def offered(one: One, principal: Principal) -> list[Change]:
    """What somebody can do with it."""
    return [change for change in CHANGES if change.may(principal) and change.why_not(one) is None]


_WHEN: Final[Mapping[str, Filled]] = {"when": lambda _: "now", "on": _nothing}


def _licences(typed: Typed) -> Json:
    return {"quantity": whole(typed["quantity"]), **when(typed), **given(typed, "reason")}


def _licences_done(typed: Typed, *_: object) -> str:
    licences = "1 licence" if whole(typed["quantity"]) == 1 else f"{typed['quantity'].strip()} licences"
    return f"It has {licences} from {_from(typed)} on."


def _from(typed: Typed) -> str:
    return typed["on"].strip() if typed["when"] == "later" else "now"


def _pricing(typed: Typed) -> Json:
    applies = {"applies": typed["applies"]}
    if typed["what"] == "rule":
        if not typed["rate"].strip():
            raise Unclear("rate: say how many per cent")
        return {"pricing": {"rule": typed["rule"], "rate": rate(typed["rate"])}, **applies}
    if not typed["unit_price"].strip():
        raise Unclear("price: say what a licence is to cost for a term")
    return {"unit_price": amount(typed["unit_price"]), **applies}


def _cancel(typed: Typed) -> Json:
    if typed["mode"] == "on_day":
        return {"mode": "immediate", **when({"when": "later", "on": typed["on"]})}
    return {"mode": typed["mode"]}


def _cancel_done(_: Typed, answer: Mapping[str, Any], _names: Names) -> str:
    return f"It is canceled: the last day that is covered is {answer['last_day']}."


def _at(verb: str) -> Done:
    def done(typed: Typed, *_: object) -> str:
        return f"It is {verb} from {_from(typed)} on."

    return done


def _next_term(typed: Typed) -> Json:
    body: Json = given(typed, "term", "billing_frequency")
    return {**body, "quantity": whole(typed["quantity"])} if typed["quantity"].strip() else body


def _convert(typed: Typed) -> Json:
    body = {**given(typed, "product", "term", "billing_frequency"), **when(typed)}
    if typed["unit_price"].strip():
        body["unit_price"] = amount(typed["unit_price"])
    return {**body, "quantity": whole(typed["quantity"])} if typed["quantity"].strip() else body


def _convert_done(typed: Typed, _: object, names: Names) -> str:
    """The product by its name, and of the term and the plan what was chosen."""
    said = [f"It is converted to {names.get(typed['product'], typed['product'])}"]
    if typed["term"]:
        said.append(duration(typed["term"]))
    if typed["billing_frequency"]:
        said.append(f"billed every {every(typed['billing_frequency'])}")
    if typed["when"] == "later":
        said.append(f"from {_from(typed)} on")
    return ", ".join(said) + "."


def _billed(how: str) -> Done:
    def done(_: Typed, answer: Mapping[str, Any], _names: Names) -> str:
        coming = (answer["subscription"]["scheduled"] or {}).get("billing_plan")
        return f"It is billed {how}{' from its next charge on' if coming else ''}."

    return done


CHANGES: Final = (
    Change(
        "licences", "Change licences", "POST", "quantity", "licences", _licences_done,
        {"quantity": lambda one: str(one.quantity), **_WHEN, "reason": _nothing}, _licences,
    ),
    Change(
        "pricing", "Edit pricing", "POST", "pricing", "pricing", lambda *_: "Its pricing is edited.",
        {
            "what": lambda _: "price", "unit_price": _nothing, "rule": lambda _: "discount", "rate": _nothing,
            "applies": lambda _: "next_term",
        },
        _pricing, permissions=("subscriptions:write", "prices:write"),
    ),
    Change(
        "price-protection", "Protect the price", "POST", "price-protection", "price_protection",
        lambda *_: "Its price is protected.", unfit=fitting.not_protected,
        permissions=("subscriptions:write", "prices:write"), asks=False,
    ),
    Change(
        "convert", "Convert", "POST", "convert", "convert", _convert_done,
        {
            "product": lambda one: one.product, "quantity": _nothing, "term": _nothing, "billing_frequency": _nothing,
            "unit_price": _nothing, **_WHEN,
        },
        _convert, unfit=fitting.no_term,
    ),
    Change(
        "billing-plan/annual", "Bill it annually", "PUT", "billing-plan", "billing_plan",
        _billed("annually"), body=lambda _: {"billing_frequency": "P1Y"},
        unfit=fitting.not_billed_as("Annual", "P1Y"), asks=False,
    ),
    Change(
        "billing-plan/monthly", "Bill it monthly", "PUT", "billing-plan", "billing_plan",
        _billed("monthly"), body=lambda _: {"billing_frequency": "P1M"},
        unfit=fitting.not_billed_as("Monthly", "P1M"), asks=False,
    ),
    Change(
        "next-term", "Change the next term", "PUT", "next-term", "next_term",
        lambda *_: "The change is scheduled for the renewal.",
        {"quantity": _nothing, "term": _nothing, "billing_frequency": _nothing}, _next_term,
        unfit=fitting.not_renewed,
    ),
    Change(
        "next-term/discard", "Discard what is scheduled for the next term", "DELETE", "next-term", "nothing",
        lambda *_: "The renewal changes nothing any more.", body=lambda _: None,
        unfit=fitting.nothing_scheduled, asks=False,
    ),
    Change(
        "auto-renew/off", "Turn the renewal off", "PUT", "auto-renew", "auto_renew",
        lambda *_: "It does not renew any more.", body=lambda _: {"auto_renew": False},
        unfit=fitting.renewed_never, asks=False,
    ),
    Change(
        "auto-renew/on", "Turn the renewal on", "PUT", "auto-renew", "auto_renew",
        lambda *_: "It renews by itself again.", body=lambda _: {"auto_renew": True},
        unfit=fitting.renewed_already, asks=False,
    ),
    Change(
        "suspend", "Suspend", "POST", "suspend", "when", _at("suspended"), _WHEN, when,
        unfit=fitting.suspended,
    ),
    Change(
        "reactivate", "Reactivate", "POST", "reactivate", "when", _at("active again"), _WHEN, when,
        unfit=fitting.not_suspended,
    ),
    Change(
        "cancel", "Cancel", "POST", "cancel", "cancel", _cancel_done,
        {"mode": lambda one: "end_of_term", "on": _nothing}, _cancel, ends=True,
    ),
)  # fmt: skip
