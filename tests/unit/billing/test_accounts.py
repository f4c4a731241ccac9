"""What is known of one subscription by the end of a day: who pays, what it depends on, how it is billed.

The customer is in New York, five hours after UTC: 1 February begins there at 05:00 UTC, so what is dated 1 February is
not known on 31 January, and what was said at 02:00 UTC of 1 February is.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from shared.billing.account import (
    Account,
    Payer,
    account_on,
    next_known,
    scopes_of,
    timeline_on,
)
from shared.billing.facts import Fact
from shared.billing.founding import known_facts, zone_of
from shared.billing.masterdata import MasterData
from shared.billing.state import next_change
from tests.billing_dsl import (
    Event,
    Json,
    canceled,
    customer_changed,
    event,
    facts_from,
    ordered,
    product_defined,
    reseller_changed,
    seats,
    setting,
)

JANUARY, FEBRUARY = date(2025, 1, 31), date(2025, 2, 1)
IN_THE_EVENING = "2025-02-01T02:00:00Z"  # 21:00 of 31 January in New York
CUSTOMER = {"id": "cus-1", "time_zone": "America/New_York"}


def order(quantity: int = 1, **item: object) -> Event:
    fields: Json = {"customer": CUSTOMER, **item}
    return ordered(quantity, on="2025-01-01", **fields)


def about(facts: list[Fact], sub: str = "sub-1") -> list[Fact]:
    return [fact for fact in facts if (fact.scope, fact.scope_id) == ("subscription", sub)]


def account(*events: Event, on: date = FEBRUARY, sub: str = "sub-1") -> Account:
    """The account of a subscription, of what is known by the end of a day."""
    facts = facts_from(events)
    found = account_on(sub, about(facts, sub), MasterData.of(facts), on)
    assert found is not None
    return found


def now(value: object, key: str, scope: str = "organisation", of: str | None = None) -> Event:
    """A setting that holds from 21:00 of 31 January on."""
    return setting(key, value, since=IN_THE_EVENING, scope=scope, of=of)


GERMANY = [now("DE", "seller_country"), now("0.19", "tax_rate.DE"), now("0.07", "tax_rate.DE.book")]
TO_ALICE = order(reseller="alice")


@pytest.mark.parametrize(
    ("events", "payer"),
    [
        pytest.param([order()], Payer("cus-1", Decimal(0), separate=False), id="the customer itself"),
        pytest.param(
            [order(), customer_changed(on=IN_THE_EVENING, tax_rate="0.24")],
            Payer("cus-1", Decimal("0.24"), separate=False), id="its tax since the evening",
        ),
        pytest.param(
            [order(), customer_changed(on="2025-02-01", tax_rate="0.24")],
            Payer("cus-1", Decimal(0), separate=False), id="its tax of tomorrow",
        ),
        pytest.param(
            [TO_ALICE, reseller_changed(on=IN_THE_EVENING, reseller="alice", tax_rate="0.24")],
            Payer("alice", Decimal("0.24"), separate=False), id="the order's reseller",
        ),
        pytest.param(
            [TO_ALICE, reseller_changed(on="2025-02-01", reseller="alice", tax_rate="0.24")],
            Payer("alice", Decimal(0), separate=False), id="a reseller's tax of tomorrow",
        ),
        pytest.param(
            [TO_ALICE, customer_changed(on=IN_THE_EVENING, reseller_id="bob")],
            Payer("bob", Decimal(0), separate=False), id="the reseller that the customer went to",
        ),
        pytest.param(
            [TO_ALICE, customer_changed(on="2025-02-01", reseller_id="bob")],
            Payer("alice", Decimal(0), separate=False), id="where the customer goes tomorrow",
        ),
        pytest.param([order(), *GERMANY], Payer("cus-1", Decimal("0.19"), separate=False), id="its country's rate"),
        pytest.param(
            [order(product={"id": "office", "tax_type": "book"}), *GERMANY],
            Payer("cus-1", Decimal("0.07"), separate=False), id="the rate of the order's type of product",
        ),
        pytest.param(
            [order(), product_defined(on=IN_THE_EVENING, tax_type="book"), *GERMANY],
            Payer("cus-1", Decimal("0.07"), separate=False), id="the rate of the product's type",
        ),
        pytest.param(
            [order(), product_defined(on="2025-02-01", tax_type="book"), *GERMANY],
            Payer("cus-1", Decimal("0.19"), separate=False), id="the type that the product has tomorrow",
        ),
        pytest.param(
            [order(product={"id": "office", "tax_type": "book"}),
             product_defined(on=IN_THE_EVENING, tax_type="exempt"), *GERMANY],
            Payer("cus-1", Decimal("0.07"), separate=False), id="the order's own type wins",
        ),
        pytest.param(
            [order(customer={**CUSTOMER, "country": "FR", "vat_id": "FR40303265045"}), *GERMANY],
            Payer("cus-1", Decimal(0), separate=False, reverse_charge=True), id="reverse charge",
        ),
        pytest.param(
            [order(), customer_changed(on=IN_THE_EVENING, separate_invoices=True)],
            Payer("cus-1", Decimal(0), separate=True), id="on invoices of its own",
        ),
        pytest.param(
            [order(), now(True, "separate_invoices", "customer", "cus-1")],
            Payer("cus-1", Decimal(0), separate=True), id="on invoices of its own by its setting",
        ),
        pytest.param(
            [TO_ALICE, now(True, "separate_invoices", "reseller", "alice")],
            Payer("alice", Decimal(0), separate=True), id="by its reseller's setting",
        ),
        pytest.param(
            [TO_ALICE, customer_changed(on=IN_THE_EVENING, reseller_id="bob"),
             now(True, "separate_invoices", "reseller", "alice")],
            Payer("bob", Decimal(0), separate=False), id="by the setting of a reseller that it left",
        ),
    ],
)  # fmt: skip
def test_who_pays_on_31_january(events: list[Event], payer: Payer) -> None:
    assert account(*events, on=JANUARY).payer() == payer


@pytest.mark.parametrize(
    ("events", "currency"),
    [
        pytest.param([customer_changed(on=IN_THE_EVENING, transaction_currency="USD")], "USD", id="the customer's"),
        pytest.param([customer_changed(on="2025-02-01", transaction_currency="USD")], None, id="its one of tomorrow"),
        pytest.param([customer_changed(on=IN_THE_EVENING, customer="cus-2", transaction_currency="USD")], None,
                     id="somebody else's"),
        pytest.param(
            [reseller_changed(on=IN_THE_EVENING, reseller="cus-1", transaction_currency="GBP"),
             customer_changed(on=IN_THE_EVENING, transaction_currency="USD")], "GBP", id="a reseller's",
        ),
        pytest.param(
            [reseller_changed(on="2025-02-01", reseller="cus-1", transaction_currency="GBP")], None,
            id="a reseller's one of tomorrow",
        ),
    ],
)  # fmt: skip
def test_what_a_recipient_pays_in_on_31_january(events: list[Event], currency: str | None) -> None:
    assert account(order(), *events, on=JANUARY).transaction_currency("cus-1") == currency


def test_what_waits_for_its_order_has_neither_zone_nor_timeline_nor_account() -> None:
    facts, master = facts_from([seats(3, on="2025-01-10")]), MasterData()

    assert zone_of(facts, master) is None
    assert timeline_on("sub-1", facts, master, FEBRUARY) is None
    assert account_on("sub-1", facts, master, FEBRUARY) is None
    assert next_known(None, facts, master, date(2025, 1, 1)) is None


def test_a_refused_order_has_a_timeline_but_no_account() -> None:
    facts = facts_from([order(term="P1M", billing_frequency="P1Y")])
    master = MasterData.of(facts)

    assert account_on("sub-1", about(facts), master, FEBRUARY) is None
    assert timeline_on("sub-1", about(facts), master, FEBRUARY) is not None


def test_what_is_known_of_a_subscription_is_what_was_said_by_the_end_of_the_customer_s_day() -> None:
    events = [order(), seats(2, on=IN_THE_EVENING), seats(3, on="2025-02-01")]
    facts = about(facts_from(events))

    assert [fact.id for fact in known_facts(facts, MasterData(), JANUARY)] == ["1", "2"]
    assert [change.quantity for change in account(*events, on=JANUARY).timeline.seats] == [1, 2]
    assert [change.quantity for change in account(*events, on=FEBRUARY).timeline.seats] == [1, 2, 3]


def test_a_subscription_looks_at_its_customer_products_and_resellers() -> None:
    events = [
        ordered(1, on="2025-01-01", sub="base", customer="cus-0", product="server", reseller="zoe"),
        order(parent_subscription_id="base", reseller="alice"),
        event("SubscriptionConverted", "2025-01-20", {"subscription_id": "sub-1", "customer_id": "cus-1",
                                                      "product": {"id": "suite"}, "unit_price": "20.00"}),
        customer_changed(on="2025-01-25", reseller_id="bob"),
    ]  # fmt: skip

    assert scopes_of(account(*events)) == {
        ("customer", "cus-1"),
        ("organisation", ""),
        ("product", "office"),
        ("product", "suite"),
        ("reseller", "alice"),
        ("reseller", "bob"),
    }


def test_who_pays_for_itself_is_asked_for_as_a_reseller_too() -> None:
    # What it pays in is looked up among resellers first (rule R6.8).
    assert scopes_of(account(order())) == {
        ("customer", "cus-1"),
        ("reseller", "cus-1"),
        ("organisation", ""),
        ("product", "office"),
    }


@pytest.mark.parametrize(
    ("said", "on", "then"),
    [
        (seats(3, on="2025-02-20"), JANUARY, date(2025, 2, 20)),
        (seats(3, on=IN_THE_EVENING), date(2025, 1, 30), JANUARY),
        (seats(3, on=IN_THE_EVENING), JANUARY, None),
        (customer_changed(on=IN_THE_EVENING, name="Acme"), date(2025, 1, 30), JANUARY),
        (customer_changed(on=IN_THE_EVENING, name="Acme"), JANUARY, None),
        (customer_changed(on="2025-02-20", customer="cus-2", name="Other"), JANUARY, None),
    ],
)
def test_when_something_that_bears_on_it_becomes_known_next(said: Event, on: date, then: date | None) -> None:
    facts = facts_from([order(), said])

    assert next_known(account(order(), said, on=on), about(facts), MasterData.of(facts), on) == then


ATHENS: Json = {"id": "cus-0", "time_zone": "Europe/Athens"}
IN_UTC: Json = {"id": "cus-9", "time_zone": "UTC"}
# Of an add-on in New York: its parent in Athens, which is an add-on itself, of one in UTC.
FAMILY = (
    ordered(1, on="2025-01-01", sub="top", customer=IN_UTC, product="rack"),
    ordered(1, on="2025-01-01", sub="base", customer=ATHENS, product="server", parent_subscription_id="top"),
    order(parent_subscription_id="base"),
)
# The 16th in Athens already, and the 15th still in New York.
IN_ATHENS, NOT_IN_NEW_YORK = "2025-01-15T22:30:00Z", "2025-01-16T02:00:00Z"


@pytest.mark.parametrize(
    ("said", "then"),
    [
        pytest.param(canceled(on=NOT_IN_NEW_YORK, sub="base"), 16, id="its parent"),
        pytest.param(canceled(on=IN_ATHENS, sub="base"), 16, id="its parent, where it is the next day first"),
        pytest.param(canceled(on=NOT_IN_NEW_YORK, sub="top"), 16, id="what is above its parent"),
        pytest.param(canceled(on=IN_ATHENS, sub="top"), 15, id="what is above, where it is the next day later"),
        pytest.param(customer_changed(on=NOT_IN_NEW_YORK), 15, id="its customer"),
        pytest.param(customer_changed(on=IN_ATHENS, customer="cus-0"), 16, id="its parent's customer"),
        pytest.param(customer_changed(on=IN_ATHENS, customer="cus-9"), 15, id="the customer above"),
        pytest.param(product_defined(on=IN_ATHENS, product="server"), 16, id="its parent's product"),
        pytest.param(product_defined(on=NOT_IN_NEW_YORK, product="rack"), 16, id="the product above"),
        pytest.param(setting("est_enabled", False, since=NOT_IN_NEW_YORK), 15, id="all, where it is known first"),
        pytest.param(canceled(on=NOT_IN_NEW_YORK, sub="beside"), None, id="another subscription"),
    ],
)
def test_an_add_on_hears_of_its_parents_on_the_days_of_their_own_customers(said: Event, then: int | None) -> None:
    facts, on = facts_from([*FAMILY, said]), date(2025, 1, 10)
    found = account(*FAMILY, said, on=on)

    assert next_known(found, about(facts), MasterData.of(facts), on) == (then and date(2025, 1, then))
    assert next_change(found, on) == (date(2025, 1, then) if then else FEBRUARY)


def test_an_add_on_ends_in_the_run_that_ends_its_parent() -> None:
    events = [*FAMILY, canceled(on=IN_ATHENS, sub="base")]

    for day, ended in ((15, False), (16, True)):
        ends = [account(*events, on=date(2025, 1, day), sub=sub).timeline.end for sub in ("base", "sub-1")]
        assert [end is not None for end in ends] == [ended, ended]


def test_a_parent_that_is_ordered_later_is_heard_of_then() -> None:
    facts = facts_from([FAMILY[2], canceled(on="2025-02-03", sub="base"), {**FAMILY[1], "time": "2025-02-05"}])
    found = account(FAMILY[2], on=JANUARY)

    assert next_known(found, about(facts), MasterData.of(facts), JANUARY) is None
    known = account_on("sub-1", about(facts), MasterData.of(facts), JANUARY)
    assert next_known(known, about(facts), MasterData.of(facts), JANUARY) == date(2025, 2, 5)


def test_without_an_account_only_its_own_facts_bear_on_it() -> None:
    facts = facts_from([order(), seats(3, on="2025-02-20"), customer_changed(on="2025-02-10", name="Acme")])

    assert next_known(None, about(facts), MasterData.of(facts), JANUARY) == date(2025, 2, 20)


def test_an_add_on_does_not_end_with_its_parent_before_that_is_known() -> None:
    events = [
        ordered(1, on="2025-01-01", sub="base", customer=CUSTOMER),
        order(parent_subscription_id="base"),
        event("LicensesChanged", "2025-01-05", {"subscription_id": "sub-1", "customer_id": "cus-1", "quantity": 0}),
        canceled(on="2025-01-20", known="2025-02-01", sub="base"),
    ]
    in_january, in_february = account(*events, on=JANUARY).timeline, account(*events, on=FEBRUARY).timeline

    assert (in_january.subscription_id, in_january.end, len(in_january.rejected)) == ("sub-1", None, 1)
    assert in_february.end is not None
    assert (in_february.end.on, len(in_february.rejected)) == (date(2025, 1, 20), 1)


def test_the_billing_day_does_not_move_before_the_move_is_known() -> None:
    events = [order(), customer_changed(on="2025-02-10", billing_day=15)]

    begins = {
        on: [phase.begins for phase in account(*events, on=on).layout.phases] for on in (JANUARY, date(2025, 2, 10))
    }

    assert begins == {
        JANUARY: [date(2025, 1, 1)],
        date(2025, 2, 10): [date(2025, 1, 1), date(2025, 3, 1)],  # a short cycle from the next boundary on
    }


def test_an_end_that_is_known_to_come_stands_in_the_account() -> None:
    ends = account(order(), canceled(on="2025-01-20", mode="end_of_cycle"), on=JANUARY).timeline.end

    assert ends is not None
    assert ends.on == FEBRUARY
