"""Cases of billing in YAML, read strictly: `tests/cases/README.md` says how they are written.

Whoever writes them need not program: every word that is not known here is refused with a sentence that names the file,
the case and what was probably meant. Amounts and dates stay text, so 10.00 needs no quotes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import yaml

from shared.events.errors import Unreadable
from shared.events.models import blocks, catalog, orders, subscriptions
from tests.billing_dsl import Event, Given, Json, Outcome, event, imported, ordered, price, setting, table

FOLDER = Path(__file__).parent / "cases"


class WrongCase(ValueError):
    """A case that cannot be read; the message says where, what, and what may stand there."""


@dataclass(frozen=True)
class Case:
    """One case: what is given, how long it runs, and what is expected, word by word as it was written."""

    file: str
    name: str
    rules: tuple[str, ...]
    given: Given
    until: str
    runs: tuple[str, ...] | None
    documents_from: str
    expected: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.file}:{self.name}"

    def outcome(self) -> Outcome:
        return self.given.until(self.until, self.runs)

    def found(self) -> Json:
        """What comes out, in the words of what is expected."""
        outcome = self.outcome()
        return {word: _FOUND[word](self, outcome) for word in self.expected}


# --- what may be expected -------------------------------------------------------------------------------------------


def _documents(case: Case, outcome: Outcome) -> list[str]:
    texts, dated = [], ""
    for text in outcome.documents:
        dated = text[:10] if re.match(r"\d{4}-\d\d-\d\d ", text) else dated
        texts += [text] if dated >= case.documents_from else []
    return texts


def _totals(case: Case, outcome: Outcome) -> list[str]:
    return [text for text in outcome.totals if text[:10] >= case.documents_from]


def _amounts(case: Case, outcome: Outcome) -> list[str]:
    return [
        document["net"] if document["kind"] == "invoice" else f"-{document['net']}"
        for document in outcome.json
        if document["date"] >= case.documents_from
    ]


def _sum(case: Case, outcome: Outcome) -> str:
    return str(sum((Decimal(amount) for amount in _amounts(case, outcome)), Decimal(0)))


def _rejected(case: Case, outcome: Outcome) -> list[str]:
    """The reasons; of each the part that the case names, where it is in it; `any` is in every one."""
    reasons = [str(fact["reason"]) for fact in outcome.rejected]
    parts = [*case.expected["rejected"], *[None] * len(reasons)]
    return [
        part if part is not None and (part == "any" or part in reason) else reason
        for reason, part in zip(reasons, parts, strict=False)
    ]


def _stated(rows: Sequence[Json], wanted: Mapping[str, Json]) -> Json:
    """Of each row the fields that a case states."""
    by_id = {row["subscription"]: row for row in rows}
    return {
        name: {word: by_id[name].get(word, "there is no such field") for word in fields} if name in by_id else None
        for name, fields in wanted.items()
    }


def _subscriptions(case: Case, outcome: Outcome) -> Json:
    return _stated(outcome.subscriptions, case.expected["subscriptions"])


def _plans(case: Case, outcome: Outcome) -> Json:
    return _stated(outcome.plans, case.expected["plans"])


_FOUND: Final[Mapping[str, Callable[[Case, Outcome], object]]] = {
    "documents": _documents,
    "totals": _totals,
    "amounts": _amounts,
    "sum": _sum,
    "rejected": _rejected,
    "subscriptions": _subscriptions,
    "plans": _plans,
}

# --- the words of a case --------------------------------------------------------------------------------------------

_CASE_WORDS: Final = {
    "case", "rules", "because", "settings", "given", "until", "runs", "documents_from", "documents", "totals",
    "amounts", "sum", "rejected", "subscription", "subscriptions", "plan", "plans",
}  # fmt: skip


def read_cases(path: Path) -> list[Case]:
    """The cases of a file."""
    try:
        # A SafeLoader that reads fewer kinds of values than its parent.
        content = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except yaml.YAMLError as error:
        raise WrongCase(f"{path.name} is not YAML: {error}") from error
    if not isinstance(content, list) or not all(isinstance(entry, dict) for entry in content):
        raise WrongCase(f"{path.name} is not a list of cases: begin each with '- case:'")
    cases = [_case(path.stem, entry) for entry in content]
    for position, case in enumerate(cases):
        if case.name in {earlier.name for earlier in cases[:position]}:
            raise WrongCase(f"{case.file}: there are two cases named {case.name!r}")
    return cases


def all_cases() -> list[Case]:
    return [case for path in sorted(FOLDER.glob("*.yaml")) for case in read_cases(path)]


def _case(file: str, entry: Json) -> Case:
    name = entry.get("case")
    if not isinstance(name, str) or not name:
        raise WrongCase(f"{file}: a case has no name: begin it with '- case: its name'")
    where = f"{file}, case {name!r}"
    try:
        _only(entry, _CASE_WORDS)
        _needs(entry, "given", "until")
        events = _events(entry["given"])
        settings = {key: _written(value) for key, value in (entry.get("settings") or {}).items()}
        case = Case(
            file=file,
            name=name,
            rules=tuple(entry.get("rules") or ()),
            given=Given(tuple(events), settings),
            until=_day(entry["until"]),
            runs=None if entry.get("runs") is None else tuple(_day(run) for run in entry["runs"]),
            documents_from=_day(entry.get("documents_from", "0001-01-01")),
            expected=_expected(entry),
        )
        case.given.facts()
    except (Unreadable, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WrongCase(f"{where}: {error}") from error
    return case


def _expected(entry: Json) -> Json:
    expected: Json = {}
    for word in ("documents", "totals"):
        if word in entry:
            text = re.sub(r" *#.*", "", entry[word] or "none")
            expected[word] = [] if text.strip() == "none" else table(text)
    if "amounts" in entry:
        expected["amounts"] = [amount for part in entry["amounts"] for amount in _repeated(part)]
    if "sum" in entry:
        expected["sum"] = _written(entry["sum"])
    for word, plural in (("subscription", "subscriptions"), ("plan", "plans")):
        if word in entry:
            expected[plural] = {"sub-1": _row(entry[word])}
        if plural in entry:
            expected[plural] = {sub: _row(fields) for sub, fields in entry[plural].items()}
    if not expected and "rejected" not in entry:
        raise ValueError("nothing is expected: add documents, totals, amounts, rejected, subscription or plan")
    expected["rejected"] = list(entry.get("rejected") or ())
    return expected


def _repeated(part: object) -> list[str]:
    """`12 x 100.00` is twelve times 100.00."""
    times, cross, amount = str(part).partition(" x ")
    return [amount] * int(times) if cross else [str(part)]


def _row(fields: Json | str) -> Json | None:
    if fields == "none":
        return None
    if not isinstance(fields, dict):
        raise ValueError(f"{fields!r} is not a list of fields: write for example {{quantity: 9}}")
    return {word: None if value == "none" else value for word, value in fields.items()}


# --- the words of an event ------------------------------------------------------------------------------------------

_ITEM: Final = set(blocks.OrderItem.model_fields) - {"item_id", "product", "quantity", "unit_price", "subscription_id"}
_CUSTOMER: Final = set(blocks.Customer.model_fields) - {"id"}
_ORDER: Final = {"customer", "reseller", "product", "sub", "known", "currency"} | _ITEM | _CUSTOMER
_ALIASES: Final = {"invoicing": "partial_charges_invoicing", "parent": "parent_subscription_id"}

# Events about one subscription: the word, the event, the field that the word's value is for, further fields, and
# whether the day it takes effect may differ from the day it became known.
_ABOUT: Final[Mapping[str, tuple[str, str, set[str], bool]]] = {
    "seats": ("LicensesChanged", "quantity", {"billing", "reason", "keeps_next_term"}, True),
    "cancel": ("SubscriptionCanceled", "mode", set(), True),
    "suspend": ("SubscriptionSuspended", "sub", set(), True),
    "reactivate": ("SubscriptionReactivated", "sub", set(), True),
    "convert_to": ("SubscriptionConverted", "product", set(subscriptions.SubscriptionConverted.model_fields), True),
    "auto_renew": ("AutoRenewChanged", "auto_renew", set(), False),
    "edit_pricing": ("PricingEdited", "applies", {"unit_price", "pricing", "protected_price"}, False),
    "activate_protection": ("PriceProtectionActivated", "sub", set(), False),
    "billing_plan": ("BillingPlanChanged", "billing_frequency", set(), False),
    "next_term": ("NextTermScheduled", "sub", {"quantity", "term", "billing_frequency"}, False),
    "discard_next_term": ("NextTermDiscarded", "sub", set(), False),
    "provisioned": ("SubscriptionProvisioned", "sub", {"vendor_subscription_id"}, False),
    "provisioning_failed": ("ProvisioningFailed", "sub", {"reason"}, False),
}
# Events about a customer, a reseller or a product: the event and its fields.
_MASTER: Final[Mapping[str, tuple[str, set[str]]]] = {
    "customer_registered": ("CustomerRegistered", set(orders.CustomerRegistered.model_fields)),
    "customer_changed": ("CustomerChanged", set(orders.CustomerChanged.model_fields)),
    "reseller_registered": ("ResellerRegistered", set(blocks.Reseller.model_fields)),
    "reseller_changed": ("ResellerChanged", set(blocks.Reseller.model_fields)),
    "product_defined": ("ProductDefined", set(catalog.ProductDefined.model_fields)),
}
_PRICE: Final = set(catalog.PriceChanged.model_fields) - {"product_id", "effective_from", "unit_price"}
_VERBS: Final = [*_ABOUT, *_MASTER, "order", "import", "price", "setting", "event"]
_SEATS_AT: Final = re.compile(r"(\d+) seats? at (\d+(?:\.\d+)?)")


def _events(entries: object) -> list[Event]:
    if not isinstance(entries, list):
        raise ValueError("given is not a list: begin each event with '-'")
    customers: dict[str, str] = {}
    for entry in entries:
        if isinstance(entry, dict) and ("order" in entry or "import" in entry):
            customer = entry.get("customer", "cus-1")
            customers[str(entry.get("sub", "sub-1"))] = customer if isinstance(customer, str) else customer["id"]
    return [_event(entry, customers) for entry in entries]


def _event(entry: object, customers: Mapping[str, str]) -> Event:
    if not isinstance(entry, dict):
        raise ValueError(f"{entry!r} is not an event: write for example {{on: 2019-03-20, seats: 7}}")
    verbs = [word for word in _VERBS if word in entry]
    if "on" not in entry:
        raise ValueError(f"{_shown(entry)} has no day: add on")
    if len(verbs) > 1 and "event" not in verbs:
        # A word of an event may be a field of another: only the first says what happens.
        verbs = [word for word in entry if word in verbs][:1]
    if not verbs:
        _only({word: None for word in entry if word != "on"}, _VERBS)
    verb = verbs[0]
    rest: Json = {_ALIASES.get(word, str(word)): value for word, value in entry.items() if word not in ("on", verb)}
    return _made(verb, entry[verb], _moment(entry["on"]), rest, customers)


def _made(verb: str, value: Any, on: str, rest: Json, customers: Mapping[str, str]) -> Event:
    if verb == "event":
        _only(rest, {"data"})
        return event(str(value), on, rest["data"])
    if verb == "order":
        _only(rest, _ORDER)
        return _order(str(value), on, rest)
    if verb == "import":
        _only(rest, _ORDER | {"started", "protected_price", "protected_until"})
        return _import(str(value), on, rest)
    if verb == "price":
        _only(rest, {"product", "known"} | _PRICE)
        return price(str(value), since=on, **rest)
    if verb == "setting":
        _only(rest, {"value", "scope", "of"})
        return setting(str(value), since=on, **rest)
    if verb in _MASTER:
        event_type, fields = _MASTER[verb]
        _only(rest, fields)
        return event(event_type, on, {"id": value, **rest})
    event_type, own, fields, effective = _ABOUT[verb]
    _only(rest, fields | {"sub"} | ({"known"} if effective else set()) | ({"at"} if verb == "convert_to" else set()))
    data = {word: field for word, field in rest.items() if word not in ("sub", "known", "at")}
    subscription = str(value if own == "sub" else rest.get("sub", "sub-1"))
    if own != "sub":
        data[own] = {"id": value} if own == "product" and isinstance(value, str) else value
    if verb == "convert_to":
        data["unit_price"] = rest.get("at", rest.get("unit_price"))
    data |= {"subscription_id": subscription, "customer_id": customers.get(subscription, "cus-1")}
    if "known" not in rest:
        return event(event_type, on, data)
    return event(event_type, _moment(rest["known"]), {**data, "effective_at": on})


def _order(text: str, on: str, rest: Json) -> Event:
    quantity, at = _seats_at(text)
    return ordered(quantity, at, on=on, **_of_order(rest))


def _import(text: str, on: str, rest: Json) -> Event:
    """`on` is the day of the takeover."""
    _needs(rest, "started")
    quantity, at = _seats_at(text)
    made = imported(quantity, at, billed_from=on, **_of_order(rest))
    made["data"]["currency"] = rest.get("currency", "EUR")
    return made


def _of_order(rest: Json) -> Json:
    """The fields of a customer go into its block, all others are the item's."""
    customer = rest.get("customer", "cus-1")
    block = {"id": customer} if isinstance(customer, str) else dict(customer)
    block |= {word: value for word, value in rest.items() if word in _CUSTOMER}
    fields = {word: value for word, value in rest.items() if word not in _CUSTOMER} | {"customer": block}
    if isinstance(fields.get("reseller"), str):
        fields["reseller"] = {"id": fields["reseller"]}
    return fields


def _seats_at(text: str) -> tuple[int, str]:
    match = _SEATS_AT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not an order: write for example '9 seats at 10.00'")
    return int(match[1]), match[2]


# --- reading strictly -----------------------------------------------------------------------------------------------


def _only(words: Iterable[str], known: Iterable[str]) -> None:
    """Refuse words that are not known, with what was probably meant."""
    allowed = sorted({*known, *(alias for alias, name in _ALIASES.items() if name in known)})
    for word in words:
        if word not in allowed:
            close = get_close_matches(str(word), allowed, 1)
            meant = f"did you mean {close[0]!r}?" if close else f"known here are {', '.join(allowed)}"
            raise ValueError(f"{word!r} is not a word that is known here: {meant}")


def _needs(entry: Mapping[str, object], *words: str) -> None:
    for word in words:
        if word not in entry:
            raise ValueError(f"{word} is missing")


def _day(value: object) -> str:
    return date.fromisoformat(str(value)).isoformat()


def _moment(value: object) -> str:
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d", value):
        raise ValueError(f"{value!r} is not a day: write for example 2019-03-20, or 2019-03-20T22:30:00Z")
    return value


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shown(entry: Json) -> str:
    return "{" + ", ".join(f"{word}: {value}" for word, value in entry.items()) + "}"


class _Loader(yaml.SafeLoader):
    """Whole numbers, true, false and null; all else is text, so that dates and amounts stay as they are written."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"{twice!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {}
for _kind, _pattern, _first in (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"-?(0|[1-9][0-9]*)", list("-0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(f"^(?:{_pattern})$"), _first)
