"""Valid data of every event type, as JSON values, with all that the contract leaves optional left out at times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

from hypothesis import strategies as st

from shared.events.registry import EVENT_TYPES

Data = dict[str, Any]

_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
ids = st.sampled_from(["a", "b-1", "42", "0042", "Ä/ö 7", "x" * 200]) | _TEXT
flags = st.booleans()
currencies = st.sampled_from(["EUR", "USD", "GBP", "JPY"])
countries = st.sampled_from(["GR", "DE", "NO"])
time_zones = st.sampled_from(["UTC", "Europe/Athens", "America/New_York", "Pacific/Auckland", "Asia/Kathmandu"])
billing_days = st.integers(1, 31) | st.just("last")
durations = st.sampled_from(["P1M", "P3M", "P6M", "P12M", "P1Y", "P3Y"])
quantities = st.integers(1, 5000)
totals = st.integers(0, 5000)
amounts = st.integers(0, 10_000) | st.decimals(0, 100_000, places=2).map(str) | st.just("0.000000000001")
fractions = st.sampled_from(["0", "0.05", "0.24", "1", 0, 1]) | st.decimals(0, 1, places=4).map(str)
dates = st.dates(date(2019, 1, 1), date(2032, 12, 31)).map(date.isoformat)


def _written(instant: datetime, hours: int) -> str:
    text = instant.astimezone(timezone(timedelta(hours=hours))).isoformat()
    return text.replace("+00:00", "Z")


instants = st.builds(
    _written,
    st.datetimes(datetime(2019, 1, 1), datetime(2032, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001  (bounds)
    st.integers(-11, 13),
)
moments = dates | instants


def _choice(*values: str) -> st.SearchStrategy[str]:
    return st.sampled_from(values)


def _object(
    required: Mapping[str, st.SearchStrategy[Any]], optional: Mapping[str, st.SearchStrategy[Any]]
) -> st.SearchStrategy[Data]:
    # null stands for an absent field, and unknown fields never fail.
    loose = {name: values | st.none() for name, values in optional.items()}
    return st.fixed_dictionaries(
        dict(required), optional=loose | {"x_unknown": st.floats(allow_nan=False, allow_infinity=False)}
    )


_TAXED = {
    "name": _TEXT,
    "country": countries,
    "vat_id": _TEXT,
    "tax_rate": fractions,
    "tax_exempt": flags,
    "extra_charge_rate": fractions,
}
_CUSTOMER = _TAXED | {
    "time_zone": time_zones,
    "billing_day": billing_days,
    "partial_charges_invoicing": _choice("billing_day", "order_day"),
    "separate_invoices": flags,
}
_RESELLER = _TAXED | {"transaction_currency": currencies}
customers = _object({"id": ids}, _CUSTOMER)
resellers = _object({"id": ids}, _RESELLER)

_PRODUCT = {"name": _TEXT, "vendor": _TEXT, "family": _TEXT, "tax_type": _TEXT}
products = _object({"id": ids}, _PRODUCT)
pricing_rules = st.fixed_dictionaries(
    {"rule": _choice("discount", "markup", "margin"), "rate": st.decimals(0, "0.99", places=2).map(str)}
)
pricings = pricing_rules | st.lists(pricing_rules, max_size=3)
_TERMS = {
    "nce": flags,
    "pricing": pricings,
    "term": durations,
    "billing_frequency": durations,
    "charge": _choice("upfront", "arrears", "one_time"),
    "anchor": _choice("billing_day", "order_day"),
    "free_period": flags,
    "price_protection_months": st.integers(0, 36),
    "usage_charge_rule": _choice("per_day", "full_period"),
    "decrease_credit": _choice("prorated", "none"),
    "refund_policy": _choice("days", "hours", "none"),
    "change_window_hours": st.integers(0, 1000),
    "full_refund_hours": st.integers(0, 1000),
    "bill_while_suspended": flags,
    "auto_renew": flags,
}
_ITEM_REQUIRED = {"subscription_id": ids, "product": products, "quantity": quantities, "unit_price": amounts}
_CONVERSION = _TERMS | {
    "unit_cost": amounts,
    "user_price": flags,
    "custom_end": dates,
    "trial_until": dates,
    "vendor_subscription_id": ids,
}
_ITEM_OPTIONAL = _CONVERSION | {"item_id": ids, "parent_subscription_id": ids}
items = _object(_ITEM_REQUIRED, _ITEM_OPTIONAL)

_orders = _object(
    {
        "order_id": ids,
        "currency": currencies,
        "customer": customers,
        "items": st.lists(items, min_size=1, max_size=3, unique_by=lambda item: item["subscription_id"]),
    },
    {"reseller": resellers, "effective_at": moments},
)
_SUBSCRIPTION = {"subscription_id": ids, "customer_id": ids}


def _of_subscription(
    required: Mapping[str, st.SearchStrategy[Any]] | None = None,
    optional: Mapping[str, st.SearchStrategy[Any]] | None = None,
) -> st.SearchStrategy[Data]:
    return _object(_SUBSCRIPTION | dict(required or {}), optional or {})


_refs = st.fixed_dictionaries({"source": ids, "id": ids})
_whys = _object(
    {
        "rules": st.lists(_choice("R0.2", "R3.1", "conversion"), max_size=3),
        "cause": _choice("held", "added", "charged_back", "decrease", "withdrawn"),
        "events": st.lists(
            st.fixed_dictionaries({"source": ids, "id": ids, "role": _choice("seats", "end", "terms", "price")}),
            max_size=2,
        ),
    },
    {
        "kept": st.integers(0, 744),
        "of": st.integers(1, 744),
        "measure": _choice("days", "hours"),
        "price": _object(
            {"origin": _choice("order", "list", "protected"), "unit_price": amounts, "since": dates, "event": _refs},
            {"unit_cost": amounts, "protected_until": dates, "parts": quantities, "extra_charge_rate": fractions},
        ),
    },
)
_lines = _object(
    {
        "line": ids,
        "customer": ids,
        "subscription": ids,
        "product": ids,
        "kind": _choice("free", "prorated", "installment", "recurring", "credit"),
        "from": dates,
        "to": dates,
        "quantity": quantities,
        "unit_price": amounts,
        "net": amounts,
    },
    {"days": st.integers(1, 366), "of_days": st.integers(1, 366), "unit_net": amounts, "returns": ids, "why": _whys},
)


def _documents(kind: str) -> st.SearchStrategy[Data]:
    return _object(
        {
            "number": ids,
            "kind": st.just(kind),
            "date": dates,
            "recipient": ids,
            "customer": ids | st.none(),
            "currency": currencies,
            "net": amounts,
            "tax": amounts,
            "gross": amounts,
            "lines": st.lists(_lines, max_size=3),
            "taxes": st.lists(
                st.fixed_dictionaries({"rate": fractions, "base": amounts, "amount": amounts}), max_size=2
            ),
        },
        {},
    )


_STATUS = _choice("pending", "active", "suspended", "expired", "disabled", "deleted", "canceled", "failed")
_sides = st.none() | _object({}, {"quantity": totals, "status": _STATUS})
_DISCREPANCY = {
    "vendor": ids,
    "account_id": ids,
    "verdict": _choice("QUANTITY_MISMATCH", "STATUS_MISMATCH", "MISSING_IN_VENDOR"),
    "ours": _sides,
    "theirs": _sides,
    "snapshot_id": ids,
}
_OF_DISCREPANCY = {"subscription_id": ids, "vendor_subscription_id": ids, "resolution": _TEXT, "by": _TEXT}
_discrepancies = _object(_DISCREPANCY, _OF_DISCREPANCY)
_resolved = _object(
    _DISCREPANCY,
    _OF_DISCREPANCY
    | {
        "customer_id": ids,
        "not_billed": st.lists(
            st.fixed_dictionaries(
                {
                    "day": dates,
                    "currency": _choice("EUR", "USD"),
                    "net": _choice("33.35", "-1.00"),
                    "tax": _choice("0.00", "-0.24"),
                    "gross": _choice("33.35", "-1.24"),
                }
            ),
            max_size=2,
        ),
        "not_billable": _TEXT,
    },
)
_PROVISIONING = {"vendor_subscription_id": ids, "reason": _TEXT}
_SETTING = {
    "key": _choice("rounding", "bill_while_suspended", "change_window_hours"),
    "value": _choice("unit", "line", "0.05") | flags | st.integers(0, 1000) | st.none(),
    "effective_from": moments,
}

DATA: Final[dict[str, st.SearchStrategy[Data]]] = {
    "OrderPlaced": _orders,
    "OrderExecuted": _orders,
    "OrderDeleted": _object({"order_id": ids, "customer_id": ids}, {}),
    "CustomerRegistered": _object({"id": ids}, _CUSTOMER | {"reseller_id": ids}),
    "CustomerChanged": _object({"id": ids}, _CUSTOMER | {"reseller_id": ids}),
    "ResellerRegistered": resellers,
    "ResellerChanged": resellers,
    "LicensesChanged": _of_subscription(
        {"quantity": totals},
        {"effective_at": moments, "reason": _TEXT, "billing": _choice("normal", "none"), "keeps_next_term": flags},
    ),
    "SubscriptionConverted": _of_subscription(
        {"product": products, "unit_price": amounts},
        _CONVERSION | {"quantity": quantities, "effective_at": moments},
    ),
    "SubscriptionCanceled": _of_subscription(
        {"mode": _choice("immediate", "end_of_cycle", "end_of_term")}, {"effective_at": moments}
    ),
    "SubscriptionSuspended": _of_subscription(None, {"effective_at": moments}),
    "SubscriptionReactivated": _of_subscription(None, {"effective_at": moments}),
    "AutoRenewChanged": _of_subscription({"auto_renew": flags}),
    "PricingEdited": _of_subscription(
        {"applies": _choice("next_term", "current_cycle")},
        {"unit_price": amounts, "pricing": pricings, "protected_price": amounts},
    ),
    "PriceProtectionActivated": _of_subscription(),
    "BillingPlanChanged": _of_subscription({"billing_frequency": durations}),
    "NextTermScheduled": _of_subscription(
        None, {"quantity": totals, "term": durations, "billing_frequency": durations}
    ),
    "NextTermDiscarded": _of_subscription(),
    "SubscriptionImported": _object(
        _ITEM_REQUIRED
        | {"currency": currencies, "customer": customers, "started_at": moments, "billed_by_us_from": dates},
        _ITEM_OPTIONAL | {"reseller": resellers, "protected_price": amounts, "protected_until": dates},
    ),
    "SubscriptionProvisioned": _of_subscription(None, _PROVISIONING),
    "ProvisioningFailed": _of_subscription(None, _PROVISIONING),
    "ProductDefined": _object(
        {"id": ids},
        _PRODUCT
        | _TERMS
        | {
            "prices": st.lists(
                _object(
                    {
                        "currency": currencies,
                        "term": durations,
                        "billing_frequency": durations,
                        "unit_price": amounts,
                    },
                    {"unit_cost": amounts, "price_protection_months": st.integers(0, 36)},
                ),
                max_size=3,
            ),
            "billing_plans": st.lists(durations, max_size=3),
        },
    ),
    "ProductCopied": _object({"product_id": ids, "from_product_id": ids}, {}),
    "ProductDeleted": _object({"product_id": ids}, {}),
    "PriceChanged": _object(
        {"product_id": ids, "currency": currencies, "unit_price": amounts, "effective_from": dates},
        {"unit_cost": amounts, "term": durations, "billing_frequency": durations, "backdate": flags},
    ),
    "SettingChanged": _object(_SETTING | {"scope": st.just("organisation")}, {"scope_id": ids})
    | _object(_SETTING | {"scope": _choice("product", "reseller", "customer"), "scope_id": ids}, {}),
    "ExchangeRateSet": st.fixed_dictionaries(
        {
            "base": currencies,
            "quote": currencies,
            "rate": st.decimals(Decimal("0.0001"), 200, places=4).map(str),
            "date": dates,
        }
    ),
    "InvoiceIssued": _documents("invoice"),
    "CreditNoteIssued": _documents("credit_note"),
    "VendorSnapshotTaken": _object(
        {
            "vendor": ids,
            "account_id": ids,
            "observed_at": moments,
            "subscriptions": st.lists(
                _object(
                    {
                        "vendor_subscription_id": ids,
                        "product_key": ids,
                        "quantity": totals,
                        "status": _STATUS,
                        "raw_status": _TEXT,
                    },
                    {"auto_renew": flags, "term_end": moments, "parent_id": ids},
                ),
                max_size=3,
            ),
        },
        {"failed": _TEXT},
    ),
    "DiscrepancyFound": _discrepancies,
    "DiscrepancyResolved": _resolved,
}

event_types = st.sampled_from(sorted(EVENT_TYPES))


@st.composite
def short_events(draw: st.DrawFn, types: st.SearchStrategy[str] = event_types) -> Data:
    """A short event of any type: type, time, data."""
    event_type = draw(types)
    return {"type": event_type, "time": draw(moments), "data": draw(DATA[event_type])}


@st.composite
def long_events(draw: st.DrawFn, types: st.SearchStrategy[str] = event_types) -> Data:
    """A whole CloudEvent of any type, in structured form."""
    optional = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "subject": ids,
                "partitionkey": ids,
                "sequence": st.integers(0, 10**9) | st.integers(0, 10**9).map(str),
                "correlationid": ids,
                "causationid": ids,
                "traceparent": ids,
            },
        )
    )
    return {"specversion": "1.0", "id": draw(ids), "source": draw(ids)} | draw(short_events(types)) | optional
