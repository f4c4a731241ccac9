"""A customer of Partner Center becomes an account of ours."""

from hypothesis import given
from hypothesis import strategies as st

from services.reconciliation.vendors.connector import VendorAccount
from services.reconciliation.vendors.microsoft.customers import account
from tests.unit.reconciliation.microsoft.test_reading import JSON


def test_a_customer_is_its_tenant() -> None:
    profile = {"CompanyName": "Contoso", "Domain": "contoso.example"}
    assert account({"Id": "B44BB1FB", "CompanyProfile": profile}) == VendorAccount(
        "b44bb1fb", "Contoso", "contoso.example"
    )


def test_a_customer_without_a_name_has_its_domain_s_or_its_id() -> None:
    assert account({"id": "c1", "companyProfile": {"domain": "d"}}) == VendorAccount("c1", "d", "d")
    assert account({"id": "c1"}) == VendorAccount("c1", "c1")


@given(st.dictionaries(st.sampled_from(["id", "companyProfile", "relationshipToPartner"]), JSON) | JSON)
def test_any_customer_is_one_or_is_left_out(customer: object) -> None:
    found = account(customer)
    assert found is None or found.account_id == found.account_id.strip().lower() != ""
