"""Why a line is what it is: the rules that made it, its price and where that came from, the events behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from shared.billing.blocks import PricingRule
from shared.billing.charges import Layer, Share
from shared.billing.facts import Ref
from shared.billing.pricing import Origin

# What made a line. Charges: held, added, repriced, charged_back. Credits: decrease, ending, repriced, replaced.
Cause = Literal["held", "added", "repriced", "charged_back", "decrease", "ending", "replaced"]


@dataclass(frozen=True, slots=True)
class PriceOrigin:
    """The price of a line for one licence and one term, before rule and extra charge, and how its unit came about.

    `parts` is the number of installments that the term is billed in; 1 for one-off.
    """

    origin: Origin
    unit_price: Decimal
    since: date
    protected_until: date | None
    pricing: tuple[PricingRule, ...]
    extra_charge_rate: Decimal
    parts: int
    event: Ref


@dataclass(frozen=True, slots=True)
class Why:
    """The explanation of one line. `kept` of `of` days or hours are charged; on a credit, are kept of what was billed.

    `price` is None on credits: they return what was billed. `events` are those that brought or ended the seats, then
    the one that set the price.
    """

    rules: tuple[str, ...]
    cause: Cause
    events: tuple[Ref, ...]
    kept: int | None = None
    of: int | None = None
    measure: Literal["days", "hours"] = "days"
    price: PriceOrigin | None = None


def why_charged(layer: Layer, share: Share, *, back: bool) -> Why:
    """Why seats of a layer are charged; `back`: because a credit on them turned out not to be due (rule R0.6)."""
    phase, quote = layer.stretch.phase, layer.quote
    if back:
        cause: Cause = "charged_back"
    elif layer.start > layer.cycle_start:
        cause = "added" if layer.added else "repriced"
    else:
        cause = "held"
    origin = PriceOrigin(
        quote.price.origin,
        quote.price.sell,
        quote.price.since,
        quote.price.protected_until,
        quote.rules,
        quote.extra_charge,
        phase.terms.installments,
        quote.price.by,
    )
    events = dict.fromkeys((layer.by, quote.price.by, *((share.ended.by,) if share.ended else ())))
    hours = share.ended is not None and share.ended.measure == "hours"
    return Why(
        _charge_rules(layer, cause), cause, tuple(events), share.part, share.whole, "hours" if hours else "days", origin
    )


def why_credited(share: Share) -> Why:
    """Why seats come back: their layer ends before what was billed (rules R0.6, R3.2, R3.3, R5.1)."""
    if share.ended is None:
        raise ValueError("a credit for seats that stay to the end of their cycle")
    cause, by, measure = share.ended
    rules: tuple[str, ...] = ({"decrease": "R3.2", "ending": "R3.3", "repriced": "conversion"}[cause],)
    if measure == "full":
        rules = ("R5.1",)
    elif measure == "hours":
        rules = (*rules, "R5.2")
    kind: Literal["days", "hours"] = "hours" if measure == "hours" else "days"
    return Why(("R0.6", *rules), cause, (by,), share.part, share.whole, kind)


def why_replaced(layer: Layer | None) -> Why:
    """Why a line comes back whole: late facts took its layer away, or priced it otherwise (conventions table)."""
    events = [] if layer is None else [layer.quote.price.by, layer.by]
    return Why(("R0.6", "R0.10"), "replaced", tuple(dict.fromkeys(events)))


def _charge_rules(layer: Layer, cause: Cause) -> tuple[str, ...]:
    """The numbers of the rules behind a charge."""
    phase, cycle = layer.stretch.phase, layer.stretch.cycle
    rules = ["R0.10"]
    if layer.kind == "free":
        return (*rules, "trial" if phase.kind == "trial" else "R1.4")
    by_phase = {"aligned": "R5.9", "switched": "R4.14", "extended": "R5.8", "moved": "R0.12"}
    if phase.kind in by_phase and (phase.kind != "moved" or cycle.is_stub):
        rules.append(by_phase[phase.kind])
    if phase.terms.has_installments:
        rules.append("R4.9" if cause == "added" else "R4.5")
    elif cause == "added":
        rules.append("R3.1")
    if any(share.part < share.whole for share in layer.shares) or cycle.is_stub:
        rules.append("R0.2")
    origins = {"protected": "R2.4", "hand_set": "R2.10", "list": "R2.10", "order": "R2.10", "extended": "R5.8"}
    rules.append(origins[layer.quote.price.origin])
    if layer.quote.rules:
        rules.append("R0.4")
    if layer.quote.extra_charge:
        rules.append("R4.6")
    return tuple(dict.fromkeys(rules))
