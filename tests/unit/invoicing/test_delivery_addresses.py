"""Which addresses are taken, and which a webhook may be posted to."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address

import pytest
from pydantic import SecretStr

from services.invoicing.delivery.addresses import Unusable, email_address, endpoint
from services.invoicing.delivery.config import DeliveryConfig, Misconfigured, mail_server
from services.invoicing.delivery.reaching import NotFound, NotPublic, address_of, is_public


@pytest.mark.parametrize("text", ["billing@Example.COM", "a.b+c@sub.example.org", "x@localhost"])
def test_an_email_address_is_kept_with_its_domain_in_small_letters(text: str) -> None:
    name, _, domain = text.partition("@")
    assert email_address(text) == f"{name}@{domain.lower()}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a@",
        "@b.c",
        "a b@c.d",
        "a@b@c.d",
        "a@b.c\r\nBcc: x@y.z",
        "N <a@b.c>",
        "ä@b.c",
        "a@-b.c",
        "a" * 250 + "@b.c",
    ],
)
def test_what_is_no_email_address_is_refused(text: str) -> None:
    with pytest.raises(Unusable, match=r"give it as name@example\.com"):
        email_address(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ftp://example.com/x", "no URL of an endpoint"),
        ("example.com/x", "no URL of an endpoint"),
        ("https://", "no URL of an endpoint"),
        ("https://exa\nmple.com", "no URL"),
        ("https://user:secret@example.com/", "would show it in lists"),
        ("https://example.com/#part", "fragment"),
        ("http://example.com/", "not encrypted"),
        ("https://127.0.0.1/", "no public address"),
        ("https://[::1]/", "no public address"),
        ("https://localhost:8443/", "no public address"),
        ("https://169.254.169.254/latest/meta-data", "no public address"),
    ],
)
def test_an_endpoint_that_would_show_a_password_or_is_not_public_is_refused(text: str, reason: str) -> None:
    with pytest.raises(Unusable, match=reason) as refused:
        endpoint(text, insecure=False)
    assert "secret" not in str(refused.value)


def test_an_endpoint_is_taken_as_it_is_and_a_private_one_where_that_is_allowed() -> None:
    assert endpoint("https://Example.com/hook?key=1", insecure=False) == "https://example.com/hook?key=1"
    assert endpoint("http://127.0.0.1:8080/x", insecure=True) == "http://127.0.0.1:8080/x"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fc00::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.215.14", True),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::5db8:d70e", True),
        ("2002:7f00:1::", False),
    ],
)
def test_which_addresses_are_the_internets(address: str, public: bool) -> None:
    assert is_public(ip_address(address)) is public


def test_a_name_that_leads_to_this_machine_is_found_out_when_it_is_called() -> None:
    with pytest.raises(NotPublic, match=r"localhost leads to .*, which is no public address"):
        asyncio.run(address_of("localhost", 443, insecure=False))
    assert asyncio.run(address_of("127.0.0.1", 443, insecure=True)) == "127.0.0.1"


def test_a_name_that_does_not_resolve_may_do_so_later() -> None:
    with pytest.raises(NotFound, match="does not resolve"):
        asyncio.run(address_of("nowhere.invalid", 443, insecure=False))


def config(url: str | None, sender: str | None = "billing@example.com") -> DeliveryConfig:
    return DeliveryConfig(smtp_url=None if url is None else SecretStr(url), mail_from=sender)


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.com", ("mail.example.com", 25, "if_offered", None, None)),
        ("smtp+starttls://u%40x:p%2Fw@mail.example.com", ("mail.example.com", 587, "starttls", "u@x", "p/w")),
        ("smtps://u:hush@mail.example.com:1465", ("mail.example.com", 1465, "tls", "u", "hush")),
        # A password never goes out in the clear.
        ("smtp://u:hush@mail.example.com", ("mail.example.com", 25, "starttls", "u", "hush")),
    ],
)
def test_the_mail_server_is_read_from_its_url(url: str, server: tuple[object, ...]) -> None:
    found = mail_server(config(url))
    assert (found.host, found.port, found.encryption, found.user, found.password) == server
    assert found.password is None or found.password not in repr(found)


@pytest.mark.parametrize(
    ("url", "sender", "reason"),
    [
        (None, "billing@example.com", "no mail server is configured"),
        ("smtp://mail.example.com", None, "no mail server is configured"),
        ("smtp://mail.example.com", "Billing", "SEATLEDGER_MAIL_FROM: 'Billing' is no e-mail address"),
        ("http://u:hush@mail.example.com", "a@b.c", "SEATLEDGER_SMTP_URL: give it as"),
        ("smtp://u:hush@mail.example.com:x", "a@b.c", "its port is no number"),
        ("u:hush", "a@b.c", "SEATLEDGER_SMTP_URL: give it as"),
    ],
)
def test_what_is_wrong_with_the_mail_server_is_said_without_its_password(
    url: str | None, sender: str | None, reason: str
) -> None:
    with pytest.raises(Misconfigured, match=reason) as refused:
        mail_server(config(url, sender))
    assert "hush" not in str(refused.value)
    assert "hush" not in repr(config(url, sender))
