"""What can be said in a history: the data of every event about subscriptions and master data, from small pools.

Values are sampled, so that what fails shrinks to few and plain ones: the first of a list is the plainest. All of them
are built once: to build a strategy costs more than to draw from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hypothesis import strategies as st

Event = dict[str, Any]

PRODUCTS: Final = ("pro-1", "pro-2")
# A copy of pro-1, if ProductCopied says so; it may be sold before it is there.
COPY: Final = "pro-3"

prices = st.sampled_from(["10.00", "11.00", "9.99", "0.35", "120.00", "1000.00", "365.00", 12, "0"])
rates = st.sampled_from(["0", "0.05", "0.125"])
currencies = st.sampled_from(["EUR", "EUR", "EUR", "JPY", "KWD"])
quantities = st.integers(1, 12)
_RULES: Final[Sequence[object]] = (
    {"rule": "discount", "rate": "0.10"},
    [{"rule": "discount", "rate": "0.3"}, {"rule": "discount", "rate": "0.05"}],
    {"rule": "margin", "rate": "0.20"},
    [{"rule": "markup", "rate": "0.10"}, {"rule": "discount", "rate": "0.123"}],
    [],
)

# How an item can be billed. Those that pay in installments, and new-commerce licences, stand by themselves.
ORDINARY: Final[Sequence[Event]] = (
    {},
    {"free_period": True, "price_protection_months": 12},
    {"free_period": True},
    {"price_protection_months": 3},
    {"anchor": "order_day"},
    {"charge": "arrears"},
    {"charge": "arrears", "term": "P3M", "anchor": "order_day"},
    {"charge": "one_time"},
    {"usage_charge_rule": "full_period"},
    {"decrease_credit": "none"},
    {"refund_policy": "none"},
    {"refund_policy": "hours"},
    {"bill_while_suspended": False},
    {"bill_while_suspended": False, "decrease_credit": "none"},
    {"change_window_hours": 168, "full_refund_hours": 24, "refund_policy": "hours"},
    {"term": "P3M"},
    {"term": "P1Y", "auto_renew": False},
    {"term": "P1Y", "price_protection_months": 6},
    {"pricing": _RULES[0]},
    {"pricing": _RULES[3], "unit_cost": "8.00"},
)
INSTALLMENTS: Final[Sequence[Event]] = (
    {"term": "P1Y", "billing_frequency": "P1M"},
    {"term": "P1Y", "billing_frequency": "P3M", "anchor": "billing_day"},
    {"term": "P1Y", "billing_frequency": "P1M", "auto_renew": False},
    {"term": "P1Y", "billing_frequency": "P1M", "bill_while_suspended": False},
    {"term": "P3Y", "billing_frequency": "P1Y"},
    {"term": "P3Y", "billing_frequency": "P1M", "price_protection_months": 12},
    {"term": "P3Y", "billing_frequency": "P1M", "anchor": "billing_day"},
)
NCE: Final[Sequence[Event]] = (
    {"nce": True},
    {"nce": True, "term": "P1Y"},
    {"nce": True, "term": "P1Y", "billing_frequency": "P1M"},
    {"nce": True, "term": "P1Y", "billing_frequency": "P1M", "anchor": "billing_day"},
    {"nce": True, "term": "P3Y", "billing_frequency": "P1Y"},
)

# Where a payer is, and what it pays in.
_TAXED: Final[dict[str, st.SearchStrategy[Any]]] = {
    "country": st.sampled_from(["GR", "DE", "US"]),
    "vat_id": st.sampled_from(["EL123456789", "DE123456789", "FR12123456789", "DE1"]),
    "transaction_currency": st.sampled_from(["USD", "EUR"]),
}
time_zones = st.sampled_from(["UTC", "Europe/Athens", "America/New_York", "Pacific/Auckland"])
billing_days = st.sampled_from([1, 1, 15, 28, 29, 30, 31, "last"])
customer_says: Final[st.SearchStrategy[Event]] = st.fixed_dictionaries(
    {},
    optional={
        "time_zone": time_zones,
        "billing_day": billing_days,
        "partial_charges_invoicing": st.sampled_from(["billing_day", "order_day"]),
        "separate_invoices": st.booleans(),
        "extra_charge_rate": rates,
        "tax_rate": st.sampled_from(["0", "0.19", "0.24"]),
        "tax_exempt": st.booleans(),
        **_TAXED,
    },
)
reseller_says: Final[st.SearchStrategy[Event]] = st.fixed_dictionaries(
    {}, optional={"tax_rate": st.sampled_from(["0", "0.24"]), "extra_charge_rate": rates, **_TAXED}
)
product_says = st.sampled_from(({}, {}, {"tax_type": "book"}, {"tax_type": "exempt"}, {"vendor": "panda"}))
item_says: Final[st.SearchStrategy[Event]] = st.fixed_dictionaries(
    {"quantity": quantities, "unit_price": prices},
    optional={"unit_cost": st.just("5.00"), "user_price": st.booleans()},
)
terms = st.sampled_from(ORDINARY) | st.sampled_from(INSTALLMENTS) | st.sampled_from(NCE)
# Days from the start to the end of a trial, to a custom end: some lie in the first term, some do not.
trial_days = st.sampled_from([14, 30, 31, 1, 45, 75, 0, -1])
custom_days = st.sampled_from([20, 25, 350, 100, 10, 200, 0, 400])

price_says: Final[st.SearchStrategy[Event]] = st.fixed_dictionaries(
    {"unit_price": prices},
    optional={
        "backdate": st.booleans(),
        "term": st.sampled_from(["P1Y", "P1M", "P3Y"]),
        "billing_frequency": st.sampled_from(["P1M", "P1Y"]),
        "unit_cost": st.just("6.00"),
    },
)

_PRICE_LISTS: Final[Sequence[Sequence[Mapping[str, object]]]] = (
    (),
    ({"term": "P1M", "billing_frequency": "P1M", "unit_price": "10.50"},),
    (
        {"term": "P1M", "billing_frequency": "P1M", "unit_price": "12.00", "price_protection_months": 6},
        {"term": "P1Y", "billing_frequency": "P1Y", "unit_price": "100.00", "unit_cost": "70.00"},
        {"term": "P1Y", "billing_frequency": "P1M", "unit_price": "105.00"},
        {"term": "P3Y", "billing_frequency": "P1M", "unit_price": "300.00"},
    ),
)
_PRODUCT_DEFINED: Final[Sequence[Event]] = (
    {},
    {"free_period": True, "price_protection_months": 12},
    {"term": "P1Y", "billing_frequency": "P1M", "tax_type": "book"},
    {"nce": True, "term": "P1Y", "vendor": "microsoft"},
    {"bill_while_suspended": False, "refund_policy": "hours", "pricing": _RULES[1]},
)
product_defined: Final[st.SearchStrategy[Event]] = st.builds(
    lambda said, listed: said | {"prices": [{"currency": "EUR", **price} for price in listed]},
    st.sampled_from(_PRODUCT_DEFINED),
    st.sampled_from(_PRICE_LISTS),
)

_SAME_CYCLES: Final[Sequence[Event]] = (
    {},
    {"pricing": _RULES[0]},
    {"pricing": [], "price_protection_months": 6},
    {"user_price": True},
    {"refund_policy": "hours", "decrease_credit": "none", "usage_charge_rule": "full_period"},
    {"auto_renew": False},
    {"bill_while_suspended": False},
)
_NEW_CYCLES: Final[Sequence[Event]] = (
    {"term": "P1Y"},
    {"term": "P1Y", "billing_frequency": "P1M"},
    {"term": "P1M", "billing_frequency": "P1M"},
    {"anchor": "order_day"},
    {"anchor": "billing_day"},
    {"charge": "arrears", "term": "P1M", "billing_frequency": "P1M"},
    {"nce": True, "term": "P1Y", "billing_frequency": "P1M"},
    {"charge": "one_time"},
)
_converted: Final[st.SearchStrategy[Event]] = st.builds(
    lambda product, price, said, quantity: {"product": {"id": product}, "unit_price": price} | said | quantity,
    st.sampled_from([*reversed(PRODUCTS)]),
    prices,
    st.sampled_from(_SAME_CYCLES) | st.sampled_from(_NEW_CYCLES),
    st.fixed_dictionaries({}, optional={"quantity": quantities}),
)

_EDITS: Final[Sequence[Event]] = (
    {"unit_price": "12.00"},
    {"unit_price": "0.35", "pricing": _RULES[0]},
    {"pricing": _RULES[1]},
    {"pricing": _RULES[2]},
    {"pricing": []},
    {"protected_price": "9.00"},
    {},
)
_NEXT_TERMS: Final[Sequence[Event]] = (
    {"quantity": 3},
    {"quantity": 9},
    {"term": "P1Y"},
    {"term": "P1M", "quantity": 2},
    {"term": "P1Y", "billing_frequency": "P1M"},
    {"billing_frequency": "P1M"},
    {"billing_frequency": "P1Y"},
    {"term": "P3M", "billing_frequency": "P1Y"},
    {"quantity": 0},
)

# What is said about one subscription.
OF_SUBSCRIPTION: Final[dict[str, st.SearchStrategy[Event]]] = {
    "LicensesChanged": st.fixed_dictionaries(
        {"quantity": st.sampled_from([*range(1, 13), 3, 5, 0])},
        optional={"billing": st.sampled_from(["normal", "none"]), "keeps_next_term": st.booleans()},
    ),
    "SubscriptionCanceled": st.fixed_dictionaries(
        {"mode": st.sampled_from(["immediate", "end_of_cycle", "end_of_term"])}
    ),
    "SubscriptionSuspended": st.just({}),
    "SubscriptionReactivated": st.just({}),
    "SubscriptionConverted": _converted,
    "AutoRenewChanged": st.fixed_dictionaries({"auto_renew": st.sampled_from([False, False, True])}),
    "PricingEdited": st.builds(
        lambda applies, edited: {"applies": applies} | edited,
        st.sampled_from(["next_term", "current_cycle"]),
        st.sampled_from(_EDITS),
    ),
    "PriceProtectionActivated": st.just({}),
    "BillingPlanChanged": st.fixed_dictionaries({"billing_frequency": st.sampled_from(["P1Y", "P1M"])}),
    "NextTermScheduled": st.sampled_from(_NEXT_TERMS),
    "NextTermDiscarded": st.just({}),
    "SubscriptionProvisioned": st.just({"vendor_subscription_id": "v-1"}),
    "ProvisioningFailed": st.just({"reason": "no licences left"}),
}
# Those that may be scheduled or dated back.
DATED: Final = frozenset(
    {
        "LicensesChanged", "SubscriptionCanceled", "SubscriptionSuspended", "SubscriptionReactivated",
        "SubscriptionConverted",
    }
)  # fmt: skip
# Licence changes are most of what happens.
_KINDS: Final = (
    *["LicensesChanged"] * 9,
    *["SubscriptionCanceled"] * 2,
    *["SubscriptionConverted"] * 3,
    *["SubscriptionSuspended", "SubscriptionReactivated"] * 2,
    *["AutoRenewChanged"] * 2,
    *["PricingEdited"] * 3,
    *["NextTermScheduled"] * 3,
    *["PriceChanged"] * 4,
    *["SettingChanged"] * 4,
    *["CustomerChanged"] * 2,
    *["NextTermDiscarded", "PriceProtectionActivated", "SubscriptionProvisioned", "ProvisioningFailed"],
    *["ResellerChanged", "ProductDefined", "ProductCopied", "ProductDeleted", "ExchangeRateSet"],
    "BillingPlanChanged",
)
kinds: Final = st.sampled_from(_KINDS)
# Only terms of three years can change their plan (rule R4.14).
kinds_of_long_terms: Final = st.sampled_from((*_KINDS, *["BillingPlanChanged"] * 8))
