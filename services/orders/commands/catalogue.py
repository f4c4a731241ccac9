"""Defining, copying and deleting products, and their list prices. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, timedelta
from typing import cast

from services.orders.catalogue import is_deleted
from services.orders.commands.bodies import ChangePrice, CopyProduct, DefineProduct
from services.orders.commands.books import Books
from services.orders.commands.change import Change, known_product
from shared.billing import facts as billing
from shared.billing.blocks import ItemTerms
from shared.billing.capture import durations, refuse_arrears_with_installments
from shared.billing.moments import known_key
from shared.billing.offers import frequency_refusal
from shared.billing.periods import duration_of
from shared.billing.terms import Refused
from shared.commands.decision import CommandRefused, Exists
from shared.commands.principal import Principal
from shared.events.envelope import CloudEvent
from shared.events.facts import facts_of
from shared.events.models.catalog import PriceChanged, ProductCopied, ProductDefined, ProductDeleted
from shared.projections.registers import Stamp
from shared.projections.spec import Key

# The zones of the world, from the last to begin a day to the first.
_ZONES = (timedelta(hours=-12), timedelta(), timedelta(hours=14))
_MONTH = 1


def define_product(books: Books, product: str, request: DefineProduct, principal: Principal) -> Change:
    """A product; defined again, it replaces what it was."""
    principal.need("catalogue:write", "define products")
    _refuse_free_period(request)
    _refuse_prices_and_plans(product, request)
    key = Key("product", product)
    event = ProductDefined(id=product, **{name: value for name, value in request if value is not None})
    before = books.product(product)
    if before is not None and before.copied_from is None and before.body == _body_of(event):
        announced = any(change.effective_from >= before.on for change in _changes(books, product))
        # Said again after a price was announced it is news: the defined price holds again.
        if not announced:
            return Change(key)
    return Change(key, [(key, [event])], created=before is None)


def _body_of(event: ProductDefined) -> object:
    """What a definition says, as billing has it."""
    (fact,) = facts_of(CloudEvent("", "", "ProductDefined", date.min, b""), event)
    return fact.body


def _refuse_free_period(request: DefineProduct) -> None:
    """Accepted for monthly recurring prepaid products on the billing day only (rule R1.1)."""
    if not request.free_period:
        return
    periods = {request.term, request.billing_frequency} - {None}
    periods |= {length for price in request.prices or () for length in (price.term, price.billing_frequency)}
    monthly = periods <= {_MONTH} and not set(request.billing_plans or ()) - {_MONTH}
    prepaid = request.charge in (None, "upfront") and request.anchor in (None, "billing_day")
    if request.nce or not monthly or not prepaid:
        raise CommandRefused(
            "a free period is accepted only for monthly recurring prepaid products: leave free_period out, or make "
            "every term and billing_frequency P1M, charge upfront and anchor billing_day, without nce"
        )


def _refuse_prices_and_plans(product: str, request: DefineProduct) -> None:
    """A frequency divides its term, a billing plan one of the product's terms (rule R4.1)."""
    terms = {request.term or _MONTH} if request.charge != "one_time" else set()
    try:
        term, frequency = durations(
            ItemTerms(term=request.term, billing_frequency=request.billing_frequency),
            request.charge or "upfront",
            of=f"product {product}: ",
        )
        refuse_arrears_with_installments(request.charge or "upfront", term, frequency, f"product {product}")
    except Refused as refused:
        raise CommandRefused(str(refused)) from None
    nce = request.nce is True
    seen = set()
    for price in request.prices or ():
        terms.add(price.term)
        _refuse_period(price.term, price.billing_frequency, nce, "prices")
        entry = (price.currency, price.term, price.billing_frequency)
        if entry in seen:
            raise CommandRefused(
                f"prices: there are two for {price.currency}, term {duration_of(price.term)} and billing_frequency "
                f"{duration_of(price.billing_frequency)}: give one"
            )
        seen.add(entry)
    for plan in request.billing_plans or ():
        if all(frequency_refusal(term, plan, nce=nce) for term in terms):
            known = ", ".join(duration_of(term) for term in sorted(terms)) or "none"
            raise CommandRefused(f"billing_plans: {duration_of(plan)} bills none of the product's terms ({known})")


def _refuse_period(term: int | None, frequency: int | None, nce: bool, where: str) -> None:
    reason = frequency_refusal(term, frequency, nce=nce) if term is not None and frequency is not None else None
    if reason is not None:
        raise CommandRefused(f"{where}: {reason}")


def copy_product(books: Books, source: str, request: CopyProduct, principal: Principal) -> Change:
    """The product under another id, its billing plans (rule R4.12) and the prices that are announced included."""
    principal.need("catalogue:write", "copy products")
    known_product(books, source)
    if books.product(request.product_id) is not None:
        raise Exists(f"product {request.product_id} exists already: choose another id")
    key = Key("product", request.product_id)
    copied = ProductCopied(product_id=request.product_id, from_product_id=source)
    return Change(key, [(key, [copied, *_announced(books, source, request.product_id)])], created=True)


def _announced(books: Books, source: str, copy: str) -> Iterator[PriceChanged]:
    """The prices of a product that were announced since it was defined; those in force count for the copy at once."""
    known = books.product(source)
    since = known.on if known is not None else date.min
    # A price counts that is not dated before the copy's day where the customer is: one for each day it is somewhere.
    days = sorted({(books.at + ahead).date() for ahead in _ZONES})
    today = days[-1]
    in_force: dict[tuple[str, int | None, int | None], billing.PriceChanged] = {}
    for change in _changes(books, source):
        if change.effective_from > today:
            yield _price(copy, change, change.effective_from)
        elif change.effective_from >= since:
            in_force[change.currency, change.term, change.billing_frequency] = change
    for change in in_force.values():
        yield from (_price(copy, change, day) for day in days)


def _changes(books: Books, product: str) -> Iterable[billing.PriceChanged]:
    """The announced prices of a product, the latest last."""
    facts = books.products.get(product, ())
    changes = [fact.body for fact in facts if isinstance(fact.body, billing.PriceChanged)]
    return sorted(changes, key=lambda change: change.effective_from)


def _price(product: str, change: billing.PriceChanged, on: date) -> PriceChanged:
    return PriceChanged(
        product_id=product, currency=change.currency, unit_price=change.unit_price, unit_cost=change.unit_cost,
        term=change.term, billing_frequency=change.billing_frequency, effective_from=on,
    )  # fmt: skip


def delete_product(books: Books, product: str, principal: Principal) -> Change:
    """No longer sold: its billing plans go with it, running subscriptions and their plans stay (rule R4.12)."""
    principal.need("catalogue:write", "delete products")
    key = Key("product", product)
    state = books.registers.get(key)
    if state is not None and is_deleted(state):
        return Change(key)
    known_product(books, product)
    return Change(key, [(key, [ProductDeleted(product_id=product)])])


def change_price(books: Books, product: str, request: ChangePrice, principal: Principal) -> Change:
    """A list price from a day on; never a change of the past, unless it is backdated with a reason."""
    principal.need("catalogue:write", "change list prices")
    key = known_product(books, product)
    known = books.product(product)
    nce = known is not None and known.body.terms.nce is True
    _refuse_period(request.term, request.billing_frequency, nce, "price")
    past = request.effective_from < books.at.date()
    if past:
        _refuse_past(request, principal)
    stated = {name: value for name, value in request if name not in ("backdate", "reason") and value is not None}
    if past:
        stated |= {"backdate": True, "reason": request.reason}
    event = PriceChanged(product_id=product, **stated)
    if _says_the_same(_in_force(books, product, event), event):
        return Change(key)
    return Change(key, [(key, [event])])


def _refuse_past(request: ChangePrice, principal: Principal) -> None:
    if not request.backdate:
        raise CommandRefused(
            f"effective_from {request.effective_from} lies in the past: what is billed already would change; give "
            "today or a later day, or backdate it with a reason"
        )
    if not request.reason:
        raise CommandRefused("a price that is backdated needs a reason: say why")
    principal.need("backdating", "backdate a price")


def _in_force(books: Books, product: str, event: PriceChanged) -> billing.PriceChanged | None:
    """What was said last of the price of that day; None where the product was defined after it."""
    known = [fact for fact in books.products.get(product, ()) if isinstance(fact.body, billing.PriceChanged)]
    known = [fact for fact in known if all(getattr(fact.body, name) == getattr(event, name) for name in _OF_ONE_PRICE)]
    if not known:
        return None
    last = max(known, key=_when_known)
    state = books.registers.get(Key("product", product), {})
    anew = any(state[name].stamp > _when_known(last) for name in ("definition", "copy") if name in state)
    return None if anew else cast(billing.PriceChanged, last.body)


_OF_ONE_PRICE = ("currency", "term", "billing_frequency", "effective_from")


def _when_known(fact: billing.Fact) -> Stamp:
    return known_key(fact, UTC)


def _says_the_same(change: billing.PriceChanged | None, event: PriceChanged) -> bool:
    return (
        change is not None
        and (change.unit_price, change.unit_cost) == (event.unit_price, event.unit_cost)
        and change.backdate == bool(event.backdate)
    )
