"""Why a line is what it is, in words that a back office understands and in a shape that programs read. Pure.

Everything is taken from the public shapes: an issued line and a simulated one are explained alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from shared.billing.facts import Ref
from shared.events.shapes import Json

# A public shape as it is read back: what stands in it is as the contract says.
Shape = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Happened:
    """An event behind a line: what it was, when it became known, and where it lies (in the log, or in a file)."""

    ref: Ref
    type: str
    time: str
    place: Json

    @property
    def words(self) -> str:
        return f"{self.type} {self.ref.id} of {self.time[:10]}"


@dataclass(frozen=True, slots=True)
class Explained:
    """A line, the document that it stands on, all lines of its layer in their order, and the events behind it."""

    line: Shape
    document: Shape
    layer: Sequence[Shape]
    events: Mapping[Ref, Happened]

    def shape(self) -> Json:
        """As `seatledger explain --json` prints it."""
        return {
            "line": dict(self.line),
            "sentence": sentence(self.line, self.events),
            "document": dict(self.document),
            "layer": [dict(line) for line in self.layer],
            "events": [event_shape(one, self.events) for one in _why(self.line).get("events", ())],
        }


def sentence(line: Shape, events: Mapping[Ref, Happened]) -> str:
    """How the amount of a line came about, and because of what."""
    why = _why(line)
    if not why:
        return f"{line['net']}: it was issued before explanations were kept with the lines"
    said = _Said(line, why, events)
    amount = said.credit() if line["kind"] == "credit" else said.free() if line["kind"] == "free" else said.charge()
    because = said.because()
    rules = "rule" if len(why["rules"]) == 1 else "rules"
    return f"{amount}{f', because {because}' if because else ''} ({rules} {', '.join(why['rules'])})"


@dataclass(frozen=True, slots=True)
class _Said:
    """The parts of a line's sentence."""

    line: Shape
    why: Shape
    events: Mapping[Ref, Happened]

    def free(self) -> str:
        what = "in the trial" if "trial" in self.why["rules"] else "in the free period"
        return f"{self._seats()} from {self.line['from']} to {self.line['to']} {what}: nothing is charged"

    def charge(self) -> str:
        """The share of the price, rounded for one licence, times the seats."""
        line, why = self.line, self.why
        price = f"{line['unit_price']} ({self._price(why['price'])})"
        if why["cause"] == "charged_back":
            return f"{line['net']} of the {price} for {self._seats()} is charged again from {line['from']} on"
        if why["kept"] == why["of"]:
            return f"{price} for one licence from {line['from']} to {line['to']}, {self._times(line['unit_price'])}"
        return f"{why['kept']} of {why['of']} {why['measure']} of {price}, {self._rounded()}"

    def credit(self) -> str:
        """What comes back: what was billed less what is kept of it."""
        line, why = self.line, self.why
        if "kept" not in why:
            return f"{line['returns']} comes back whole for {self._seats()}: {line['net']}"
        if why["kept"] == 0:
            return f"{line['returns']} comes back in full for {self._seats()}: {line['net']}"
        kept = (
            f"{why['kept']} of {why['of']} {why['measure']} of {line['unit_price']} stay charged on {line['returns']}"
        )
        return f"{kept}; the rest comes back: {self._unit()}"

    def because(self) -> str:
        """Who brought the seats, who ended them, what made the price or the cycle another one."""
        seats, ended = self._words("seats"), self._words("end")
        terms, price = self._words("terms"), self._words("price")
        match self.why["cause"]:
            case "held":
                found = [f"{self._held()} by {seats}", self._cycle(terms), self._taken(ended)]
            case "added":
                found = [f"{seats} added {self._seats()}", self._taken(ended)]
            case "resumed":
                found = [f"{seats} had {self._seats()} billed again", self._taken(ended)]
            case "repriced" if self.line["kind"] != "credit":
                found = [f"{terms or price} brought this price inside the cycle", self._taken(ended)]
            case "charged_back":
                found = [f"the credit turned out not to be due by {ended or seats}"]
            case "replaced":
                found = [f"{price or terms or seats} has it charged otherwise now"]
            case "withdrawn" if ended:
                found = [f"{ended} ended the subscription before this line begins"]
            case "withdrawn" if terms:
                found = [f"{terms} began other cycles"]
            case "withdrawn":
                found = [f"{seats} says that fewer seats were held" if seats else ""]
            case _ if "R5.1" in self.why["rules"]:
                found = [f"{ended} gave them back in time for a full refund"]
            case _ if "add-on" in self.why["rules"]:
                found = [f"{ended} ended what this is an add-on of"]
            case cause:
                found = [f"{ended} {_ENDED[cause]}"]
        return ", and ".join(part for part in found if part)

    def _held(self) -> str:
        seats = self._seats()
        return f"{seats} {'was' if self.line['quantity'] == 1 else 'were'} held when the cycle began,"

    def _cycle(self, terms: str) -> str:
        """What made the cycle another one than the order did."""
        did = next((_MADE[rule] for rule in self.why["rules"] if rule in _MADE), "")
        return f"{terms} {did}" if terms and did else ""

    def _taken(self, ended: str) -> str:
        return f"{ended} ended them after {self.line['to']}" if ended else ""

    def _words(self, role: str) -> str:
        """The first event in a role, in words; one that is not known by its source and id."""
        for one in self.why["events"]:
            if one["role"] == role:
                return self._event(one)
        return ""

    def _event(self, one: Shape) -> str:
        happened = self.events.get(_ref(one))
        return f"event {one['id']} of {one['source']}" if happened is None else happened.words

    def _seats(self) -> str:
        return "1 seat" if self.line["quantity"] == 1 else f"{self.line['quantity']} seats"

    def _times(self, unit: str) -> str:
        return f"times {self.line['quantity']} = {self.line['net']}"

    def _rounded(self) -> str:
        unit, net = self.line["unit_net"], self.line["net"]
        if Decimal(unit) * self.line["quantity"] == Decimal(net):
            return f"rounded to {unit} for one licence, {self._times(unit)}"
        return f"times {self.line['quantity']} and rounded once to {net}"

    def _unit(self) -> str:
        unit, net = self.line["unit_net"], self.line["net"]
        if Decimal(unit) * self.line["quantity"] == Decimal(net):
            return f"{unit} for one licence, {self._times(unit)}"
        return f"{net} for {self._seats()}"

    def _protected(self, price: Shape) -> str:
        """Whose price is locked; the order that the line stems from need not be named again."""
        until = f"protected until {price.get('protected_until')}"
        happened = self.events.get(_ref(price["event"]))
        by_order = happened is None or happened.type in ("OrderExecuted", "SubscriptionImported")
        return f"price {until}" if by_order else f"price of {self._event(price['event'])}, {until}"

    def _price(self, price: Shape) -> str:
        """Where the price of the term comes from, and what rule, extra charge and plan made of it."""
        base = price["unit_price"]
        event = self._event(price["event"])
        words = {
            "order": f"price of {event}",
            "protected": self._protected(price),
            "list": f"list price since {price['since']} of {event}",
            "hand_set": f"price set by hand by {event}",
            "extended": "monthly price after the term",
        }[price["origin"]]
        made = [_pricing(rule, price.get("unit_cost")) for rule in price.get("pricing", ())]
        made += [f"plus {_percent(price['extra_charge_rate'])} extra charge"] if "extra_charge_rate" in price else []
        if "months" in price:
            made.append(f"{price['months']} of {price['of_months']} months")
        elif "parts" in price:
            made.append(f"one of {price['parts']} installments")
        return ", ".join([f"{words}: {base}" if made else words, *made])


_MADE = {
    "R0.12": "moved the billing day",
    "R4.14": "changed the billing plan",
    "R5.4": "set the next term",
    "R5.8": "turned renewal off",
    "conversion": "converted it",
}
_ENDED = {
    "decrease": "took these seats off",
    "suspended": "suspended it",
    "ending": "ended it",
    "repriced": "brought another price inside the cycle",
}


def _pricing(rule: Shape, cost: str | None) -> str:
    percent = _percent(rule["rate"])
    if rule["rule"] == "discount":
        return f"less {percent}"
    return (
        f"the cost {cost} plus {percent}" if rule["rule"] == "markup" else f"the cost {cost} at a margin of {percent}"
    )


def _percent(rate: str) -> str:
    return f"{(Decimal(rate) * 100).normalize():f} %"


def event_shape(one: Shape, events: Mapping[Ref, Happened]) -> Json:
    """An event behind a line: what it did for it and, where that is known, its type, time and place."""
    shape: Json = {"role": one["role"], "source": one["source"], "id": one["id"]}
    happened = events.get(_ref(one))
    return shape if happened is None else shape | {"type": happened.type, "time": happened.time, **happened.place}


def refs_of(line: Shape) -> set[Ref]:
    """The events that explain a line."""
    why = _why(line)
    named = {_ref(one) for one in why.get("events", ())}
    return named | ({_ref(why["price"]["event"])} if "price" in why else set())


def _ref(one: Shape) -> Ref:
    return Ref(one["source"], one["id"])


def _why(line: Shape) -> Shape:
    why: Shape = line.get("why") or {}
    return why
