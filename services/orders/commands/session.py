"""A session: the commands of one transaction on what was read for it. Pure from here on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import uuid5

from services.orders.bodies import facts_of
from services.orders.commands import accounts, catalogue, offers, orders, settings
from services.orders.commands.bodies import (
    ChangeCustomer,
    ChangePrice,
    ChangeReseller,
    ChangeSetting,
    Command,
    CopyProduct,
    DefineProduct,
    DeleteProduct,
    RegisterCustomer,
    RegisterReseller,
    Request,
    SetExchangeRate,
)
from services.orders.commands.books import SOURCE, Books, stream_of
from services.orders.commands.change import Change
from services.orders.commands.order_bodies import (
    AddItem,
    DeleteOrder,
    ExecuteOrder,
    ItemChange,
    ListOffers,
    PlaceOrder,
    RemoveItem,
)
from services.orders.commands.previewing import previewed
from services.orders.shown import shown
from shared.billing.run_loop import NOTHING_ISSUED, Issued
from shared.commands.decision import Appending, CommandRefused, Decided, Forbidden, Outdated, Unknown
from shared.commands.desk import Asked
from shared.commands.envelopes import appending
from shared.commands.principal import Permission
from shared.events.content import NAMESPACE
from shared.projections.spec import Key


class OrdersSession:
    """Decides on `books`; each command sees what those before it came to.

    `issued` is what documents hold of who may pay, for previews.
    """

    def __init__(self, books: Books, issued: Issued = NOTHING_ISSUED) -> None:
        self._books = books
        self._issued = issued

    @property
    def books(self) -> Books:
        """What is known by now."""
        return self._books

    def decide(self, asked: Asked[Command]) -> Decided:
        """What a command comes to. Raises CommandRefused with the rules' own sentence where they refuse it."""
        before = self._books.asked_at(asked.at)
        change = _decided(before, asked)
        after, appended = before, list[Appending]()
        for key, models in change.events:
            stream = stream_of(key)
            some = appending(SOURCE, stream, after.ends.get(stream, 0), models, asked, before.at)
            own = [fact for event, model in zip(some.events, models, strict=True) for fact in facts_of(event, model)]
            after = after.then(stream, own, len(models))
            if isinstance(asked.command.request, SetExchangeRate):
                after = replace(after, rates=[*after.rates, *some.facts])
            appended.append(some)
        body, version = _answer(after, change)
        if asked.preview:
            if change.body is None and change.subject.scope == "order":
                said = [fact for some in appended for fact in some.facts]
                body = {**body, "preview": previewed(before, after, said, change.subject, asked, self._issued)}
            return Decided(body, etag=version)
        self._books = after
        return Decided(body, appended, version, change.created)


def _decided(books: Books, asked: Asked[Command]) -> Change:
    """What a command comes to on the version that it is meant for.

    Outdated says more than the reason for which the rules refuse it, and less than that it is not theirs.
    """
    try:
        change = decide(books, asked)
    except (Forbidden, Unknown):
        raise
    except CommandRefused:
        key = _edited(asked)
        if key is not None:
            _refuse_outdated(books, key, asked)
        raise
    _refuse_outdated(books, change.subject, asked)
    return change


def _edited(asked: Asked[Command]) -> Key | None:
    """What a command changes that is there already; None where it makes something new."""
    match asked.command.request:
        case AddItem() | ItemChange() | RemoveItem() | ExecuteOrder() | DeleteOrder():
            return Key("order", asked.command.about)
        case ChangeReseller():
            return Key("reseller", asked.command.about)
        case ChangeCustomer():
            return Key("customer", asked.command.about)
        case DefineProduct() | DeleteProduct() | ChangePrice():
            return Key("product", asked.command.about)
        case _:
            return None


def decide(books: Books, asked: Asked[Command]) -> Change:
    """What a command comes to, in events. Raises CommandRefused."""
    about, principal = asked.command.about, asked.principal
    item = asked.command.item or ""
    match asked.command.request:
        case RegisterReseller() as request:
            return accounts.register_reseller(books, request, principal)
        case ChangeReseller() as request:
            return accounts.change_reseller(books, about, request, principal)
        case RegisterCustomer() as request:
            return accounts.register_customer(books, request, principal)
        case ChangeCustomer() as request:
            return accounts.change_customer(books, about, request, principal)
        case DefineProduct() as request:
            return catalogue.define_product(books, about, request, principal)
        case CopyProduct() as request:
            return catalogue.copy_product(books, about, request, principal)
        case DeleteProduct():
            return catalogue.delete_product(books, about, principal)
        case ChangePrice() as request:
            return catalogue.change_price(books, about, request, principal)
        case ChangeSetting() as request:
            return settings.change_setting(books, request, principal)
        case SetExchangeRate() as request:
            return settings.set_exchange_rate(books, request, principal)
        case PlaceOrder() as request:
            return orders.place_order(books, order_id_of(asked, request), request, principal)
        case AddItem() as request:
            return orders.add_item(books, about, request, principal)
        case ItemChange() as request:
            return orders.edit_item(books, about, item, request, principal)
        case RemoveItem():
            return orders.remove_item(books, about, item, principal)
        case ExecuteOrder() as request:
            return orders.execute_order(books, about, request, principal)
        case DeleteOrder():
            return orders.delete_order(books, about, principal)
        case ListOffers() as request:
            return offers.list_offers(books, request, principal)


def permission_for(request: Request) -> Permission:
    """Without which a request is refused, whatever it says."""
    match request:
        case RegisterReseller() | ChangeReseller() | RegisterCustomer() | ChangeCustomer():
            return "accounts:write"
        case DefineProduct() | CopyProduct() | DeleteProduct() | ChangePrice():
            return "catalogue:write"
        case ChangeSetting() | SetExchangeRate():
            return "settings:write"
        case ListOffers():
            return "catalogue:read"
        case PlaceOrder() | AddItem() | ItemChange() | RemoveItem() | ExecuteOrder() | DeleteOrder():
            return "orders:write"


def order_id_of(asked: Asked[Command], request: PlaceOrder) -> str:
    """The order's own id, or one made of who asks what when: decided again, it is the same."""
    if request.order_id is not None:
        return request.order_id
    made = uuid5(NAMESPACE, repr((asked.principal.name, asked.idempotency_key, asked.at, request)))
    return f"ord-{made.hex[:16]}"


def _answer(books: Books, change: Change) -> tuple[Mapping[str, object], str | None]:
    """What is answered, and the version of the thing."""
    version = _version(books, change.subject)
    if change.body is not None:
        return change.body, None
    found = shown(change.subject, books.registers[change.subject], books.master)
    assert found is not None
    return found.model_dump(mode="json"), version


def _version(books: Books, key: Key) -> str | None:
    state = books.registers.get(key)
    found = None if state is None else shown(key, state, books.master)
    return None if found is None else found.version


def _refuse_outdated(books: Books, key: Key, asked: Asked[Command]) -> None:
    if asked.if_match is None:
        return
    version = _version(books, key)
    if version is None or asked.if_match not in ("*", version):
        now = "it is not there" if version is None else f"it is {version} now"
        raise Outdated(f"{key.scope} {key.scope_id} has changed since version {asked.if_match}: read it again, {now}")
