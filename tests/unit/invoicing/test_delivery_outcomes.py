"""What follows from what came of a try; what a signature is of; what a webhook and a letter say."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import pairwise
from typing import Any, cast
from uuid import UUID

import orjson
import pytest

from services.invoicing.delivery.letters import letter
from services.invoicing.delivery.outcomes import (
    GIVES_UP_AFTER,
    Delivered,
    Later,
    Outcome,
    Refused,
    Then,
    Unknown,
    then,
)
from services.invoicing.delivery.papers import File, Head
from services.invoicing.delivery.signing import new_secret, signed
from services.invoicing.delivery.webhooks import body_of

AT = datetime(2026, 2, 1, 12, tzinfo=UTC)
HEAD = Head("INV/2026-7", "credit_note", date(2026, 2, 1), "res-1", None, "EUR", Decimal("80.00"), Decimal("19.20"),
            Decimal("99.20"))  # fmt: skip


@pytest.mark.parametrize(
    ("outcome", "stands"),
    [
        (Delivered("250 OK"), Then("delivered", "250 OK", None)),
        (Refused("550 no such user"), Then("failed", "550 no such user", None)),
        (Unknown("it broke"), Then("unknown", "it broke", None)),
    ],
)
def test_what_ends_a_delivery_ends_it_at_once(outcome: Outcome, stands: Then) -> None:
    assert then(outcome, tries=1, first_try_at=AT, at=AT) == stands


def test_each_wait_is_twice_as_long_up_to_four_hours_for_three_days() -> None:
    at, tries, waits = AT, 0, []
    while True:
        tries += 1
        stands = then(Later("refused"), tries=tries, first_try_at=AT, at=at)
        if stands.next_at is None:
            break
        waits.append(stands.next_at - at)
        at = stands.next_at
    assert waits[:4] == [timedelta(seconds=seconds) for seconds in (15, 30, 60, 120)]
    assert all(after == min(2 * before, timedelta(hours=4)) for before, after in pairwise(waits))
    assert stands == Then("given_up", "refused", None)
    assert GIVES_UP_AFTER <= at - AT < GIVES_UP_AFTER + timedelta(hours=4)


@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        (timedelta(seconds=1), timedelta(seconds=15)),
        (timedelta(-1), timedelta(seconds=15)),
        (timedelta(hours=1), timedelta(hours=1)),
        (timedelta(days=9), timedelta(days=1)),
    ],
)
def test_who_asks_to_be_left_alone_is_for_at_most_a_day(asked: timedelta, waits: timedelta) -> None:
    stands = then(Later("HTTP 429", asked), tries=1, first_try_at=AT, at=AT)
    assert stands.next_at == AT + waits


def test_a_signature_is_that_of_the_conventions_own_example() -> None:
    headers = signed(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.fromtimestamp(1614265330, UTC), b'{"test": 2432232314}',
    )  # fmt: skip
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_no_two_secrets_are_the_same() -> None:
    assert len({new_secret() for _ in range(100)}) == 100


def test_a_webhook_says_which_document_there_is_and_where() -> None:
    without = orjson.loads(body_of(HEAD, None))
    assert without["type"] == "credit_note.issued"
    assert without["data"] == {
        "number": "INV/2026-7", "kind": "credit_note", "date": "2026-02-01", "recipient": "res-1", "customer": None,
        "currency": "EUR", "net": "80.00", "tax": "19.20", "gross": "99.20", "path": "/v1/documents/INV/2026-7",
    }  # fmt: skip
    told = orjson.loads(body_of(HEAD, "https://billing.example.com/"))
    assert told["data"]["url"] == "https://billing.example.com/v1/documents/INV/2026-7"


def test_a_letter_has_the_files_and_nothing_that_a_header_could_be_broken_with() -> None:
    files = [File("a.pdf", "application/pdf", b"%PDF \x00\xff"), File("a.csv", "text/csv", "ä;1\r\n".encode())]
    content = letter(
        Head(**{**{name: getattr(HEAD, name) for name in Head.__slots__}, "number": "7\r\nBcc: x@y.z"}), files,
        delivery=UUID(int=7), sender="billing@example.com", to="a@b.c", at=AT,
    )  # fmt: skip
    read = cast(EmailMessage, message_from_bytes(content, policy=cast(Any, default)))
    assert (read["Subject"], read["To"], read["Bcc"]) == ("Credit note 7  Bcc: x@y.z", "a@b.c", None)
    assert read["Message-ID"] == "<00000000-0000-0000-0000-000000000007@example.com>"
    assert [(one.get_filename(), one.get_payload(decode=True)) for one in read.iter_attachments()] == [
        (one.name, one.content) for one in files
    ]
    assert content.isascii()
