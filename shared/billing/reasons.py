"""Giving the reasons: which rules and which events made a line of one subscription what it is."""

from __future__ import annotations

from datetime import date
from typing import Literal

from shared.billing.facts import Ref
from shared.billing.layers import Layer, Share
from shared.billing.timeline import Timeline
from shared.billing.why import Behind, Cause, PriceOrigin, Role, Why

# Without a number in the rules: the rows of their table of conventions.
CONVERSION, TRIAL, ADD_ON, ARREARS = "conversion", "trial", "add-on", "arrears"


class Reasons:
    """The reasons for the lines of one subscription, with what tells apart the events of its timeline."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._conversions = {phase.by for phase in timeline.phases if phase.capture == "conversion"}
        self._statuses = {change.by for change in timeline.statuses}
        self._activations = {edit.by for edit in timeline.edits if edit.activates_protection}

    def charged(self, layer: Layer, share: Share, start: date) -> Why:
        """Why seats are charged; from a later `start` than the layer's a credit turned out not to be due (R0.6)."""
        cause = self._charge(layer, start)
        rules = self._charge_rules(layer, share, cause)
        events: list[tuple[Role, Ref]] = [("seats", layer.by)]
        if cause == "charged_back":
            events = self._held_after_all(layer, start)
        elif cause == "repriced":
            role: Role = "terms" if layer.by in self._conversions else "price"
            events = [(role, layer.by), ("seats", self._timeline.seats_on(layer.start).by)]
        if share.ended is not None:
            events.append(("end", share.ended.by))
        events.append(("terms", layer.stretch.phase.by))
        if layer.kind == "free":
            return Why(rules, cause, _behind(*events))
        events.append(("price", layer.quote.price.by))
        hours = share.ended is not None and share.ended.measure == "hours"
        measure: Literal["days", "hours"] = "hours" if hours else "days"
        return Why(rules, cause, _behind(*events), share.part, share.whole, measure, _price_of(layer))

    def credited(self, layer: Layer, share: Share) -> Why:
        """Why seats come back: their layer ends before what was billed (rules R0.6, R3.2, R3.3, R5.1, R5.7)."""
        if share.ended is None:
            raise ValueError("a credit for seats that stay to the end of their cycle")
        cause = self._ending(share)
        rules = ("R0.6", *self._ending_rules(layer, share))
        measure: Literal["days", "hours"] = "hours" if share.ended.measure == "hours" else "days"
        return Why(rules, cause, _behind(("end", share.ended.by)), share.part, share.whole, measure)

    def returned(self, layer: Layer | None, cycle_start: date, start: date, *, otherwise: bool) -> Why:
        """Why a line comes back whole: its layer is charged `otherwise` now, or late facts took its seats away."""
        if layer is not None and otherwise:
            quote, phase = layer.quote, layer.stretch.phase
            converted = phase.by in self._conversions
            events = _behind(("price", quote.price.by), ("terms", phase.by), ("seats", layer.by))
            return Why(("R0.6", "R0.10", CONVERSION if converted else "R2.10"), "replaced", events)
        timeline = self._timeline
        end, phase = timeline.end, timeline.layout.phase_at(start)
        if end is not None and end.on <= start:
            return Why(("R0.6", "R0.10", *self._end_rule(end.by)), "withdrawn", _behind(("end", end.by)))
        if phase.terms.frequency is not None and phase.cycles.at(max(start, phase.begins)).start != cycle_start:
            return Why(("R0.6", "R0.10", CONVERSION), "withdrawn", _behind(("terms", phase.by)))
        return Why(("R0.6", "R0.10"), "withdrawn", _behind(("seats", timeline.seats_on(start).by)))

    def _charge(self, layer: Layer, start: date) -> Cause:
        if start > layer.start:
            return "charged_back"
        if layer.start == layer.cycle_start:
            return "held"
        if not layer.added:
            return "repriced"
        return "resumed" if layer.by in self._statuses else "added"

    def _held_after_all(self, layer: Layer, start: date) -> list[tuple[Role, Ref]]:
        """Who says that seats are held where a credit said they were not: a change of seats, or auto-renew on again."""
        held, renewed = self._timeline.seats_on(start).by, self._timeline.renewed_by
        if held == layer.by and renewed is not None:
            return [("end", renewed), ("seats", held)]
        return [("seats", held), ("seats", layer.by)]

    def _ending(self, share: Share) -> Cause:
        assert share.ended is not None
        if share.ended.cause == "decrease" and share.ended.by in self._statuses:
            return "suspended"
        return share.ended.cause

    def _ending_rules(self, layer: Layer, share: Share) -> tuple[str, ...]:
        """The numbers of the rules behind an end of seats before their cycle's."""
        if share.ended is None:
            return ()
        _, by, measure = share.ended
        if measure == "full":
            return ("R5.1",)
        match self._ending(share):
            case "suspended":
                rules: tuple[str, ...] = ("R5.7",)
            case "ending":
                rules = self._end_rule(by)
            case "repriced":
                rules = (self._repriced_by(by),)
            case _:
                rules = ("R4.9" if layer.stretch.phase.terms.has_installments else "R3.2",)
        return (*rules, "R5.2") if measure == "hours" else rules

    def _end_rule(self, by: Ref) -> tuple[str, ...]:
        """An end of its own, or the one of what it is an add-on of."""
        parent_end = self._timeline.parent_end
        return ("R3.3", ADD_ON) if parent_end is not None and parent_end.by == by else ("R3.3",)

    def _repriced_by(self, by: Ref) -> str:
        return CONVERSION if by in self._conversions else "R2.6"

    def _charge_rules(self, layer: Layer, share: Share, cause: Cause) -> tuple[str, ...]:
        """The numbers of the rules behind a charge: its seats, its cycle, its share, its price."""
        phase, cycle = layer.stretch.phase, layer.stretch.cycle
        rules = ["R0.10"]
        if layer.kind == "free":
            return (*rules, TRIAL if phase.kind == "trial" else "R1.4")
        match cause:
            case "added":
                rules.append("R4.9" if phase.terms.has_installments else "R3.1")
            case "resumed":
                rules.append("R5.7")
            case "repriced":
                rules.append(self._repriced_by(layer.by))
            case "charged_back":
                rules.append("R0.6")
            case _:
                rules += ["R4.5"] if layer.kind == "installment" else []
        rules += _cycle_rules(layer)
        if share.part < share.whole or cycle.is_stub:
            rules.append("R0.2")
        if layer.of_days != cycle.full_days:
            rules.append("R1.8")
        rules += self._ending_rules(layer, share)
        rules += self._price_rules(layer)
        return tuple(dict.fromkeys(rules))

    def _price_rules(self, layer: Layer) -> list[str]:
        price, phase = layer.quote.price, layer.stretch.phase
        if price.origin == "protected":
            relocked = price.since > phase.begins and price.by not in self._activations
            rules = ["R2.9" if price.by in self._activations else "R2.5" if relocked else "R2.4"]
        else:
            rules = ["R5.8" if price.origin == "extended" else "R2.10"]
        if layer.quote.rules:
            rules.append("R0.4")
        if layer.quote.extra_charge:
            rules.append("R4.6")
        return rules


def _cycle_rules(layer: Layer) -> list[str]:
    """What is special about the cycle that a charge lies in, and about the day that it falls due."""
    phase, cycle = layer.stretch.phase, layer.stretch.cycle
    by_phase = {"aligned": "R5.9", "switched": "R4.14", "extended": "R5.8"}
    rules = [by_phase[phase.kind]] if phase.kind in by_phase else []
    if phase.kind in ("moved", "extended") and cycle.is_stub:
        rules.append("R0.12")
    if phase.capture == "next_term":
        rules.append("R5.4")
    elif phase.capture == "conversion" and layer.start == phase.begins:
        rules.append(CONVERSION)
    if phase.terms.charge == "arrears":
        rules.append(ARREARS)
    elif layer.due > layer.start:
        rules.append("R1.9")
    return rules


def _price_of(layer: Layer) -> PriceOrigin:
    stretch, quote = layer.stretch, layer.quote
    phase, price = stretch.phase, quote.price
    switched = phase.kind == "switched"
    return PriceOrigin(
        price.origin,
        price.sell,
        price.since,
        price.protected_until,
        quote.rules,
        quote.extra_charge,
        phase.terms.installments,
        price.by,
        price.cost,
        phase.cycles.months_in(stretch.cycle.number) if switched else None,
        phase.terms.term if switched else None,
    )


def _behind(*events: tuple[Role, Ref]) -> tuple[Behind, ...]:
    """Each event once, in the first role that it has."""
    roles: dict[Ref, Role] = {}
    for role, ref in events:
        roles.setdefault(ref, role)
    return tuple(Behind(ref, role) for ref, role in roles.items())
