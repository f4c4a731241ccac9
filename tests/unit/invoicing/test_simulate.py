"""`simulate`: the shape of what comes out, its order, what is rejected, which runs are made."""

from __future__ import annotations

from tests.billing_dsl import (
    Event,
    Json,
    canceled,
    event,
    given,
    ordered,
    price,
    seats,
    setting,
    table,
)

SAMPLE: list[Event] = [
    event(
        "OrderExecuted",
        "2026-01-15T09:00:00Z",
        {
            "order_id": "ord-1",
            "currency": "EUR",
            "reseller": {"id": "res-1", "name": "Aegean Cloud", "tax_rate": "0.24"},
            "customer": {"id": "cus-1", "name": "Contoso", "time_zone": "Europe/Athens", "billing_day": 1},
            "items": [
                {
                    "subscription_id": "sub-1",
                    "product": {"id": "o365-business", "name": "Office 365 Business", "vendor": "microsoft"},
                    "quantity": 5,
                    "unit_price": "10.00",
                    "free_period": True,
                    "price_protection_months": 12,
                }
            ],
        },
    ),
    seats(8, on="2026-01-25T09:00:00Z"),
    seats(9, on="2026-02-22T09:00:00Z"),
    price("11.00", since="2026-06-01", product="o365-business"),
]


def without_why(document: Json) -> Json:
    """A document whose lines are not explained: what explains them has tests of its own."""
    lines = [{name: value for name, value in line.items() if name != "why"} for line in document["lines"]]
    return {**document, "lines": lines}


def test_the_sample_of_the_contract() -> None:
    result = given(*SAMPLE).until("2027-02-01")

    def line(name: str, kind: str, until: str, quantity: int, unit_price: str, net: str) -> Json:
        return {
            "line": f"sub-1/{name}",
            "customer": "cus-1",
            "subscription": "sub-1",
            "product": "o365-business",
            "kind": kind,
            "from": name.partition("/")[2],
            "to": until,
            "quantity": quantity,
            "unit_price": unit_price,
            "net": net,
        }

    assert without_why(result.json[0]) == {
        "kind": "invoice",
        "date": "2026-02-01",
        "recipient": "res-1",
        "customer": None,
        "currency": "EUR",
        "net": "80.00",
        "tax": "19.20",
        "gross": "99.20",
        "lines": [
            line("2026-01-15/2026-01-15", "free", "2026-01-31", 5, "0.00", "0.00"),
            line("2026-01-15/2026-01-25", "free", "2026-01-31", 3, "0.00", "0.00"),
            line("2026-02-01/2026-02-01", "recurring", "2026-02-28", 8, "10.00", "80.00"),
        ],
    }
    assert result.subscriptions == [
        {
            "subscription": "sub-1",
            "status": "active",
            "quantity": 9,
            "unit_price": "11.00",
            "billing_plan": "-",
            "term_start": "2027-02-01",
            "term_end": "2027-02-28",
            "protected_until": "2028-02-01",
        }
    ]
    assert (result.plans, result.rejected) == ([], [])


def test_a_prorated_line_carries_days_and_the_prorated_unit() -> None:
    result = given(*SAMPLE).until("2026-03-01")

    assert without_why(result.json[1])["lines"][0] == {
        "line": "sub-1/2026-02-01/2026-02-22",
        "customer": "cus-1",
        "subscription": "sub-1",
        "product": "o365-business",
        "kind": "prorated",
        "from": "2026-02-22",
        "to": "2026-02-28",
        "quantity": 1,
        "unit_price": "10.00",
        "days": 7,
        "of_days": 28,
        "unit_net": "2.50",
        "net": "2.50",
    }


def test_a_credit_line_carries_what_it_returns() -> None:
    result = given(ordered(9, on="2026-03-01"), seats(7, on="2026-03-20")).until("2026-04-01")

    assert result.json[1]["kind"] == "credit_note"
    assert without_why(result.json[1])["lines"] == [
        {
            "line": "sub-1/2026-03-01/2026-03-01/2",
            "customer": "cus-1",
            "subscription": "sub-1",
            "product": "office",
            "kind": "credit",
            "from": "2026-03-20",
            "to": "2026-03-31",
            "quantity": 2,
            "unit_price": "10.00",
            "days": 12,
            "of_days": 31,
            "unit_net": "3.87",
            "net": "7.74",
            "returns": "sub-1/2026-03-01/2026-03-01",
        }
    ]


def test_only_prorated_and_credit_lines_carry_days() -> None:
    result = given(
        *SAMPLE,
        ordered(1, "120.00", on="2026-02-01", sub="sub-2", term="P1Y", billing_frequency="P1M"),
        seats(2, on="2026-02-10", sub="sub-2"),
        seats(7, on="2026-03-10"),
    ).until("2026-04-01")

    kinds = {line["kind"]: {"days", "of_days", "unit_net"} & line.keys() for line in result.lines}
    assert kinds == {
        "free": set(),
        "recurring": set(),
        "installment": set(),
        "prorated": {"days", "of_days", "unit_net"},
        "credit": {"days", "of_days", "unit_net"},
    }
    assert {line["kind"] for line in result.lines if "returns" in line} == {"credit"}


def test_documents_are_sorted_by_date_recipient_customer_currency_and_kind() -> None:
    def order(sub: str, customer: Json, reseller: str, currency: str = "EUR") -> Event:
        return ordered(9, on="2026-03-01", sub=sub, customer=customer, reseller=reseller, currency=currency)

    result = given(
        order("sub-5", {"id": "z"}, "res-2"),
        order("sub-4", {"id": "c", "separate_invoices": True}, "res-1"),
        order("sub-3", {"id": "b", "separate_invoices": True}, "res-1"),
        order("sub-2", {"id": "a"}, "res-1", "USD"),
        order("sub-1", {"id": "a"}, "res-1"),
        seats(7, on="2026-03-20"),
    ).until("2026-04-01")

    keys = [(d["date"], d["recipient"], d["customer"] or "", d["currency"], d["kind"]) for d in result.json]
    assert keys == sorted(keys)
    assert [key[1:] for key in keys[5:]] == [
        ("res-1", "", "EUR", "credit_note"),
        ("res-1", "", "EUR", "invoice"),
        ("res-1", "", "USD", "invoice"),
        ("res-1", "b", "EUR", "invoice"),
        ("res-1", "c", "EUR", "invoice"),
        ("res-2", "", "EUR", "invoice"),
    ]


def test_lines_are_sorted_by_customer_subscription_from_kind_and_line() -> None:
    result = given(
        ordered(1, on="2026-03-01", sub="sub-9", customer="a", reseller="res-1"),
        ordered(1, on="2026-02-20", sub="sub-2", customer="b", reseller="res-1"),
        ordered(1, on="2026-03-01", sub="sub-1", customer="b", reseller="res-1"),
    ).until("2026-03-01")

    keys = [(x["customer"], x["subscription"], x["from"], x["kind"], x["line"]) for x in result.lines]
    assert keys == sorted(keys)
    assert [key[1] for key in keys] == ["sub-9", "sub-1", "sub-2", "sub-2"]


def test_every_further_line_on_a_key_is_a_revision() -> None:
    result = given(
        ordered(5, on="2026-03-01"),
        seats(6, on="2026-03-01", known="2026-03-05"),
        seats(4, on="2026-03-01", known="2026-03-10"),
        canceled(on="2026-03-20"),
    ).until("2026-04-01")

    assert [
        (line["line"].removeprefix("sub-1/2026-03-01/"), line["kind"], line["quantity"]) for line in result.lines
    ] == [
        ("2026-03-01", "recurring", 5),
        ("2026-03-01/2", "recurring", 1),
        ("2026-03-01/3", "credit", 1),
        ("2026-03-01/4", "credit", 1),
        ("2026-03-01/5", "credit", 4),
    ]


def test_what_still_waits_for_its_order_is_rejected_at_the_end_with_the_reason() -> None:
    result = given(seats(8, on="2026-03-10", sub="sub-9")).until("2026-04-01")

    assert result.rejected == [
        {
            "id": "1",
            "type": "LicensesChanged",
            "reason": "waits for the order of subscription sub-9: execute that order, or import the subscription",
        }
    ]


def test_what_waits_is_used_once_its_order_comes() -> None:
    result = given(seats(8, on="2026-03-10"), ordered(5, on="2026-03-01", known="2026-03-15")).until("2026-04-01")

    assert result.rejected == []
    assert result.totals == ["2026-03-15 invoice 50.00", "2026-04-01 invoice 101.30"]


def test_facts_that_become_known_after_the_end_do_not_count() -> None:
    late = [seats(0, on="2026-03-20"), seats(8, on="2026-03-10", known="2026-03-25")]

    result = given(ordered(5, on="2026-03-01"), *late).until("2026-03-15")

    assert (result.totals, result.rejected, result.subscription["quantity"]) == (["2026-03-01 invoice 50.00"], [], 5)


def test_a_run_knows_what_became_known_that_day_where_the_customer_is() -> None:
    # 23:30Z on 31 March is 1 April in Athens: the run of 1 April knows it, that of 31 March does not.
    athens = {"id": "cus-1", "time_zone": "Europe/Athens", "partial_charges_invoicing": "order_day"}
    history = given(
        ordered(5, on="2026-03-01", customer=athens), seats(6, on="2026-03-10", known="2026-03-31T23:30:00Z")
    )

    assert history.until("2026-03-31").totals == ["2026-03-01 invoice 50.00"]
    assert history.until("2026-04-01").totals[1:] == ["2026-04-01 invoice 67.10"]


def test_running_until_later_gives_the_earlier_documents_unchanged() -> None:
    history = given(*SAMPLE, canceled(on="2026-05-10", known="2026-06-15"))
    whole = history.until("2026-12-31").json

    for day in ("2026-01-31", "2026-02-01", "2026-03-15", "2026-06-14", "2026-06-15"):
        assert history.until(day).json == [document for document in whole if document["date"] <= day]


def test_runs_are_made_on_the_given_days_only() -> None:
    history = given(ordered(5, on="2026-01-15"), seats(6, on="2026-03-10"))

    assert history.until(
        "2026-12-31", runs=["2026-03-15", "2026-02-10", "2026-03-15", "2027-01-01"]
    ).documents == table("""
        2026-02-10 invoice 77.40
            prorated 2026-01-15..2026-01-31 5 x 5.48 = 27.40 (17/31 of 10.00)
            recurring 2026-02-01..2026-02-28 5 x 10.00 = 50.00
        2026-03-15 invoice 50.00
            recurring 2026-03-01..2026-03-31 5 x 10.00 = 50.00
    """)


def test_documents_without_any_amount_are_left_out_unless_they_are_wanted() -> None:
    history = given(ordered(5, on="2026-01-15", free_period=True), canceled(on="2026-01-20"))

    assert history.until("2026-12-31").documents == []
    assert history.under(issue_zero_invoices="true").until("2026-12-31").documents == table("""
        2026-01-20 invoice 0.00
            free 2026-01-15..2026-01-19 5 x 0.00 = 0.00
    """)


def test_a_setting_may_change_whether_zero_documents_are_issued() -> None:
    result = given(
        ordered(
            5, on="2026-01-15", free_period=True, customer={"id": "cus-1", "partial_charges_invoicing": "order_day"}
        ),
        setting("issue_zero_invoices", True, since="2026-01-20"),
    ).until("2026-01-31")

    assert result.totals == ["2026-01-20 invoice 0.00"]


def test_pending_before_the_start_active_after_it_and_the_last_quantity_after_the_end() -> None:
    history = given(ordered(5, on="2026-03-01", known="2026-02-10"), canceled(on="2026-04-10"))

    def shown(day: str) -> tuple[object, object, object]:
        state = history.until(day).subscription
        return state["status"], state["quantity"], state["term_end"]

    assert shown("2026-02-15") == ("pending", 5, "2026-03-31")
    assert shown("2026-03-01") == ("active", 5, "2026-03-31")
    assert shown("2026-04-10") == ("canceled", 5, "2026-04-30")
    assert shown("2027-01-01") == ("canceled", 5, "2026-04-30")


def test_status_follows_provisioning() -> None:
    failed = event(
        "ProvisioningFailed", "2026-03-02", {"subscription_id": "sub-1", "customer_id": "cus-1", "reason": "no tenant"}
    )
    done = event("SubscriptionProvisioned", "2026-03-05", {"subscription_id": "sub-1", "customer_id": "cus-1"})
    history = given(ordered(5, on="2026-03-01"), failed, done)

    assert history.until("2026-03-03").subscription["status"] == "failed"
    assert history.until("2026-03-05").subscription["status"] == "active"
    assert history.until("2026-03-05").totals == ["2026-03-01 invoice 50.00"]


def test_plans_of_cancelled_subscriptions_are_left_out() -> None:
    def order(sub: str) -> Event:
        return ordered(1, "120.00", on="2026-03-01", sub=sub, term="P1Y", billing_frequency="P1M")

    result = given(order("sub-1"), order("sub-2"), canceled(on="2026-03-20")).until("2026-04-01")

    assert [plan["subscription"] for plan in result.plans] == ["sub-2"]
