"""How each route of the APIs is asked for what is another's. A route that is not here fails the tests of access.

Whoever adds a route adds it here: its path's ids, its filters, the body of a command; each from what is the other's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from operator import attrgetter
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import RouteContext, iter_route_contexts

from deploy.local.services import SERVICES, ServiceProcess
from shared.web.application import create_app
from tests.integration.access.world import VENDOR, Belongings

Ask = Callable[[Belongings], Any]
_CUSTOMER, _RESELLER, _PAYER = attrgetter("customer"), attrgetter("reseller"), attrgetter("payer")
_ORDER, _SUBSCRIPTION, _DOCUMENT = attrgetter("order"), attrgetter("subscription"), attrgetter("document")


@dataclass(frozen=True)
class Asked:
    """`path` fills the ids of the path, `filters` are tried one by one; `body` is that of a command.

    `query` is that of a question that commands' deciders answer: it is refused as a command is. `each`: the answer says
    of each part of the request what became of it.

    `sums`: it has figures and no ids, so what is another's would not show in it: test_sums.py.

    `owed`: only who pays sees it, a customer thus not where a reseller pays. `everybodys`: all see it; `organisations`:
    nobody else does, and nobody else sees what is in the fields that are `hidden`. `is_file`: the answer is no JSON.
    """

    path: Mapping[str, Ask] = field(default_factory=dict)
    filters: Mapping[str, Ask] = field(default_factory=dict)
    body: Ask | None = None
    query: Ask | None = None
    each: bool = False
    owed: bool = False
    everybodys: bool = False
    organisations: bool = False
    sums: bool = False
    hidden: frozenset[str] = frozenset({"unit_cost"})
    is_file: bool = False

    @property
    def is_decided(self) -> bool:
        """Whether it is answered where commands are decided."""
        return self.body is not None or self.query is not None


def _saying(body: Any) -> Ask:
    return lambda theirs: body


def _imported(theirs: Belongings) -> Any:
    """A row as somebody who takes over what is another's would send it."""
    return {
        "subscription_id": theirs.subscription, "currency": "EUR", "customer": {"id": theirs.customer},
        "product": {"id": "office"}, "quantity": 1, "unit_price": "1.00", "started_at": "2019-01-01",
        "billed_by_us_from": "2019-01-01",
    }  # fmt: skip


def _several(theirs: Belongings) -> Any:
    """Commands on everything that is another's."""
    return {"commands": [{"command": "suspend", "subscription": one, "body": {}} for one in theirs.subscriptions]}


def _product(_: Belongings) -> str:
    return "office"


def _ordered(theirs: Belongings) -> Any:
    """An order for what is another's, in the name of its reseller where it has one."""
    customer = {"id": theirs.customer} | ({"reseller_id": theirs.reseller} if theirs.reseller else {})
    return {"currency": "EUR", "customer": customer, "items": [{"product": "office", "quantity": 1}], "execute": True}


_OF_ORDERS: Final[Mapping[str, Asked]] = {
    "GET /v1/customers/{customer_id:path}": Asked(path={"customer_id:path": _CUSTOMER}),
    "GET /v1/resellers": Asked(),
    "GET /v1/resellers/{reseller_id:path}": Asked(path={"reseller_id:path": _RESELLER}),
    "GET /v1/products/{product_id:path}": Asked(path={"product_id:path": _product}, everybodys=True),
    "GET /v1/settings": Asked(everybodys=True),
    "GET /v1/offers": Asked(
        query=lambda theirs: {"product": "office", "currency": "EUR", "customer": theirs.customer}
    ),
    "POST /v1/orders": Asked(body=_ordered),
    "POST /v1/orders/{order_id:path}/execute": Asked(path={"order_id:path": _ORDER}, body=_saying({})),
    "POST /v1/orders/{order_id:path}/items": Asked(
        path={"order_id:path": _ORDER}, body=_saying({"product": "office", "quantity": 1})
    ),
    "PATCH /v1/orders/{order_id:path}/items/{item_id:path}": Asked(
        path={"order_id:path": _ORDER, "item_id:path": lambda _: "1"}, body=_saying({"quantity": 3})
    ),
    "DELETE /v1/orders/{order_id:path}/items/{item_id:path}": Asked(
        path={"order_id:path": _ORDER, "item_id:path": lambda _: "1"}
    ),
    "DELETE /v1/orders/{order_id:path}": Asked(path={"order_id:path": _ORDER}),
    "POST /v1/resellers": Asked(body=lambda theirs: {"id": theirs.payer, "name": "Mine"}),
    "PATCH /v1/resellers/{reseller_id:path}": Asked(path={"reseller_id:path": _RESELLER}, body=_saying({"name": "x"})),
    "POST /v1/customers": Asked(
        body=lambda theirs: {"id": theirs.customer} | ({"reseller_id": theirs.reseller} if theirs.reseller else {})
    ),
    "PATCH /v1/customers/{customer_id:path}": Asked(path={"customer_id:path": _CUSTOMER}, body=_saying({"name": "x"})),
    "PUT /v1/products/{product_id:path}": Asked(path={"product_id:path": _product}, body=_saying({"name": "x"})),
    "POST /v1/products/{product_id:path}/copy": Asked(
        path={"product_id:path": _product}, body=_saying({"product_id": "mine"})
    ),
    "POST /v1/products/{product_id:path}/prices": Asked(
        path={"product_id:path": _product},
        body=_saying({"currency": "EUR", "unit_price": "1.00", "effective_from": "2090-01-01"}),
    ),
    "DELETE /v1/products/{product_id:path}": Asked(path={"product_id:path": _product}),
    "POST /v1/settings": Asked(
        body=lambda theirs: {
            "scope": "customer", "scope_id": theirs.customer, "key": "billing_plans_enabled", "value": True,
        }
    ),
    "POST /v1/exchange-rates": Asked(
        body=_saying({"base": "EUR", "quote": "USD", "rate": "1.1", "date": "2026-02-01"})
    ),
}  # fmt: skip

_OF_RECONCILIATION: Final[Mapping[str, Asked]] = {
    "GET /v1/reconciliation": Asked(
        filters={"customer": _CUSTOMER, "subscription": _SUBSCRIPTION, "account": lambda one: f"acc-of-{one.customer}"},
        hidden=frozenset({"actions", "candidates", "differences", "reason"}),
    ),
    "GET /v1/discrepancies": Asked(organisations=True),
    "GET /v1/vendor-accounts": Asked(organisations=True),
    "GET /v1/vendor-tasks": Asked(organisations=True),
    "GET /v1/sweeps": Asked(organisations=True),
    "GET /v1/vendor-bills": Asked(organisations=True),
    "GET /v1/costs": Asked(organisations=True),
    "GET /v1/manual-invoicing": Asked(organisations=True),
    "POST /v1/manual-invoicing/{alignment:path}/settle": Asked(
        path={"alignment:path": lambda theirs: f"alignment-of-{theirs.subscription}"}, body=_saying({"reason": "M-17"})
    ),
    "POST /v1/vendor-accounts/{vendor}/{account:path}/gone": Asked(
        path={"vendor": lambda _: VENDOR, "account:path": lambda theirs: f"acc-of-{theirs.customer}"},
        body=_saying({"reason": "moved away"}),
    ),
    "POST /v1/vendor-tasks/{task}/retry": Asked(path={"task": lambda theirs: str(theirs.task)}),
    "POST /v1/reconciliation/{vendor}/{about:path}/actions": Asked(
        path={"vendor": lambda _: VENDOR, "about:path": _SUBSCRIPTION},
        body=_saying({"action": "IGNORE", "snapshot": "x", "reason": "so be it"}),
    ),
}

_OF_DELIVERY: Final[Mapping[str, Asked]] = {
    "GET /v1/delivery-destinations": Asked(filters={"recipient": _PAYER}, owed=True),
    "GET /v1/deliveries": Asked(filters={"recipient": _PAYER, "document": _DOCUMENT}, owed=True),
    "POST /v1/delivery-destinations": Asked(
        body=lambda theirs: {"channel": "email", "address": "a@b.c", "recipient": theirs.payer}
    ),
    "DELETE /v1/delivery-destinations/{destination}": Asked(path={"destination": lambda one: str(one.destination)}),
    "POST /v1/delivery-destinations/{destination}/secret": Asked(
        path={"destination": lambda one: str(one.destination)}, body=_saying({"old_signs_for_hours": 1})
    ),
    "POST /v1/deliveries/{delivery}/retry": Asked(path={"delivery": lambda one: str(one.delivery)}),
}

_OF_THE_CONSOLE: Final[Mapping[str, Asked]] = {
    "GET /v1/revenue": Asked(sums=True),
    "GET /v1/seats": Asked(filters={"customer": _CUSTOMER, "reseller": _RESELLER}, sums=True),
    "GET /v1/document-states": Asked(sums=True),
    "GET /v1/subscription-statuses": Asked(filters={"customer": _CUSTOMER, "reseller": _RESELLER}, sums=True),
    "GET /v1/open-discrepancies": Asked(organisations=True),
}

ROUTES: Final[Mapping[str, Asked]] = {
    **_OF_ORDERS,
    **_OF_THE_CONSOLE,
    **_OF_RECONCILIATION,
    **_OF_DELIVERY,
    "GET /v1/orders": Asked(filters={"customer": _CUSTOMER, "reseller": _RESELLER}),
    "GET /v1/orders/{order_id:path}": Asked(path={"order_id:path": _ORDER}),
    "GET /v1/customers": Asked(filters={"reseller": _RESELLER}),
    "GET /v1/products": Asked(everybodys=True),
    "GET /v1/subscriptions": Asked(filters={"customer": _CUSTOMER, "reseller": _RESELLER, "q": _SUBSCRIPTION}),
    "GET /v1/subscriptions/{subscription_id:path}": Asked(path={"subscription_id:path": _SUBSCRIPTION}),
    "GET /v1/subscriptions/{subscription_id:path}/events": Asked(path={"subscription_id:path": _SUBSCRIPTION}),
    "GET /v1/subscriptions/{subscription_id:path}/timeline": Asked(path={"subscription_id:path": _SUBSCRIPTION}),
    **{
        f"{method} /v1/subscriptions/{{subscription_id:path}}/{what}": Asked(
            path={"subscription_id:path": _SUBSCRIPTION}, body=_saying(body)
        )
        for method, what, body in (
            ("POST", "quantity", {"change": 1}),
            ("POST", "cancel", {"mode": "immediate"}),
            ("POST", "suspend", {}),
            ("POST", "reactivate", {}),
            ("PUT", "auto-renew", {"auto_renew": False}),
            ("POST", "pricing", {"unit_price": "1.00", "applies": "next_term"}),
            ("POST", "price-protection", {}),
            ("PUT", "billing-plan", {"billing_frequency": "P1Y"}),
            ("PUT", "next-term", {"quantity": 3}),
            ("DELETE", "next-term", None),
            ("POST", "convert", {"product": "office"}),
        )
    },
    "POST /v1/subscriptions": Asked(body=_imported),
    "POST /v1/subscriptions/import": Asked(body=_imported),
    "POST /v1/commands": Asked(body=_several, each=True),
    "GET /v1/rejected-events": Asked(filters={"subscription": lambda theirs: theirs.subscriptions[2]}),
    "GET /v1/documents": Asked(filters={"recipient": _PAYER}, owed=True),
    "GET /v1/documents/{number:path}": Asked(path={"number:path": _DOCUMENT}),
    "GET /v1/documents/{number:path}/explained": Asked(path={"number:path": _DOCUMENT}),
    "GET /v1/next-run": Asked(query=lambda theirs: {"recipient": theirs.payer, "date": "2019-05-01"}),
    **{
        f"GET /v1/documents/{{number:path}}/{kind}": Asked(path={"number:path": _DOCUMENT}, is_file=True)
        for kind in ("pdf", "xml", "csv")
    },
    "GET /v1/letterheads": Asked(owed=True),
    "PUT /v1/letterheads/{recipient:path}": Asked(
        path={"recipient:path": _PAYER}, body=_saying({"letterhead": {"name": "Mine"}, "holds_from": "2090-01-01"})
    ),
    "GET /v1/seller-letterheads": Asked(everybodys=True),
    "PUT /v1/seller-letterheads": Asked(body=_saying({"letterhead": {"name": "Mine"}, "holds_from": "2090-01-01"})),
    "GET /v1/open-invoices": Asked(filters={"recipient": _PAYER}, owed=True),
    "GET /v1/balances": Asked(filters={"recipient": _PAYER}, owed=True),
    "GET /v1/installment-plans": Asked(filters={"customer": _CUSTOMER, "reseller": _RESELLER}),
    "GET /v1/next-charges": Asked(filters={"recipient": _PAYER}, owed=True),
}


def apps(dsn: str) -> dict[str, FastAPI]:
    """The application of every service that has an API."""
    return {one.service: app_of(one, dsn) for one in SERVICES if one.serves}


def app_of(process: ServiceProcess, dsn: str) -> FastAPI:
    module = import_module(f"services.{process.service}.api")
    return create_app(
        process.service, module.router, dsn, desk=getattr(module, "DESK", None), posted=getattr(module, "POSTED", None)
    )


def routes_of(app: FastAPI) -> Iterator[tuple[str, RouteContext]]:
    """Every route of an application but those that tell nothing of anybody, as ROUTES names them.

    What a vendor posts has a signature for a token: tests/integration/reconciliation/test_webhooks.py.
    """
    open_to_all = {"/healthz", "/readyz", "/metrics", "/openapi.json", "/webhooks/microsoft"}
    for route in iter_route_contexts(app.routes):
        for method in sorted((route.methods or set()) - {"HEAD"}):
            if route.path not in open_to_all:
                yield f"{method} {route.path}", route
