"""What can be done with a subscription: who may, when it can be, what the service is asked, what is said afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from services.console.subscriptions.queries import One
from services.console.typed import Typed, Unclear, amount, given, rate, when, whole
from shared.billing.calendar import add_months
from shared.commands.principal import Permission, Principal

# In months, with the stub before its first cycle: longer than this is of what is sold only a term of three years.
_TWO_YEARS_AND_A_STUB: Final = 25
# Nothing of a subscription that is over can be another.
_OVER: Final = frozenset({"canceled", "deleted", "expired", "disabled", "failed"})
_PLANS_OF_THREE_YEARS: Final = ("Monthly", "Annual")
Json = dict[str, Any]
Filled = Callable[[One], str]


def _nothing(_: One) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Change:
    """One command on a subscription, with its page under the subscription's own.

    `fields` are those of its form, with what stands in each at first. `done` says what was done, of what was typed and
    of the service's answer. What asks for nothing (`asks` is false) shows what it costs at once.
    """

    path: str
    title: str
    method: str
    route: str
    form: str
    done: Callable[[Typed, Mapping[str, Any]], str]
    fields: Mapping[str, Filled] = field(default_factory=dict)
    body: Callable[[Typed], Json | None] = lambda _: {}
    fits: Callable[[One], bool] = lambda _: True
    permissions: tuple[Permission, ...] = ("subscriptions:write",)
    asks: bool = True
    ends: bool = False

    def may(self, principal: Principal) -> bool:
        return all(principal.may(one) for one in self.permissions)

    def can_be(self, one: One) -> bool:
        """Whether it has a sense for a subscription as it is; the rest is for the service to refuse."""
        return one.status not in _OVER and self.fits(one)


def has_plan(one: One) -> bool:
    """With a billing plan everything is executed immediately (rule R4.9)."""
    return one.billing_plan != "-"


def has_term(one: One) -> bool:
    """What is charged once has none, so that nothing of it is ever converted or priced anew."""
    return one.term_start < one.term_end


def can_be_protected(one: One) -> bool:
    """Activated is price protection for what Microsoft has, and for what is of nobody that is named (rule R2.9)."""
    return has_term(one) and one.vendor in (None, "microsoft")


def can_be_billed(plan: str, frequency: str) -> Callable[[One], bool]:
    """Whether its plan can become this one (rule R4.14): three years, billed by the other of the two and offered so.

    What waits to become the other is taken back by asking for the plan that runs.
    """

    def fits(one: One) -> bool:
        coming = None if one.scheduled is None else one.scheduled.billing_plan
        if one.billing_plan == plan:
            return coming is not None
        lasts_three_years = add_months(one.term_start, _TWO_YEARS_AND_A_STUB) < one.term_end
        is_other = one.billing_plan in _PLANS_OF_THREE_YEARS and coming is None
        return is_other and lasts_three_years and frequency in (one.offered_plans or ())

    return fits


def offered(one: One, principal: Principal) -> list[Change]:
    """What somebody can do with it."""
    return [change for change in CHANGES if change.may(principal) and change.can_be(one)]


_WHEN: Final[Mapping[str, Filled]] = {"when": lambda _: "now", "on": _nothing}


def _licences(typed: Typed) -> Json:
    return {"quantity": whole(typed["quantity"]), **when(typed), **given(typed, "reason")}


def _licences_done(typed: Typed, _: Mapping[str, Any]) -> str:
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


def _cancel_done(_: Typed, answer: Mapping[str, Any]) -> str:
    return f"It is canceled: the last day that is covered is {answer['last_day']}."


def _at(verb: str) -> Callable[[Typed, Mapping[str, Any]], str]:
    def done(typed: Typed, _: Mapping[str, Any]) -> str:
        return f"It is {verb} from {_from(typed)} on."

    return done


def _next_term(typed: Typed) -> Json:
    body: Json = given(typed, "term", "billing_frequency")
    return {**body, "quantity": whole(typed["quantity"])} if typed["quantity"].strip() else body


def _convert(typed: Typed) -> Json:
    body = {**given(typed, "product", "term", "billing_frequency", "unit_price"), **when(typed)}
    return {**body, "quantity": whole(typed["quantity"])} if typed["quantity"].strip() else body


def _convert_done(typed: Typed, _: Mapping[str, Any]) -> str:
    return f"It is of {typed['product']} from {_from(typed)} on."


def _billed(how: str) -> Callable[[Typed, Mapping[str, Any]], str]:
    def done(_: Typed, answer: Mapping[str, Any]) -> str:
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
        lambda *_: "Its price is protected.", fits=can_be_protected,
        permissions=("subscriptions:write", "prices:write"), asks=False,
    ),
    Change(
        "convert", "Convert", "POST", "convert", "convert", _convert_done,
        {
            "product": lambda one: one.product, "quantity": _nothing, "term": _nothing, "billing_frequency": _nothing,
            "unit_price": _nothing, **_WHEN,
        },
        _convert, fits=has_term,
    ),
    Change(
        "billing-plan/annual", "Bill it annually", "PUT", "billing-plan", "billing_plan",
        _billed("annually"), body=lambda _: {"billing_frequency": "P1Y"},
        fits=can_be_billed("Annual", "P1Y"), asks=False,
    ),
    Change(
        "billing-plan/monthly", "Bill it monthly", "PUT", "billing-plan", "billing_plan",
        _billed("monthly"), body=lambda _: {"billing_frequency": "P1M"},
        fits=can_be_billed("Monthly", "P1M"), asks=False,
    ),
    Change(
        "next-term", "Change the next term", "PUT", "next-term", "next_term",
        lambda *_: "The change is scheduled for the renewal.",
        {"quantity": _nothing, "term": _nothing, "billing_frequency": _nothing}, _next_term,
        fits=lambda one: one.auto_renew,
    ),
    Change(
        "next-term/discard", "Discard what is scheduled for the next term", "DELETE", "next-term", "nothing",
        lambda *_: "The renewal changes nothing any more.", body=lambda _: None,
        fits=lambda one: one.scheduled is not None and one.scheduled.next_term is not None, asks=False,
    ),
    Change(
        "auto-renew/off", "Turn the renewal off", "PUT", "auto-renew", "auto_renew",
        lambda *_: "It does not renew any more.", body=lambda _: {"auto_renew": False},
        fits=lambda one: one.auto_renew, asks=False,
    ),
    Change(
        "auto-renew/on", "Turn the renewal on", "PUT", "auto-renew", "auto_renew",
        lambda *_: "It renews by itself again.", body=lambda _: {"auto_renew": True},
        fits=lambda one: not one.auto_renew, asks=False,
    ),
    Change(
        "suspend", "Suspend", "POST", "suspend", "when", _at("suspended"), _WHEN, when,
        fits=lambda one: one.status != "suspended",
    ),
    Change(
        "reactivate", "Reactivate", "POST", "reactivate", "when", _at("active again"), _WHEN, when,
        fits=lambda one: one.status == "suspended",
    ),
    Change(
        "cancel", "Cancel", "POST", "cancel", "cancel", _cancel_done,
        {"mode": lambda one: "end_of_term", "on": _nothing}, _cancel, ends=True,
    ),
)  # fmt: skip
