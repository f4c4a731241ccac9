"""What `seatledger resellers`, `customers`, `products`, `settings` and `orders` do, on the database directly."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal, cast

from psycopg import AsyncConnection
from pydantic import BaseModel

from services.orders import queries
from services.orders.commands import bodies, order_bodies
from services.orders.commands.bodies import Command
from services.orders.desk import OrdersDesk
from services.presentation import Page, document, list_document, say, table
from services.preview_tables import preview_tables
from shared.commands.body_files import object_in
from shared.commands.operating import Database, body_in_file, body_of, operate, read_now
from shared.commands.typed import Typed
from shared.errors import NOT_FOUND, UserError

Json = Mapping[str, Any]
Thing = Literal["reseller", "customer", "product", "order"]
_PORTION = 1000
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "reseller": ("reseller", "name", "country", "vat_id", "tax_rate", "extra_charge_rate", "transaction_currency"),
    "customer": (
        "customer", "name", "reseller", "time_zone", "billing_day", "separate_invoices", "extra_charge_rate",
        "country", "tax_rate",
    ),
    "product": (
        "product", "name", "vendor", "family", "term", "charge", "free_period", "price_protection_months",
        "billing_plans", "copied_from", "deleted",
    ),
    "order": ("order_id", "customer", "reseller", "currency", "status", "placed_at", "executed_at"),
    "setting": ("scope", "scope_id", "key", "value", "effective_from", "refused"),
    "item": (
        "item_id", "subscription", "product", "quantity", "term", "billing_plan", "installments", "extra_charge_rate",
        "unit_price", "price", "net", "gross", "first_billing_date", "free_until",
    ),
    "price": ("currency", "term", "billing_frequency", "effective_from", "unit_price", "unit_cost"),
    "offer": (
        "billing_frequency", "billing_plan", "installments", "extra_charge_rate", "unit_price", "price", "net",
        "gross", "first_billing_date", "free_until",
    ),
}  # fmt: skip
_TITLES = {"reseller": "Resellers", "customer": "Customers", "product": "Products", "order": "Orders"}
_FIGURES = frozenset({
    "quantity", "installments", "extra_charge_rate", "unit_price", "unit_cost", "price", "net", "gross", "tax_rate",
    "billing_day", "price_protection_months",
})  # fmt: skip


def show_all(database: Database, thing: Thing, *, as_json: bool, limit: int, after: str, **filters: str | None) -> None:
    """Things of one kind by id."""
    read: Mapping[str, Callable[..., Awaitable[Sequence[BaseModel]]]] = {
        "reseller": queries.resellers,
        "customer": queries.customers,
        "product": queries.products,
        "order": queries.orders,
    }
    columns = _COLUMNS[thing]
    found = read_now(database, lambda connection: read[thing](connection, after, limit + 1, **filters))
    page = Page([one.model_dump(mode="json") for one in found], limit, lambda row: str(row[columns[0]]))
    if as_json:
        list_document(page.items, page.next)
    else:
        _table(_TITLES[thing], columns, page.items)
        page.say_more()


def show_settings(database: Database, *, scope: str | None, scope_id: str | None, as_json: bool) -> None:
    """Every setting by what it holds for."""

    async def read(connection: AsyncConnection) -> list[Json]:
        shown: list[Json] = []
        last = ("", "", "", "")
        while found := await queries.settings(connection, last, _PORTION, scope=scope, scope_id=scope_id):
            shown += [one.model_dump(mode="json") for one in found]
            last = (found[-1].scope, found[-1].scope_id, found[-1].key, found[-1].effective_from)
        return shown

    shown = read_now(database, read)
    if as_json:
        list_document(shown)
    else:
        _table("Settings", _COLUMNS["setting"], shown)


def show(database: Database, thing: Thing, about: str, *, as_json: bool) -> None:
    """One thing with its items or its prices."""
    read: Mapping[str, Callable[[AsyncConnection, str], Awaitable[BaseModel | None]]] = {
        "reseller": queries.reseller,
        "customer": queries.customer,
        "product": queries.product,
        "order": queries.order,
    }
    found = read_now(database, lambda connection: read[thing](connection, about))
    if found is None:
        raise UserError(f"there is no {thing} {about!r}; what was just made appears within seconds", NOT_FOUND)
    shown = found.model_dump(mode="json")
    if as_json:
        document(shown)
    else:
        _show_thing(shown)


def ask(
    database: Database,
    kind: str,
    about: str,
    fields: Mapping[str, object],
    *,
    names: Mapping[str, str],
    item: str | None = None,
    file: str | None = None,
    preview: bool = False,
    as_json: bool = False,
) -> None:
    """Carry out a command whose body is `fields`, or in a file, and show what is then. UserError says why not.

    `names` is what a person typed for fields whose option has another name (`shared.commands.typed`).
    """
    model: Any = getattr(order_bodies, kind, None) or getattr(bodies, kind)
    typed = Typed(names)
    body = body_of(model, fields, typed) if file is None else body_in_file(model, object_in(file), file)

    def reword(sentence: str) -> str:
        return typed.sentence(sentence, model.model_fields) if file is None else sentence

    decided = operate(database, OrdersDesk(), Command(about, body, item), preview=preview, reword=reword)
    if as_json:
        document(decided.body)
        return
    costs = decided.body.get("preview")
    if preview and not costs:
        say("Nothing was changed; this is what would be:")
    elif not preview and not decided.appending and kind != "ListOffers":
        say("It is so already: nothing was changed")
    _show_thing(decided.body)
    if costs:
        preview_tables(cast(Json, costs))


def _show_thing(shown: Json) -> None:
    """One thing as tables: itself, then what it has of."""
    if "order_id" in shown:
        _table("Order", _COLUMNS["order"], [shown])
        _table("Items", _COLUMNS["item"], shown["items"])
        for item in shown["items"]:
            if item["note"]:
                say(f"{item['item_id'] or item['subscription']}: {item['note']}")
    elif "offers" in shown:
        if not shown["offers"]:
            say(_no_offer(shown))
            return
        _table("Offers", _COLUMNS["offer"], shown["offers"])
        for note in {offer["note"] for offer in shown["offers"] if offer["note"]}:
            say(str(note))
    elif "prices" in shown:
        _table("Product", _COLUMNS["product"], [shown])
        _table("Prices", _COLUMNS["price"], shown["prices"])
    elif "rate" in shown:
        _table("Exchange rate", ("base", "quote", "rate", "date"), [shown])
    elif "scope" in shown:
        _table("Setting", _COLUMNS["setting"], [shown])
    else:
        thing = "customer" if "customer" in shown else "reseller"
        _table(thing.capitalize(), _COLUMNS[thing], [shown])


def _no_offer(shown: Json) -> str:
    """Why a product cannot be bought: the answer lists what can be, and not what each plan was refused for."""
    product, term = shown["product"], shown["term"]
    why = "" if term is None else f" for {term}, or that term cannot be chosen"
    return f"There is no list price of {product} in {shown['currency']}{why}: seatledger products show {product}"


def _table(title: str, columns: Sequence[str], rows: Sequence[Json]) -> None:
    cells = [[_cell(row[name]) for name in columns] for row in rows]
    table(title, columns, cells, right=[name for name in columns if name in _FIGURES])


def _cell(value: object) -> object:
    return ", ".join(map(str, value)) if isinstance(value, list) else value
