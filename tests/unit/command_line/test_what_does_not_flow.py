"""Names of what does not flow, how old it is, and what is wrong with what was typed about it."""

from pathlib import Path
from typing import get_args

import pytest
from typer.testing import CliRunner

from services import cli, prepare
from services.cli import app
from services.cli_options import ProjectionName
from services.dead_letter_list import age
from shared.errors import UserError
from shared.projections.stopped import StreamName
from shared.stopped.names import Filters, Name, OutboxName, kind_of, name_of
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
    assert Filters().options == []
    assert Filters("record", reason="x").options == ["--kind", "--reason"]


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
        (("dead-letters", "retry"), "say what to retry: names, or --all, or choose with --kind, --topic, --type"),
        (
            ("dead-letters", "retry", "--all", "--kind", "record", "--reason", "x"),
            "--all goes without --kind and --reason",
        ),
        (("dead-letters", "retry", "a/0/1", "--all"), "NAME goes without --all: leave out the one or the other"),
        (("dead-letters", "retry", "--topic", "orders"), "'orders' is not one of catalog.events, orders.events"),
        (("dead-letters", "list", "--projection", "invocing"), "'invocing' is not one of 'orders', 'subscriptions'"),
        (("positions", "show", "--projection", "nobody"), "'nobody' is not one of"),
        (("positions", "set", "orders", "orders", "0", "5"), "'orders' is not one of catalog.events, orders.events"),
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
    ("arguments", "said"),
    [
        (("dead-letters", "show", "nonsense"), "'nonsense' is no name: give TOPIC/PARTITION/OFFSET"),
        (("dead-letters", "retry", "a", "b"), "'a' is no name"),
        (("operations", "--after", "x"), "--after: 'x' is no id of an operation"),
        (("replay", "all", "--until", "nonsense"), '--until: got "nonsense"'),
        (("as-of", "2199-01-01", "plans"), "TIME: 2199-01-01 is still to come"),
        (("rollback", "all", "--keep", "soon"), "--keep: 'soon' is no duration"),
        (("subscriptions", "quantity", "s", "--to", "0"), "--to: got 0"),
        (("explain", "x", "--simulate", "examples/ex1.jsonl", "--setting", "nobody=1"), "--setting: "),
        (("up", "--broker", "nonsense"), "--broker takes embedded, kafka or host:port"),
    ],
    ids=str,
)
def test_a_value_that_cannot_be_meant_is_wrong_usage_too(
    arguments: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("SEATLEDGER_HOME", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["seatledger", *arguments])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 2
    assert capsys.readouterr().err.startswith(said)


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


def test_the_projections_that_can_be_named_are_those_that_there_are() -> None:
    assert set(get_args(ProjectionName)) == {spec.name for spec in prepare.specs()}
