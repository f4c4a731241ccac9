"""Billing tests in the words of the rules: given these events, until that day, these documents.

Events are written as the public short form (type, time, data) and go through `shared.events` like any other event; what
comes out is compared in the public shape of `shared.events.shapes`, written as one line of text a document
and one a line of it:

    2019-02-01 invoice 80.00
        free 2019-01-15..2019-01-31 5 x 0.00 = 0.00
        recurring 2019-02-01..2019-02-28 8 x 10.00 = 80.00
        prorated 2019-02-22..2019-02-28 1 x 2.50 = 2.50 (7/28 of 10.00)

A document for somebody else than cus-1 names its recipient ("invoice to res-1"), a separate one its customer ("for
cus-1"), one with tax its tax and gross; a line names its subscription where there are several.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from services.invoicing.notes import notes_on
from services.invoicing.simulation import Simulation, simulate
from shared.billing.account import account_on
from shared.billing.facts import Fact
from shared.billing.folding import fold
from shared.billing.masterdata import MasterData
from shared.billing.moments import KnownKey
from shared.billing.money import round_money, written
from shared.events.envelope import event_of
from shared.events.facts import facts_of
from shared.events.reading import read
from shared.events.shapes import document_shape, plan_shape, subscription_shape

Json = dict[str, Any]
Event = Json


def facts_from(events: Iterable[Event]) -> list[Fact]:
    """The facts of short events; the id of one that has none is its position from 1 (contracts, `simulate`)."""
    return [fact for position, event in enumerate(events, 1) for fact in _facts_of(event, position)]


def _facts_of(event: Event, position: int) -> tuple[Fact, ...]:
    attributes = {"specversion": "1.0", "source": "urn:test", "id": str(position)}
    attributes |= {name: value for name, value in event.items() if name != "data"}
    known = read(event_of(attributes, json.dumps(event["data"]).encode()))
    return facts_of(known.event, known.model)


def told(at: datetime, number: int = 0) -> KnownKey:
    """The place among what becomes known of the event of that number, told at an instant."""
    return (at, "urn:test", 0, (0, number, str(number)))


@dataclass(frozen=True)
class Given:
    """Events, and what `--setting` says."""

    events: tuple[Event, ...]
    settings: Mapping[str, str] = field(default_factory=dict)

    def under(self, **settings: str) -> Given:
        """The same events with settings of the whole organisation."""
        return Given(self.events, {**self.settings, **settings})

    def then(self, *events: Event) -> Given:
        return Given((*self.events, *events), self.settings)

    def facts(self) -> list[Fact]:
        """What the events say; Unreadable where one cannot be read."""
        return facts_from(self.events)

    def refused(self, subscription: str = "sub-1") -> list[Json]:
        """What the rules refuse of a subscription as its facts come, without any invoice run."""
        facts = self.facts()
        timeline = fold(
            subscription, [fact for fact in facts if fact.scope_id == subscription], MasterData.of(facts, self.settings)
        )
        assert timeline is not None
        return [{"id": one.id, "type": one.type, "reason": one.reason} for one in timeline.rejected]

    def price_on(self, day: str, subscription: str = "sub-1") -> str:
        """What a licence costs in the cycle of a day, as known then: "unit origin since by, cost, until, extra"."""
        facts, on = self.facts(), date.fromisoformat(day)
        about = [fact for fact in facts if fact.scope_id == subscription]
        account = account_on(subscription, about, MasterData.of(facts, self.settings), on)
        assert account is not None
        stretch = account.schedule.stretch_at(on)
        price, rules, extra, *_ = stretch.quote
        words = [written(stretch.shown), price.origin, str(price.since), f"by {price.by.id}"]
        words += (
            [f"cost {round_money(price.cost, 'EUR')}"]
            if price.cost and any(r.rule != "discount" for r in rules)
            else []
        )
        words += [f"until {price.protected_until}"] if price.protected_until else []
        return " ".join([*words, *([f"extra {written(extra)}"] if extra else [])])

    def until(self, day: str, runs: Sequence[str] | None = None) -> Outcome:
        """The invoice runs of every day up to `day`, or of the days in `runs` only."""
        days = None if runs is None else [date.fromisoformat(run) for run in runs]
        return Outcome(simulate(self.facts(), date.fromisoformat(day), days, self.settings))


@dataclass(frozen=True)
class Outcome:
    """What a simulation gave, as people and programs read it."""

    simulation: Simulation

    @property
    def json(self) -> list[Json]:
        """The documents in their public shape."""
        return [document_shape(document) for document in self.simulation.documents]

    @property
    def lines(self) -> list[Json]:
        return [line for document in self.json for line in document["lines"]]

    @property
    def documents(self) -> list[str]:
        """Documents with their lines, as text."""
        several = len({line["subscription"] for line in self.lines}) > 1
        return [
            text
            for document in self.json
            for text in (_head(document), *(_line(line, several=several) for line in document["lines"]))
        ]

    @property
    def totals(self) -> list[str]:
        """Documents without their lines, as text."""
        return [_head(document) for document in self.json]

    @property
    def notes(self) -> list[str]:
        """What documents say beside their amounts, as text: date, kind, note."""
        return [
            f"{document['date']} {document['kind']}: {note}" for document in self.json for note in notes_on(document)
        ]

    @property
    def subscriptions(self) -> list[Json]:
        return [subscription_shape(state) for state in self.simulation.subscriptions]

    @property
    def subscription(self) -> Json:
        (only,) = self.subscriptions
        return only

    @property
    def plans(self) -> list[Json]:
        return [plan_shape(plan) for plan in self.simulation.installment_plans]

    @property
    def plan(self) -> Json:
        (only,) = self.plans
        return only

    @property
    def rejected(self) -> list[Json]:
        return [{"id": fact.id, "type": fact.type, "reason": fact.reason} for fact in self.simulation.rejected]

    @property
    def reason(self) -> str:
        """Why the only rejected fact is rejected."""
        (only,) = self.rejected
        return str(only["reason"])


def given(*events: Event) -> Given:
    return Given(events)


def table(text: str) -> list[str]:
    """Documents as written in a test: one a line, indentation and runs of blanks mean nothing."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def _head(document: Json) -> str:
    words = [document["date"], document["kind"]]
    if document["recipient"] != "cus-1":
        words += ["to", document["recipient"]]
    if document["customer"] is not None:
        words += ["for", document["customer"]]
    if document["currency"] != "EUR":
        words.append(document["currency"])
    words.append(document["net"])
    if document["gross"] != document["net"]:
        words += ["+", document["tax"], "=", document["gross"]]
    return " ".join(words)


def _line(line: Json, *, several: bool) -> str:
    unit = line.get("unit_net", line["unit_price"])
    text = f"{line['kind']} {line['from']}..{line['to']} {line['quantity']} x {unit} = {line['net']}"
    if "days" in line:
        text += f" ({line['days']}/{line['of_days']} of {line['unit_price']})"
    if "returns" in line:
        text += f" returns {line['returns']}"
    return f"{line['subscription']} {text}" if several else text


# --- events ---------------------------------------------------------------------------------------------------------


def event(event_type: str, time: str, data: Json) -> Event:
    return {"type": event_type, "time": time, "data": data}


def of(event_type: str, on: str, **data: object) -> Event:
    """Any event about sub-1 of cus-1."""
    return event(event_type, on, {"subscription_id": "sub-1", "customer_id": "cus-1", **data})


def converted(on: str, at: str = "30.00", product: str | Json = "suite", **terms: object) -> Event:
    """sub-1 becomes another product, at a price."""
    return of("SubscriptionConverted", on, product=_block(product), unit_price=at, **terms)


def ordered(
    quantity: int = 1,
    at: str = "10.00",
    *,
    on: str,
    known: str | None = None,
    sub: str = "sub-1",
    product: str | Json = "office",
    currency: str = "EUR",
    customer: str | Json = "cus-1",
    reseller: str | Json | None = None,
    **item: Any,
) -> Event:
    """An order of one item; further keywords are fields of the item. `known`: it came later than it is effective."""
    data: Json = {
        "order_id": f"order-of-{sub}",
        "currency": currency,
        "customer": _block(customer),
        "items": [_item(quantity, at, sub, product, item)],
    }
    if reseller is not None:
        data["reseller"] = _block(reseller)
    if known is not None:
        data["effective_at"] = on
    return event("OrderExecuted", known or on, data)


def imported(
    quantity: int = 1,
    at: str = "10.00",
    *,
    started: str,
    billed_from: str,
    known: str | None = None,
    sub: str = "sub-1",
    product: str | Json = "office",
    customer: str | Json = "cus-1",
    **item: Any,
) -> Event:
    data = _item(quantity, at, sub, product, item)
    data |= {"currency": "EUR", "customer": _block(customer), "started_at": started, "billed_by_us_from": billed_from}
    return event("SubscriptionImported", known or billed_from, data)


def seats(quantity: int, *, on: str, known: str | None = None, sub: str = "sub-1", billing: str | None = None) -> Event:
    """A new total of seats; `known` differs from `on` for a scheduled or a backdated one."""
    data: Json = {"quantity": quantity} | ({} if billing is None else {"billing": billing})
    return _about("LicensesChanged", on, known, sub, data)


def canceled(
    *, on: str, mode: str = "immediate", known: str | None = None, sub: str = "sub-1", billing: str | None = None
) -> Event:
    data: Json = {"mode": mode} | ({} if billing is None else {"billing": billing})
    return _about("SubscriptionCanceled", on, known, sub, data)


def suspended(*, on: str, sub: str = "sub-1") -> Event:
    return _about("SubscriptionSuspended", on, None, sub, {})


def reactivated(*, on: str, sub: str = "sub-1") -> Event:
    return _about("SubscriptionReactivated", on, None, sub, {})


def auto_renew(value: bool, *, on: str, sub: str = "sub-1") -> Event:
    return _about("AutoRenewChanged", on, None, sub, {"auto_renew": value})


def price(at: str, *, since: str, known: str | None = None, product: str = "office", **fields: Any) -> Event:
    """A list price from a day on; `known` is when it was announced."""
    data = {"product_id": product, "currency": "EUR", "unit_price": at, "effective_from": since, **fields}
    return event("PriceChanged", known or since, data)


def product_defined(*, on: str, product: str = "office", **fields: Any) -> Event:
    return event("ProductDefined", on, {"id": product, **fields})


def customer_registered(*, on: str, customer: str = "cus-1", **fields: Any) -> Event:
    return event("CustomerRegistered", on, {"id": customer, **fields})


def customer_changed(*, on: str, customer: str = "cus-1", **fields: Any) -> Event:
    return event("CustomerChanged", on, {"id": customer, **fields})


def reseller_changed(*, on: str, reseller: str = "res-1", **fields: Any) -> Event:
    return event("ResellerChanged", on, {"id": reseller, **fields})


def setting(key: str, value: object, *, since: str, scope: str = "organisation", of: str | None = None) -> Event:
    data: Json = {"scope": scope, "key": key, "value": value, "effective_from": since}
    if of is not None:
        data["scope_id"] = of
    return event("SettingChanged", since, data)


def exchange_rate(rate: str, *, on: str, known: str | None = None, base: str = "EUR", quote: str = "USD") -> Event:
    """One unit of `base` in `quote` from a day on; `known` is when it was set."""
    return event("ExchangeRateSet", known or on, {"base": base, "quote": quote, "rate": rate, "date": on})


def _block(block: str | Json) -> Json:
    return {"id": block} if isinstance(block, str) else block


def _item(quantity: int, at: str, sub: str, product: str | Json, fields: Json) -> Json:
    return {"subscription_id": sub, "product": _block(product), "quantity": quantity, "unit_price": at, **fields}


def _about(event_type: str, on: str, known: str | None, sub: str, data: Json) -> Event:
    about: Json = {"subscription_id": sub, "customer_id": "cus-1", **data}
    if known is not None:
        about["effective_at"] = on
    return event(event_type, known or on, about)
