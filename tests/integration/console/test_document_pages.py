"""The pages of documents, of the next run and of a subscription's history, over an installation with documents."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.testclient import TestClient

from services.console import listing
from tests.infrastructure.brokers import Broker
from tests.infrastructure.databases import Databases
from tests.infrastructure.topics import delete_all_topics
from tests.integration.console.documents_world import make_documents, signed_in
from tests.integration.services.running import query

pytestmark = [pytest.mark.broker, pytest.mark.database]


@pytest.fixture(scope="module")
def dsn(broker: Broker, database_server: Databases) -> Iterator[str]:
    delete_all_topics(broker.address)
    made = database_server.create()
    make_documents(made, broker.address)
    yield made
    database_server.drop(made)


@pytest.fixture(scope="module")
def browser(dsn: str) -> Iterator[TestClient]:
    with signed_in(dsn) as found:
        yield found


def shown(browser: TestClient, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def numbers(browser: TestClient, path: str) -> set[str]:
    return set(re.findall(r'<th scope="row"><a href="/documents/([^"?]+)"', shown(browser, path)))


def all_numbers(dsn: str, condition: str) -> set[str]:
    return {number for (number,) in query(dsn, f"SELECT number FROM read.documents WHERE {condition}")}


@pytest.mark.parametrize(
    ("filters", "condition"),
    [
        ("", "true"),
        ("kind=credit_note", "kind = 'credit_note'"),
        ("recipient=res-2", "recipient = 'res-2'"),
        ("form=separate", "customer IS NOT NULL"),
        ("form=aggregated", "customer IS NULL"),
        ("from=2019-03-01&to=2019-04-01", "date BETWEEN '2019-03-01' AND '2019-04-01'"),
        ("from=&to=", "true"),
        ("state=owed", "number IN (SELECT number FROM read.open_invoices)"),
        ("state=open", "number IN (SELECT number FROM read.open_invoices WHERE open = gross)"),
        ("state=partly_credited", "number IN (SELECT number FROM read.open_invoices WHERE open < gross)"),
        (
            "state=credited",
            "kind = 'invoice' AND gross > 0 AND number NOT IN (SELECT number FROM read.open_invoices)",
        ),
        ("state=nothing_to_pay", "kind = 'invoice' AND gross = 0"),
        ("state=credit_note", "kind = 'credit_note'"),
        ("currency=EUR", "currency = 'EUR'"),
        ("currency=XXX", "false"),
        ("customer=d", "number IN (SELECT number FROM read.document_lines WHERE customer = 'd')"),
        ("q=res-2", "recipient = 'res-2'"),
    ],
)
def test_the_list_is_filtered(dsn: str, browser: TestClient, filters: str, condition: str) -> None:
    assert numbers(browser, f"/documents?{filters}") == all_numbers(dsn, condition)


def test_each_number_of_the_overview_leads_to_what_is_behind_it(browser: TestClient) -> None:
    links = re.findall(r'<a href="(/[^"]+)"[^>]*>([\d,]+)</a>', shown(browser, "/"))
    documents = [(to, int(count.replace(",", ""))) for to, count in links if to.startswith("/documents?state=")]

    assert {"state=open", "state=credit_note"} <= {to.partition("?")[2].partition("&")[0] for to, _ in documents}
    for to, count in documents:
        assert f" of {count} documents" in shown(browser, to), to
    for to, _ in links:
        assert browser.get(to).status_code == 200, to


def test_what_is_still_due_leads_to_subscriptions_of_its_currency(browser: TestClient) -> None:
    links = set(re.findall(r'href="(/subscriptions\?due=[^"]+)"', shown(browser, "/")))

    assert links
    for to in links:
        assert to.endswith("&currency=EUR")
    assert browser.get("/subscriptions?currency=EUR&format=csv").text.count("EUR") > 1
    assert browser.get("/subscriptions?currency=XXX&format=csv").text.count("\n") == 1
    assert "No subscriptions that fit" in shown(browser, "/subscriptions?currency=XXX")


def test_the_preview_of_a_run_follows_what_happens(browser: TestClient) -> None:
    page = shown(browser, "/next-run/res-2?date=2019-12-31")

    assert '<section id="preview" data-live' in page
    assert page.index('id="preview"') < page.index("subscriptions were looked at") < page.rindex("</section>")


@pytest.mark.parametrize("at_once", [1, 1000])
def test_the_list_as_a_file_has_what_the_page_has(
    dsn: str, browser: TestClient, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(listing, "AT_ONCE", at_once)
    text = browser.get("/documents?kind=credit_note&format=csv").content.decode("utf-8-sig")

    assert {row["number"] for row in csv.DictReader(io.StringIO(text))} == all_numbers(dsn, "kind = 'credit_note'")


def test_a_document_has_its_lines_by_customer_and_the_reason_of_each(dsn: str, browser: TestClient) -> None:
    ((number, net),) = query(dsn, "SELECT number, net::text FROM read.documents "
                                  "WHERE recipient = 'res-1' AND kind = 'invoice' AND customer IS NULL "
                                  "AND date = '2019-03-01'")  # fmt: skip
    page = shown(browser, f"/documents/{number}")

    assert net in page
    assert re.findall(r'rowgroup" colspan="6"><a href="/subscriptions\?customer=(\w)', page) == ["a", "b"]
    assert "LicensesChanged more of 2019-02-10 added 3 seats" in page
    assert '<a href="/subscriptions/a-1#event-more">LicensesChanged more</a>' in page
    assert 'id="event-more"' in shown(browser, "/subscriptions/a-1")


def test_credit_notes_and_invoices_lead_to_each_other(dsn: str, browser: TestClient) -> None:
    for note, invoice in query(dsn, "SELECT number, part ->> 'document' FROM read.documents, "
                                    "jsonb_array_elements(relates_to) AS part WHERE kind = 'credit_note'"):  # fmt: skip
        assert f'<a href="/documents/{invoice}">' in shown(browser, f"/documents/{note}")
        assert f'<a href="/documents/{note}">' in shown(browser, f"/documents/{invoice}")
    lines = query(dsn, "SELECT back.number, back.line, gone.number, gone.line FROM read.document_lines AS back "
                       "JOIN read.document_lines AS gone ON gone.line = back.returns")  # fmt: skip
    assert lines
    for note, _, invoice, _ in lines:
        assert f"/documents/{invoice}?customer=" in shown(browser, f"/documents/{note}")
        assert f"/documents/{note}?customer=" in shown(browser, f"/documents/{invoice}")


def test_without_invoicing_a_document_is_read_nevertheless(dsn: str) -> None:
    (number, *_) = sorted(all_numbers(dsn, "date = '2019-03-01' AND recipient = 'res-1' AND kind = 'invoice'"))
    with signed_in(dsn, apps={}) as browser:
        page = shown(browser, f"/documents/{number}")
        assert "invoicing does not answer" in page
        assert "because event " in page
        assert "subscriptions does not answer" in shown(browser, "/subscriptions/a-1")
        assert browser.get("/next-run/res-1").status_code == 503


def test_the_next_run_is_previewed(browser: TestClient) -> None:
    # The next charges are those of today: the clock of a projection only moves forward.
    assert 'href="/next-run/res-1?date=2099-01-01"' in shown(browser, "/next-run?date=2099-01-01")
    page = shown(browser, "/next-run/res-1?date=2019-06-01")
    assert 'href="/subscriptions/a-1"' in page
    assert 'href="/subscriptions/d-1"' not in page
    assert "is closed: the last invoice run is of 2019-05-01" in shown(browser, "/next-run/res-1?date=2019-04-01")
    assert browser.get("/next-run/nobody").status_code == 404


def test_a_customer_of_a_document_and_of_a_next_run_is_found(dsn: str, browser: TestClient) -> None:
    ((number,),) = query(dsn, "SELECT number FROM read.documents WHERE recipient = 'res-1' AND kind = 'invoice' "
                              "AND customer IS NULL AND date = '2019-03-01'")  # fmt: skip
    for path in (f"/documents/{number}", "/next-run/res-1?date=2019-06-01"):
        where, _, day = path.partition("?")
        to = browser.get(where, params=f"{day}&find=a", follow_redirects=False)
        assert (to.status_code, to.headers["location"]) == (303, f"{where}?{f'{day}&' if day else ''}customer=a")
        assert "No customer on it fits “nobody”" in shown(browser, f"{where}?{day}&find=nobody")


def test_of_many_customers_a_next_run_shows_those_with_lines_and_finds_the_others(dsn: str) -> None:
    invoicing = FastAPI()

    @invoicing.get("/v1/next-run")
    async def reckoned() -> object:
        line = {
            "line": "l",
            "customer": "cus-00000",
            "subscription": "s",
            "product": "p",
            "kind": "recurring",
            "from": "2026-01-01",
            "to": "2026-01-31",
            "quantity": 1,
            "unit_price": "10.00",
            "net": "10.00",
        }
        theirs = [{"customer": f"cus-{one:05}", "lines": 1, "net": "10.00"} for one in range(20_000)]
        document = {
            "kind": "invoice",
            "customer": None,
            "currency": "EUR",
            "net": "200000.00",
            "tax": "0.00",
            "gross": "200000.00",
            "customers": theirs,
            "lines": [line],
        }
        return {"closed": None, "subscriptions": 20_000, "unbillable": None, "documents": [document]}  # fmt: skip

    with signed_in(dsn, apps={"invoicing": invoicing}) as browser:
        page = shown(browser, "/next-run/res-1")
        assert page.count('class="group"') == 1
        assert "19,999 more customers are on it" in page
        assert "<option" not in page
        some = shown(browser, "/next-run/res-1?find=cus-1")
        assert "10,000 customers fit “cus-1”; these are the first 20" in some
        assert some.count('class="button plain" href="/next-run/res-1?customer=cus-1') == 20


def test_what_is_open_by_recipient(dsn: str, browser: TestClient) -> None:
    page = shown(browser, "/balances")
    for recipient, total in query(dsn, "SELECT recipient, sum(open)::text FROM read.open_invoices GROUP BY 1"):
        assert f"/documents?recipient={recipient}&currency=" in page
        assert total in page.replace(",", "")


def test_a_subscription_tells_what_happened_to_it(browser: TestClient) -> None:
    page = shown(browser, "/subscriptions/a-1")

    assert "Ordered with ord-a: 5 seats of office at 10.00 EUR" in page
    assert "8 seats from now on" in page
    refused = page[page.index('id="event-too early"') :]
    assert "starts" in refused[: refused.index("</li>")], "the reason stands with the event"
    assert 'role="img"' in page
    assert "Invoice INV-2019-" in shown(browser, "/subscriptions/a-1?life=all")


def test_what_is_anothers_has_no_page(dsn: str) -> None:
    (theirs, *_) = sorted(all_numbers(dsn, "recipient = 'res-1'"))
    with signed_in(dsn, "reseller", reseller="res-2") as browser:
        for path in (f"/documents/{theirs}", f"/documents/{theirs}/pdf", "/next-run/res-1", "/subscriptions/a-1"):
            assert browser.get(path).status_code == 404, path
        assert numbers(browser, "/documents") == all_numbers(dsn, "recipient = 'res-2'")
        assert "res-1" not in shown(browser, "/balances")


def test_files_are_passed_on_with_the_viewers_token(dsn: str) -> None:
    papers = FastAPI()
    asked: list[str | None] = []

    @papers.get("/v1/documents/{number:path}/pdf")
    async def paper(number: str, request: Request) -> object:
        asked.append(request.headers.get("authorization"))
        if number != "INV-1":
            return JSONResponse({"detail": f"there is no document {number!r}"}, 404)
        named = {"Content-Disposition": 'attachment; filename="INV-1.pdf"', "Set-Cookie": "mine=1"}
        return StreamingResponse(iter([b"%PDF-1.7 ", b"paper"]), media_type="application/pdf", headers=named)

    with signed_in(dsn, apps={"invoicing": papers}) as browser:
        answer = browser.get("/documents/INV-1/pdf")
        assert (answer.headers["content-type"], answer.content) == ("application/pdf", b"%PDF-1.7 paper")
        assert answer.headers["content-disposition"] == 'attachment; filename="INV-1.pdf"'
        assert "set-cookie" not in answer.headers
        assert browser.get("/documents/INV-2/pdf").status_code == 404
    assert all(header is not None and header.startswith("Bearer slt_") for header in asked)
