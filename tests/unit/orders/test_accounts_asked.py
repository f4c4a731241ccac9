"""Commands on accounts: who may register and change whom, and what comes of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.orders.commands.bodies import ChangeReseller, RegisterReseller
from shared.commands.decision import CommandRefused, Exists, Forbidden, Outdated, Unknown
from shared.commands.principal import OPERATOR, Principal
from tests.unit.orders.shop import ANOTHER, CUSTOMER, RESELLER, SUCCESS, Shop, open_shop, read


def test_a_reseller_is_registered_with_its_billing_settings() -> None:
    shop = Shop()
    decided = shop.reseller(extra_charge_rate="0.05", country="GR")
    assert decided.created
    assert decided.body["extra_charge_rate"] == "0.05"
    assert shop.events[0]["data"] == {
        "id": "res-1", "name": "Aegean Cloud", "tax_rate": "0.24", "extra_charge_rate": "0.05", "country": "GR",
    }  # fmt: skip


def test_what_exists_is_not_registered_again() -> None:
    shop = open_shop()
    with pytest.raises(Exists, match="reseller res-1 exists already: choose another id, or change it"):
        shop.reseller()
    with pytest.raises(Exists, match="customer cus-1 exists already"):
        shop.customer()


def test_no_reseller_and_customer_have_the_same_id_for_they_would_share_documents() -> None:
    shop = open_shop()
    shared = "res-1 is a reseller already, and a customer of that id would share its documents: choose another id"
    with pytest.raises(Exists, match=shared):
        shop.customer("res-1")
    with pytest.raises(Exists, match=shared):
        shop.customer("res-1", reseller_id="res-1")
    with pytest.raises(Exists, match=shared):
        shop.place(customer={"id": "res-1", "name": "Contoso"})
    with pytest.raises(
        Exists, match="cus-1 is a customer already, and a reseller of that id would share its documents"
    ):
        shop.reseller("cus-1")


def test_another_reseller_is_not_told_whose_the_id_is() -> None:
    shop = open_shop()
    shop.reseller("res-2")
    with pytest.raises(Forbidden, match="may not register customer res-1: choose another id"):
        shop.customer("res-1", ANOTHER)


def test_what_upstream_named_alike_is_not_refused() -> None:
    shop = open_shop()
    shop.told("CustomerRegistered", {"id": "res-1", "name": "Contoso"})
    assert shop.change_customer("res-1", name="Fabrikam").body["name"] == "Fabrikam"


def test_a_new_customer_is_on_aggregated_invoices() -> None:
    shop = open_shop()
    decided = shop.customer("cus-2", reseller_id="res-1")
    assert decided.body["separate_invoices"] is False
    assert shop.events[-1]["data"]["separate_invoices"] is False


def test_a_new_customer_with_separate_invoices_is_refused_and_can_be_changed_afterwards() -> None:
    shop = open_shop()
    with pytest.raises(CommandRefused, match="register cus-2 without separate_invoices, and change it afterwards"):
        shop.customer("cus-2", separate_invoices=True)
    shop.customer("cus-2")
    assert shop.change_customer("cus-2", separate_invoices=True).body["separate_invoices"] is True
    assert shop.events[-1] == {
        "type": "CustomerChanged", "time": shop.events[-1]["time"], "data": {"id": "cus-2", "separate_invoices": True},
    }  # fmt: skip


def test_a_customer_without_a_reseller_pays_itself() -> None:
    assert Shop().customer().body["reseller"] is None


def test_a_customer_of_an_unknown_reseller_is_refused() -> None:
    with pytest.raises(Unknown, match="there is no reseller 'res-9': register it first"):
        Shop().customer(reseller_id="res-9")


def test_what_a_reseller_registers_is_its_own() -> None:
    shop = open_shop()
    assert shop.customer("cus-2", RESELLER).body["reseller"] == "res-1"
    assert shop.customer("cus-3", RESELLER, reseller_id="res-1").body["reseller"] == "res-1"
    with pytest.raises(Forbidden, match="may register customers of res-1 only"):
        shop.customer("cus-4", RESELLER, reseller_id="res-2")


def test_what_is_another_resellers_is_not_there() -> None:
    shop = open_shop()
    shop.reseller("res-2")
    with pytest.raises(Unknown, match="there is no customer 'cus-1'"):
        shop.change_customer("cus-1", ANOTHER, name="Mine")
    with pytest.raises(Forbidden, match="may not register customer cus-1: choose another id"):
        shop.customer("cus-1", ANOTHER)


def test_a_reseller_does_not_give_its_customer_away_and_the_distributor_may() -> None:
    shop = open_shop()
    shop.reseller("res-2")
    with pytest.raises(Forbidden, match="may not give customer cus-1 to another reseller"):
        shop.change_customer("cus-1", RESELLER, reseller_id="res-2")
    assert shop.change_customer("cus-1", reseller_id="res-2").body["reseller"] == "res-2"
    with pytest.raises(Unknown, match="there is no reseller 'res-9'"):
        shop.change_customer("cus-1", reseller_id="res-9")


@pytest.mark.parametrize("by", [RESELLER, SUCCESS])
@pytest.mark.parametrize("field", ["extra_charge_rate", "tax_rate"])
def test_rates_are_the_distributors_to_set(by: Principal, field: str) -> None:
    shop = open_shop()
    with pytest.raises(Forbidden, match=f"may not set {field}: that needs the permission rates:write"):
        shop.change_customer("cus-1", by, **{field: "0.05"})
    with pytest.raises(Forbidden, match=f"may not set {field}"):
        shop.customer("cus-2", by, **{field: "0.05"})
    assert shop.change_customer("cus-1", OPERATOR, **{field: "0.05"}).body[field] == "0.05"


def test_a_rate_that_is_so_already_needs_nothing() -> None:
    shop = open_shop()
    shop.change_customer("cus-1", extra_charge_rate="0.05")
    assert not shop.change_customer("cus-1", RESELLER, extra_charge_rate="0.050", name="Contoso").appending


def test_only_what_is_another_is_changed() -> None:
    shop = open_shop()
    shop.change_customer("cus-1", name="Contoso", billing_day=15)
    assert shop.events[-1]["data"] == {"id": "cus-1", "billing_day": 15}
    assert not shop.change_customer("cus-1", billing_day=15).appending


def test_a_field_that_a_setting_replaced_can_be_said_again() -> None:
    shop = open_shop()
    shop.change_customer("cus-1", extra_charge_rate="0.05")
    shop.setting("extra_charge_rate", "0.10", "customer", "cus-1")
    assert shop.change_customer("cus-1", extra_charge_rate="0.05").appending


@pytest.mark.parametrize("by", [RESELLER, CUSTOMER])
def test_resellers_are_registered_and_changed_by_the_distributor(by: Principal) -> None:
    shop = open_shop()
    with pytest.raises(Forbidden):
        shop.ask(read(RegisterReseller, {"id": "res-2"}), by=by)
    with pytest.raises(Forbidden):
        shop.ask(read(ChangeReseller, {"name": "Mine"}), "res-1", by=by)


def test_a_customer_may_change_nothing() -> None:
    shop = open_shop()
    with pytest.raises(Forbidden, match="accounts:write"):
        shop.change_customer("cus-1", CUSTOMER, name="Me")


def test_an_unknown_account_is_not_changed() -> None:
    with pytest.raises(Unknown, match="there is no reseller 'res-9'"):
        Shop().ask(read(ChangeReseller, {"name": "x"}), "res-9")


def test_a_version_that_is_no_more_is_refused() -> None:
    shop = open_shop()
    first = shop.ask(read(ChangeReseller, {"name": "One"}), "res-1").etag
    second = shop.ask(read(ChangeReseller, {"name": "Two"}), "res-1", if_match=first).etag
    assert second != first
    with pytest.raises(Outdated, match=f"reseller res-1 has changed since version {first}: read it again"):
        shop.ask(read(ChangeReseller, {"name": "Three"}), "res-1", if_match=first)
    shop.ask(read(ChangeReseller, {"name": "Three"}), "res-1", if_match="*")


def test_who_asked_first_and_is_decided_last_is_the_last_to_say() -> None:
    shop = open_shop()
    shop.at += timedelta(seconds=2)
    shop.change_customer("cus-1", name="decided first")
    shop.at -= timedelta(seconds=1)

    assert shop.change_customer("cus-1", name="decided last").body["name"] == "decided last"
