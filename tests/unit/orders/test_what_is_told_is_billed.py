"""What an order's confirmation says is what billing then charges, to the cent and to the day."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.invoicing.simulation import simulate
from shared.events.shapes import document_shape
from tests.billing_dsl import facts_from
from tests.unit.orders.shop import AT, Json, Shop

_TERMS = [(1, 1), (12, 12), (12, 1), (12, 3), (36, 12), (36, 1)]
_NAMES = {1: "P1M", 3: "P3M", 12: "P1Y", 36: "P3Y"}
# The first whole cycle begins on a billing day, a month after the order at the latest.
_LATEST = timedelta(days=35)


def sold(product: Json, customer: Json, quantity: int, plan: str, extra: str, rounding: str) -> Shop:
    """A shop that has executed one order."""
    shop = Shop()
    shop.reseller()
    shop.customer(reseller_id="res-1", **customer)
    shop.product("office", product)
    shop.enable_plans()
    shop.setting("extra_charge_rate", extra, "reseller", "res-1")
    shop.setting("rounding", rounding)
    item = {"product": "office", "quantity": quantity, "term": product["term"], "billing_frequency": plan}
    shop.place(item, execute=True)
    return shop


@given(
    terms=st.sampled_from(_TERMS),
    price=st.decimals("10.00", "999.99", places=2).map(str),
    quantity=st.integers(1, 40),
    extra=st.sampled_from(["0", "0.05", "0.333"]),
    rounding=st.sampled_from(["unit", "line"]),
    more=st.fixed_dictionaries(
        {},
        optional={
            "anchor": st.sampled_from(["billing_day", "order_day"]), "nce": st.booleans(),
            "pricing": st.just({"rule": "discount", "rate": "0.1"}),
        },
    ),
    customer=st.fixed_dictionaries(
        {}, optional={
            "billing_day": st.integers(1, 31), "time_zone": st.sampled_from(["Europe/Athens", "Pacific/Auckland"]),
            "partial_charges_invoicing": st.sampled_from(["billing_day", "order_day"]),
        },
    ),
    free=st.booleans(),
)  # fmt: skip
def test_what_is_told_is_what_is_billed(
    terms: tuple[int, int], price: str, quantity: int, extra: str, rounding: str, more: Json,
    customer: Json, free: bool,
) -> None:  # fmt: skip
    term, frequency = (_NAMES[months] for months in terms)
    nce = more.get("nce") and terms != (12, 3)
    product = {
        "term": term, "billing_plans": [] if term == frequency else [frequency], **more, "nce": bool(nce),
        "free_period": free and terms == (1, 1) and not nce and more.get("anchor") != "order_day",
        "prices": [{"currency": "EUR", "term": term, "billing_frequency": term, "unit_price": price}],
    }  # fmt: skip
    shop = sold(product, customer, quantity, frequency, extra, rounding)
    told = shop.events[-1]["data"]["items"][0]["confirmation"]
    documents: list[Json] = [
        dict(document_shape(one)) for one in simulate(facts_from(shop.events), AT.date() + _LATEST).documents
    ]
    lines = [(one, line) for one in documents for line in one["lines"]]
    charged = [(one, line) for one, line in lines if line["kind"] != "free"]
    whole = next(((one, line) for one, line in charged if line["kind"] != "prorated"), charged[0] if charged else None)
    frees = [line["to"] for _, line in lines if line["kind"] == "free"]

    assert charged[0][0]["date"] == told["first_billing_date"]
    assert frees == ([told["free_until"]] if "free_until" in told else [])
    assert ("note" in told) == bool(frees)
    assert whole is not None
    assert (whole[1]["unit_price"], whole[1]["net"]) == (told["price"], told["net"])
    assert ("billing_plan" in told) == (whole[1]["kind"] == "installment")
    if len(whole[0]["lines"]) == 1:
        assert whole[0]["gross"] == told["gross"]
