"""Where the next page is, and where it cannot be."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reconciliation.vendors.connector import NotReached
from services.reconciliation.vendors.microsoft.paging import BrokenLink, Step, following
from tests.unit.reconciliation.microsoft.surroundings import PartnerCenter, ok
from tests.unit.reconciliation.microsoft.test_reading import JSON

TOKEN = {"key": "MS-ContinuationToken", "value": "d19617b8,a4ayc/80/OG=,0d81"}


def page(uri: object, headers: object = (TOKEN,), method: object = "GET") -> dict[str, Any]:
    given_headers = list(headers) if isinstance(headers, tuple) else headers
    return {"items": [], "links": {"next": {"uri": uri, "method": method, "headers": given_headers}}}


@pytest.mark.parametrize(
    "uri",
    [
        "/v1/customers?size=2&seekOperation=Next",
        "/customers?size=2&seekOperation=Next",
        "/v1/customers?size=2?seekOperation=Next",
        "/customers?size=2?seekOperation=Next",
    ],
)
def test_the_same_page_however_its_link_is_written(uri: str) -> None:
    assert following(page(uri)) == Step(
        "/customers?size=2&seekOperation=Next", (("MS-ContinuationToken", "d19617b8,a4ayc/80/OG=,0d81"),)
    )


def test_names_of_links_with_capitals() -> None:
    link = {"Uri": "/customers?size=2", "Method": "GET", "Headers": [{"Key": "A", "Value": "b"}]}
    assert following({"Links": {"Next": link}}) == Step("/customers?size=2", (("A", "b"),))


@pytest.mark.parametrize("last", [{}, {"links": {}}, {"links": {"next": None}}, {"links": None}])
def test_the_last_page_has_no_next(last: dict[str, Any]) -> None:
    assert following(last) is None


@pytest.mark.parametrize(
    "uri",
    [
        "https://partnercenter.example/v1/customers", "//partnercenter.example/customers", "@partnercenter.example/",
        "customers?size=2", "{{NextUri}}", "", None, 7, "/customers#all", "/a/../../b", "/customers\r\nHost: other",
        "/\\partnercenter.example",
    ],
)  # fmt: skip
def test_a_link_that_leads_elsewhere_is_not_followed(uri: object) -> None:
    with pytest.raises(BrokenLink):
        following(page(uri))


@pytest.mark.parametrize("headers", ["MS-ContinuationToken", [{"key": "A"}], [{"key": "A\r\n", "value": "b\nc"}], [7]])
def test_headers_that_cannot_be_read_are_not_sent(headers: object) -> None:
    with pytest.raises(BrokenLink):
        following(page("/customers", headers))


def test_a_link_to_change_something_is_not_followed() -> None:
    with pytest.raises(BrokenLink):
        following(page("/customers", method="DELETE"))


@given(st.dictionaries(st.sampled_from(["uri", "method", "headers", "key"]), JSON))
def test_any_link_is_followed_under_our_address_or_not_at_all(link: dict[str, Any]) -> None:
    try:
        step = following({"links": {"next": link}})
    except BrokenLink:
        return
    assert step is not None
    assert step.path.startswith("/")
    assert not step.path.startswith("//")


def accounts(center: PartnerCenter) -> tuple[list[str], str | None]:
    """The customers that are listed before the listing ends, and with what it ends."""

    async def scenario() -> tuple[list[str], str | None]:
        found: list[str] = []
        try:
            async for one in center.connector().list_accounts():
                found.append(one.account_id)
        except NotReached as error:
            return found, str(error)
        return found, None

    return asyncio.run(scenario())


def test_pages_that_lead_in_a_circle_end() -> None:
    first = ok({"items": [{"id": "a"}], "links": {"next": {"uri": "/customers?size=500", "headers": [TOKEN]}}})
    center = PartnerCenter(first)
    ended = "Partner Center could not list the customers to the end: its pages lead in a circle"
    assert accounts(center) == (["a"], ended)
    assert len(center.asked) == 2


def test_what_came_before_a_page_that_is_none_counts() -> None:
    items = [{"id": "a"}, {"id": None}, {"id": "A"}, {"id": "b"}]
    first = ok({"items": items, "links": page("/customers?p=2")["links"]})
    listed, ended = accounts(PartnerCenter(first, ok({"value": []})))
    assert listed == ["a", "b"], "one without an id is left out, one that comes twice is given once"
    assert ended == "Partner Center could not list the customers to the end: a page has no items"


def test_the_token_goes_along_and_cannot_replace_what_says_who_asks() -> None:
    headers = [TOKEN, {"key": "authorization", "value": "Bearer other"}, {"key": "Host", "value": "elsewhere"}]
    first = ok({"items": [], "links": page("/customers?p=2", headers)["links"]})
    center = PartnerCenter(first, ok({"items": []}))
    assert accounts(center) == ([], None)
    second = center.asked[1]
    assert second.headers["MS-ContinuationToken"] == TOKEN["value"]
    assert second.headers.get_list("Authorization") == ["Bearer token-1"]
    assert second.headers["Host"] == "api.partnercenter.microsoft.com"


def test_each_page_is_another_request_of_the_same_operation() -> None:
    first = ok({"items": [], "links": page("/customers?p=2")["links"]})
    center = PartnerCenter(first, ok({"items": []}))
    accounts(center)
    assert len(set(center.header("MS-RequestId"))) == 2
    assert len(set(center.header("MS-CorrelationId"))) == 1
