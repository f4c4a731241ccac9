"""The projection of orders: orders with their items, customers, resellers, products and settings. Pure.

Every thing shows what was stated last about it, whenever that arrived. A replay or another order of arrival comes out
the same, because each field is decided by when it became known alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from services.orders import catalogue
from services.orders.accounts import CUSTOMER, IS_ACCOUNT, RESELLER, account_states, customer_rows, reseller_rows
from services.orders.bodies import TYPES, body_from_json, body_to_json, facts_of
from services.orders.catalogue import LIST_PRICE, PRODUCT, copied_by, product_rows, product_states
from services.orders.placed import FOUNDING, ORDER, ORDER_ITEM, order_rows, order_states
from services.orders.stated_settings import HAS_SETTINGS, SETTING_TABLES, setting_rows, setting_states
from shared.billing.masterdata import MasterData
from shared.log.topics import CATALOG, ORDERS, SUBSCRIPTIONS
from shared.projections.registers import LatestFold, Registers
from shared.projections.spec import ProjectionSpec, Rows, Stream
from shared.projections.subscription_stream import master_data

_OF_ACCOUNTS = frozenset({IS_ACCOUNT, HAS_SETTINGS})


def organisation_rows(scope_id: str, state: Registers, master: MasterData) -> Rows:
    """The settings of the organisation."""
    return setting_rows("organisation", scope_id, state)


ORDER_FOLD = LatestFold(order_states, order_rows, FOUNDING)
CUSTOMER_FOLD = LatestFold(account_states, customer_rows, _OF_ACCOUNTS)
RESELLER_FOLD = LatestFold(account_states, reseller_rows, _OF_ACCOUNTS)
PRODUCT_FOLD = LatestFold(product_states, product_rows, catalogue.FOUNDING, copied_by)
ORGANISATION_FOLD = LatestFold(setting_states, organisation_rows, frozenset({HAS_SETTINGS}))

FOLDS: Mapping[str, LatestFold] = {
    "order": ORDER_FOLD,
    "customer": CUSTOMER_FOLD,
    "reseller": RESELLER_FOLD,
    "product": PRODUCT_FOLD,
    "organisation": ORGANISATION_FOLD,
}

SPEC = ProjectionSpec(
    name="orders",
    version=5,
    # Of subscriptions only imports say something here: whose customer it is that was taken over.
    topics=(CATALOG.name, ORDERS.name, SUBSCRIPTIONS.name),
    sql=Path(__file__).parent / "sql",
    streams=(
        Stream("order", ORDER_FOLD, (ORDER, ORDER_ITEM)),
        Stream("customer", CUSTOMER_FOLD, (CUSTOMER, SETTING_TABLES["customer"])),
        Stream("reseller", RESELLER_FOLD, (RESELLER, SETTING_TABLES["reseller"])),
        Stream("product", PRODUCT_FOLD, (PRODUCT, LIST_PRICE, SETTING_TABLES["product"])),
        Stream("organisation", ORGANISATION_FOLD, (SETTING_TABLES["organisation"],)),
    ),
    # A copy shows what its source was when it was copied.
    parent_scopes=frozenset({"product"}),
    master=master_data,
    types=TYPES,
    names=catalogue.names,
    facts_of=facts_of,
    body_to_json=body_to_json,
    body_from_json=body_from_json,
)
