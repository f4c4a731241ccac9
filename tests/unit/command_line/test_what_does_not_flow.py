"""Names of what does not flow, how old it is, and what is wrong with what was typed about it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli import app
from services.dead_letter_list import age
from services.stopped_names import Filters, Name, OutboxName, kind_of, name_of
from shared.errors import UserError
from shared.projections.stopped import StreamName
from shared.store.dead_letters import Place, said_by
from tests.integration.projections.events import change, raw


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("orders.events/3/42", Place("orders.events", 3, 42), "record"),
        ("subscriptions/subscription/sub-1", StreamName("subscriptions", "subscription", "sub-1"), "stream"),
        ("subscriptions/subscription/a/b", StreamName("subscriptions", "subscription", "a/b"), "stream"),
        ("orders/order/12", StreamName("orders", "order", "12"), "stream"),
        ("invoicing/organisation/", StreamName("invoicing", "organisation", ""), "stream"),
        ("outbox/order-ord-1", OutboxName("order-ord-1"), "outbox"),
        ("outbox/dead-letter orders.events 0 1", OutboxName("dead-letter orders.events 0 1"), "outbox"),
        ("outbox/1/2", Place("outbox", 1, 2), "record"),
    ],
)
def test_a_name_is_read_as_it_is_written(text: str, name: Name, kind: str) -> None:
    assert name_of(text) == name
    assert kind_of(name) == kind
    assert str(name) == text


@pytest.mark.parametrize("text", ["", "orders.events", "/a/b", "outbox/", "outbox", "orders//x"])
def test_what_can_be_no_name_is_refused_with_the_forms_that_there_are(text: str) -> None:
    with pytest.raises(UserError, match="give TOPIC/PARTITION/OFFSET, PROJECTION/SCOPE/ID or outbox/STREAM"):
        name_of(text)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-1, "0 s"), (59.9, "59 s"), (60, "1 min"), (7_199, "1 h"), (86_400, "1 d"), (864_000, "10 d")],
)
def test_an_age_is_said_in_its_largest_unit(seconds: float, said: str) -> None:
    assert age(seconds) == said


def test_without_a_status_it_is_those_that_wait_for_somebody() -> None:
    assert Filters().statuses == ("dead", "parked")
    assert Filters(status="dropped").statuses == ("dropped",)
    assert Filters().is_any
    assert not Filters(reason="x").is_any


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (b'{"type": "LicensesChanged", "subject": "sub-1"}', ("LicensesChanged", "sub-1")),
        (b'{"type": 5, "subject": ["x"]}', (None, None)),
        (b'{"type": "\\u001b[31m"}', (None, None)),
        (b"[]", (None, None)),
        (b"{", (None, None)),
        (None, (None, None)),
        (b'{"type": "T", "pad": "' + b" " * 1_100_000 + b'"}', (None, None)),
    ],
    ids=lambda one: str(one)[:40],
)
def test_type_and_subject_are_what_the_record_says_if_it_says_so(
    value: bytes | None, said: tuple[str | None, str | None]
) -> None:
    assert said_by(raw(value)) == said


def test_type_and_subject_of_binary_mode_stand_in_its_headers() -> None:
    assert said_by(change("sub-1", 8).record()) == ("LicensesChanged", "sub-1")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("dead-letters", "list", "--kind", "letter"), "'record', 'stream', 'outbox'"),
        (("dead-letters", "list", "--status", "gone"), "'taken_in'"),
        (("dead-letters", "show"), "NAME"),
        (("dead-letters", "show", "a/0/1", "--raw", "--json"), "exclude each other"),
        (("dead-letters", "retry"), "names, --all"),
        (("dead-letters", "drop", "a/0/1"), "--reason"),
        (("dead-letters", "drop", "a/0/1", "--reason", " "), "--reason is empty"),
        (("positions", "set", "orders", "orders.events", "0", "5", "--force"), "--force needs --reason"),
        (("positions", "set", "orders", "orders.events", "x", "5"), "PARTITION"),
        (("operations", "--limit", "0"), "--limit"),
    ],
    ids=str,
)
def test_wrong_usage_is_code_2_and_names_what_is_wrong(arguments: tuple[str, ...], named: str) -> None:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 2
    assert named in " ".join(result.output.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ("dead-letters", "list"),
        ("dead-letters", "show", "a/0/1"),
        ("dead-letters", "retry", "--all"),
        ("dead-letters", "drop", "a/0/1", "--reason", "x"),
        ("positions", "show"),
        ("positions", "set", "orders", "orders.events", "0", "5"),
        ("operations",),
        ("recover",),
    ],
    ids=str,
)
def test_what_is_good_asks_for_the_database(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SEATLEDGER_DATABASE", raising=False)
    monkeypatch.setenv("SEATLEDGER_HOME", str(tmp_path / "home"))
    error = CliRunner().invoke(app, list(arguments)).exception
    assert isinstance(error, UserError)
    assert "Start it with: seatledger up" in str(error)
