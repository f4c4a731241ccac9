"""What is posted to us is believed when Microsoft signed it, and says where to look."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given

from services.reconciliation.vendors.connector import Hint, Misconfigured, NotReached
from services.reconciliation.vendors.microsoft.signatures import SignatureCheck, Unsigned, claimed, permitted
from services.reconciliation.vendors.microsoft.webhooks import UnreadableEvent, WebhookEvent, Webhooks, event
from tests.unit.reconciliation.microsoft.certificates import NOW, URL, Holder, issued
from tests.unit.reconciliation.microsoft.surroundings import config
from tests.unit.reconciliation.microsoft.test_reading import JSON

ROOT = issued("Root", authority=True)
MIDDLE = issued("Issuing CA", ROOT, authority=True)
LEAF = issued("pcnotifications-dispatch.microsoft.com", MIDDLE)
BODY = json.dumps({
    "EventName": "subscription-updated",
    "ResourceUri": "http://api.partnercenter.microsoft.com/webhooks/v1/customers/C1/subscriptions/S1",
    "ResourceName": "subscription", "AuditUri": None, "ResourceChangeUtcDate": "2026-11-20T11:19:06.3520276+00:00",
}).encode()  # fmt: skip


def posted(**fields: Any) -> WebhookEvent:
    return event(json.dumps({**json.loads(BODY), **fields}).encode())


def test_an_event_says_where_to_look() -> None:
    at = datetime(2026, 11, 20, 11, 19, 6, 352027, UTC)
    assert event(BODY).hint() == Hint("c1", frozenset({"s1"}), "subscription-updated", at)


def test_other_events_are_events_without_a_hint() -> None:
    ready = posted(
        EventName="invoice-ready", ResourceUri="https://api.partnercenter.microsoft.com/v1/invoices/G000024135"
    )
    assert (ready.name, dict(ready.resource_ids), ready.hint()) == ("invoice-ready", {"invoices": "g000024135"}, None)
    assert posted(EventName="something-new").hint() is None


@pytest.mark.parametrize(
    "uri", ["", None, "http://[", "/customers/{{CustomerId}}/subscriptions/S1", "/subscriptions/S1"]
)
def test_an_address_without_a_customer_gives_no_hint(uri: object) -> None:
    assert posted(ResourceUri=uri).hint() is None


@pytest.mark.parametrize("body", [b"", b"<xml/>", b"[]", b"{}", b'{"EventName": 7}'])
def test_what_is_no_event(body: bytes) -> None:
    with pytest.raises(UnreadableEvent):
        event(body)


@given(JSON)
def test_anything_posted_is_an_event_or_is_refused(value: object) -> None:
    body = json.dumps({"EventName": "subscription-updated", "ResourceUri": value, "ResourceChangeUtcDate": value})
    assert event(body.encode()).name == "subscription-updated"


@pytest.mark.parametrize(
    ("url", "may"),
    [
        (URL, True), ("https://pki.microsoft.com/a.cer", True), ("https://PKI.Microsoft.com:443/a.cer", True),
        ("http://pki.microsoft.com/a.cer", False), ("https://microsoft.com.example/a.cer", False),
        ("https://notmicrosoft.com/a.cer", False), ("https://mine.blob.core.windows.net/a.cer", False),
        ("https://pki.microsoft.com:8443/a.cer", False), ("https://pki.microsoft.com@example.net/a.cer", False),
        ("https://a@pki.microsoft.com/a.cer", False), ("https://example.net\\.microsoft.com/a.cer", False),
        ("https://169.254.169.254/a.cer", False), ("file:///etc/passwd", False), ("https://[", False),
    ],
)  # fmt: skip
def test_where_a_certificate_may_be(url: str, may: bool) -> None:
    assert permitted(url, config().webhook_certificate_hosts) is may


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"Authorization": ""}, "no signature"), ({"Authorization": "Bearer abc"}, "no signature"),
        ({"Authorization": "Signature"}, "no signature"), ({"Authorization": "Signature ###"}, "no base64"),
        ({"X-MS-Certificate-Url": ""}, "X-MS-Certificate-Url"),
        ({"X-MS-Signature-Algorithm": "rsa-sha1"}, "rsa-sha256"),
        ({"X-MS-Signature-Algorithm": ""}, "rsa-sha256"),
    ],
)  # fmt: skip
def test_headers_that_say_too_little(change: Mapping[str, str], said: str) -> None:
    with pytest.raises(Unsigned, match=said):
        claimed({**LEAF.headers(BODY), **change})


def test_the_signature_may_be_in_a_header_of_its_own() -> None:
    headers = {name.lower(): value for name, value in LEAF.headers(BODY).items()}
    headers["x-ms-signature"] = headers.pop("authorization")
    assert claimed(headers) == claimed(LEAF.headers(BODY))


class Store:
    """Where certificates are fetched: the one of `holder`, or what else it answers."""

    def __init__(self, answer: Holder | httpx.Response | Exception) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        if isinstance(self.answer, Exception):
            raise self.answer
        if isinstance(self.answer, httpx.Response):
            return httpx.Response(self.answer.status_code, content=self.answer.content, headers=self.answer.headers)
        return httpx.Response(200, content=self.answer.der())


def received(
    folder: Path, answer: Holder | httpx.Response | Exception, headers: Mapping[str, str], body: bytes = BODY,
    authorities: Sequence[Holder] = (MIDDLE, ROOT), now: datetime = NOW, times: int = 1,
) -> tuple[WebhookEvent, Store]:  # fmt: skip
    """What a route would be given; the store says how often it was asked."""
    path = folder / "authorities.pem"
    path.write_bytes(b"".join(authority.pem() for authority in authorities))
    store = Store(answer)

    async def scenario() -> WebhookEvent:
        async with httpx.AsyncClient(transport=httpx.MockTransport(store)) as client:
            settings = config(webhook_ca_file=path if authorities else None)
            webhooks = Webhooks(SignatureCheck(settings, client, lambda: now))
            for _ in range(times - 1):
                await webhooks.received(headers, body)
            return await webhooks.received(headers, body)

    return asyncio.run(scenario()), store


def test_what_microsoft_signed_is_believed(tmp_path: Path) -> None:
    found, store = received(tmp_path, LEAF, LEAF.headers(BODY), times=3)
    assert found == event(BODY)
    assert store.asked == [URL], "the certificate is fetched once"


def test_a_certificate_as_text_is_one_too(tmp_path: Path) -> None:
    found, _ = received(tmp_path, httpx.Response(200, content=LEAF.pem()), LEAF.headers(BODY))
    assert found.name == "subscription-updated"


def refused(folder: Path, *given_to: Any, **more: Any) -> str:
    with pytest.raises(Unsigned) as error:
        received(folder, *given_to, **more)
    return str(error.value)


def test_another_body_is_not_what_was_signed(tmp_path: Path) -> None:
    assert "not one of this body" in refused(tmp_path, LEAF, LEAF.headers(BODY), BODY + b" ")


def test_another_key_did_not_sign_it(tmp_path: Path) -> None:
    other = issued("pcnotifications-dispatch.microsoft.com", MIDDLE)
    assert "not one of this body" in refused(tmp_path, LEAF, other.headers(BODY))


def test_anybody_can_make_an_authority_called_microsoft(tmp_path: Path) -> None:
    forged = issued("forged", issued("Issuing CA", issued("Root", authority=True), authority=True))
    assert "leads to none of the authorities" in refused(tmp_path, forged, forged.headers(BODY))


def test_who_was_certified_cannot_certify(tmp_path: Path) -> None:
    below = issued("below", LEAF)
    authorities = (LEAF, MIDDLE, ROOT)
    assert "leads to none" in refused(tmp_path, below, below.headers(BODY), authorities=authorities)


def test_a_chain_that_does_not_reach_a_root(tmp_path: Path) -> None:
    assert "leads to none" in refused(tmp_path, LEAF, LEAF.headers(BODY), authorities=(MIDDLE,))


def test_who_posts_without_end_does_not_have_us_fetch_without_end(tmp_path: Path) -> None:
    path = tmp_path / "authorities.pem"
    path.write_bytes(MIDDLE.pem() + ROOT.pem())
    store = Store(LEAF)

    async def scenario() -> list[str]:
        said = []
        async with httpx.AsyncClient(transport=httpx.MockTransport(store)) as client:
            check = SignatureCheck(config(webhook_ca_file=path), client, lambda: NOW)
            for number in range(40):
                # Half of them forged for the true address, half of them for others.
                url = URL if number % 2 else f"https://pki.microsoft.com/{number}.cer"
                try:
                    await check.check(LEAF.headers(BODY, url), BODY + b"forged")
                except (Unsigned, NotReached) as error:
                    said.append(type(error).__name__)
            await check.check(LEAF.headers(BODY), BODY)
        return said

    said = asyncio.run(scenario())
    assert len(said) == 40
    assert len(store.asked) == 10
    assert store.asked.count(URL) == 1


def test_a_certificate_that_was_renewed_at_its_address_is_found(tmp_path: Path) -> None:
    path = tmp_path / "authorities.pem"
    path.write_bytes(MIDDLE.pem() + ROOT.pem())
    store, now = Store(LEAF), [NOW]
    renewed = issued("pcnotifications-dispatch.microsoft.com", MIDDLE)

    async def scenario() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(store)) as client:
            check = SignatureCheck(config(webhook_ca_file=path), client, lambda: now[0])
            await check.check(LEAF.headers(BODY), BODY)
            store.answer = renewed
            with pytest.raises(Unsigned, match="not one of this body"):
                await check.check(renewed.headers(BODY), BODY)
            now[0] = NOW + timedelta(minutes=6)
            await check.check(renewed.headers(BODY), BODY)

    asyncio.run(scenario())


def test_somebody_else_s_certificate(tmp_path: Path) -> None:
    root = issued("Root", authority=True, organisation="Contoso")
    theirs = issued("pcnotifications-dispatch.microsoft.com", root)
    assert "not issued by Microsoft" in refused(tmp_path, theirs, theirs.headers(BODY), authorities=(root,))


@pytest.mark.parametrize("days", [-31, 31])
def test_a_certificate_has_its_time(tmp_path: Path, days: int) -> None:
    assert "not valid now" in refused(tmp_path, LEAF, LEAF.headers(BODY), now=NOW + timedelta(days=days))


def test_an_authority_has_its_time(tmp_path: Path) -> None:
    ended = issued("Root", authority=True, ends=NOW - timedelta(days=1))
    leaf = issued("pcnotifications-dispatch.microsoft.com", ended)
    assert "not valid now" in refused(tmp_path, leaf, leaf.headers(BODY), authorities=(ended,))


def test_without_authorities_nothing_is_believed_or_fetched(tmp_path: Path) -> None:
    assert "no authorities are configured" in refused(tmp_path, LEAF, LEAF.headers(BODY), authorities=())


def test_nothing_is_fetched_from_where_the_sender_likes(tmp_path: Path) -> None:
    path = tmp_path / "authorities.pem"
    path.write_bytes(ROOT.pem())
    store = Store(LEAF)

    async def scenario() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(store)) as client:
            check = SignatureCheck(config(webhook_ca_file=path), client, lambda: NOW)
            await check.check(LEAF.headers(BODY, "https://example.net/a.cer"), BODY)

    with pytest.raises(Unsigned, match="none of Microsoft's"):
        asyncio.run(scenario())
    assert store.asked == []


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    away = httpx.Response(302, headers={"Location": "https://example.net/a.cer"})
    with pytest.raises(NotReached, match="HTTP 302"):
        received(tmp_path, away, LEAF.headers(BODY))


def test_a_certificate_that_cannot_be_fetched_says_nothing_of_the_event(tmp_path: Path) -> None:
    with pytest.raises(NotReached, match="ConnectTimeout"):
        received(tmp_path, httpx.ConnectTimeout("late"), LEAF.headers(BODY))


def test_what_is_there_is_no_certificate(tmp_path: Path) -> None:
    assert "is no certificate" in refused(tmp_path, httpx.Response(200, content=b"<html>"), LEAF.headers(BODY))
    big = httpx.Response(200, content=b"x" * 100_000)
    assert "too big" in refused(tmp_path, big, LEAF.headers(BODY))


def test_a_file_of_authorities_that_holds_none(tmp_path: Path) -> None:
    path = tmp_path / "authorities.pem"
    path.write_text("nothing")
    with pytest.raises(Misconfigured, match="no certificates can be read from"):
        SignatureCheck(config(webhook_ca_file=path), httpx.AsyncClient())
