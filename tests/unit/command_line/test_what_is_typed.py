"""What is wrong with what was typed is said before a database is looked for, and names what was typed."""

import asyncio
import json
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from typer.testing import CliRunner

from services import cli_subscriptions
from services.cli import app
from services.cli_accounts import Invoicing
from services.cli_catalogue import Scope
from services.orders import cli_commands, queries
from services.orders.commands.bodies import ChangeSetting, RegisterCustomer
from services.orders.shown import Reseller
from services.subscriptions import cli as subscriptions_cli
from services.subscriptions.commands import bodies
from services.subscriptions.commands.bodies import Command
from shared.billing.state import Status
from shared.commands.decision import Decided
from shared.errors import UserError

_NOTHING = {**dict.fromkeys(Reseller.model_fields), "version": "1"}
PLACE = ("orders", "place", "--customer", "c", "--currency", "EUR")
PRICE = ("products", "price", "p", "--currency", "EUR")


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No database is named and no system runs."""
    monkeypatch.delenv("SEATLEDGER_DATABASE", raising=False)
    monkeypatch.delenv("SEATLEDGER_BROKER", raising=False)
    monkeypatch.setenv("SEATLEDGER_HOME", str(tmp_path / "home"))


def refused(*arguments: str) -> UserError:
    error = CliRunner().invoke(app, list(arguments)).exception
    assert isinstance(error, UserError), error
    return error


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("subscriptions", "quantity", "s", "--to", "0"), "--to: got 0; give a whole number greater than 0"),
        (("subscriptions", "edit-pricing", "s", "--rule", "discount=24%"), '--rule: got "24%"; give a fraction: 24 %'),
        (("subscriptions", "billing-plan", "s", "monthly"), 'DURATION: got "monthly"; give a duration'),
        (("subscriptions", "convert", "s", ""), "PRODUCT: is empty"),
        (("subscriptions", "convert", "s", "p", "--unit-price", "1" * 16), "--unit-price: got"),
        (("customers", "register", "c", "--reseller", ""), "--reseller: is empty; give a text"),
        (("customers", "register", ""), "CUSTOMER: is empty; give a text"),
        (("resellers", "register", "r", "--tax-rate", "24%"), '--tax-rate: got "24%"; give a fraction: 24 % is "0.24"'),
        (("resellers", "change", "r", "--extra-charge-rate", "x"), '--extra-charge-rate: got "x"; give a plain'),
        (("settings", "set", "", "line"), "KEY: is empty; give a text"),
        (("settings", "set", "rounding", "line", "--from", "never"), '--from: got "never"; give a date'),
        (("settings", "exchange-rate", "EUR", "USD", "x", "--date", "2026-02-01"), 'RATE: got "x"; give'),
        ((*PRICE, "--unit-price", "1", "--from", "never"), '--from: got "never"; give a date'),
        ((*PRICE, "--unit-price", "1.1234567890123", "--from", "2026-01-01"), "12 after it"),
        (("products", "copy", "p", ""), "NEW: is empty; give a text"),
        ((*PLACE, "--product", "p", "--quantity", "0"), "--quantity: got 0; give a whole number greater than 0"),
        ((*PLACE, "--product", "p"), "--quantity: is missing; add it"),
        ((*PLACE, "--id", "", "--product", "p", "--quantity", "1"), "--id: is empty; give a text"),
    ],
    ids=str,
)
def test_the_option_is_named_and_nothing_is_asked_of_a_database(arguments: tuple[str, ...], sentence: str) -> None:
    error = refused(*arguments)
    assert str(error).startswith(sentence) or sentence in str(error)
    assert "more problem" not in str(error)
    assert error.kind == "bad-request"


def test_what_is_good_asks_for_the_database() -> None:
    error = refused("subscriptions", "quantity", "s", "--add", "1")
    assert "Start it with: seatledger up" in str(error)
    assert error.kind == "unavailable"


def test_a_rule_without_a_rate_says_how_one_is_written() -> None:
    result = CliRunner().invoke(app, ["subscriptions", "edit-pricing", "s", "--rule", "discount"])
    assert result.exit_code == 2
    assert "is not of the form RULE=RATE" in result.output


@pytest.mark.parametrize(
    ("command", "needed"),
    [
        (("orders", "place", "--file"), "give the fields of the command, as JSON or YAML"),
        (("subscriptions", "import"), "give a file of subscriptions"),
        (("emit",), "give a file of events"),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("none.csv", None, "cannot be read (No such file or directory)"),
        ("", None, "cannot be read (Is a directory)"),
        ("latin.csv", "subscription_id,näme".encode("latin-1"), "is not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(
    tmp_path: Path, command: tuple[str, ...], needed: str, name: str, content: bytes | None, why: str
) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    error = refused(*command, str(file))
    assert str(file) in str(error)
    assert why in str(error)
    assert needed in str(error) or "UTF-8" in str(error)
    assert len(str(error).splitlines()) == 1
    assert error.kind == "bad-request"


@pytest.mark.parametrize(
    ("command", "content", "why"),
    [
        (("orders", "place", "--file"), "", "is empty; give the fields of the command"),
        (("orders", "place", "--file"), "[]", "holds no object"),
        (("orders", "place", "--file"), "{items: [", "is neither JSON nor YAML"),
        (("orders", "place", "--file"), '{"order_id": 1}', "order_id: got 1"),
        (("subscriptions", "import"), "", "is empty; give a file of subscriptions"),
        (("subscriptions", "import"), "subscription_id,quantity,quantity\n", "line 1, column quantity: stands"),
    ],
    ids=str,
)
def test_a_file_with_the_wrong_content_says_what_to_do(
    tmp_path: Path, command: tuple[str, ...], content: str, why: str
) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(content)
    error = refused(*command, str(file))
    assert why in str(error)
    assert error.kind == "bad-request"


@pytest.mark.parametrize(
    ("offered", "model", "field"),
    [
        (cli_subscriptions.Applies, bodies.EditPricing, "applies"),
        (cli_subscriptions.Mode, bodies.Cancel, "mode"),
        (cli_subscriptions.Billing, bodies.ChangeQuantity, "billing"),
        (Scope, ChangeSetting, "scope"),
        (Invoicing, RegisterCustomer, "partial_charges_invoicing"),
    ],
)
def test_choices_are_those_of_the_commands(offered: Any, model: type[BaseModel], field: str) -> None:
    taken: Any = model.model_fields[field].annotation
    assert offered in (taken, *get_args(taken))


def test_the_statuses_of_subscriptions_are_those_of_the_rules() -> None:
    assert get_args(cli_subscriptions.Status) == get_args(Status)


@pytest.mark.parametrize(
    ("command", "choices"),
    [
        (("subscriptions", "cancel"), "immediate|end_of_cycle|end_of_term"),
        (("settings", "set"), "organisation|product|reseller|customer"),
        (("tokens", "create"), "distributor|customer_success|reseller|customer|integration"),
        (("orders", "list"), "placed|executed|deleted"),
    ],
    ids=str,
)
def test_help_lists_what_can_be_chosen(command: tuple[str, ...], choices: str) -> None:
    assert choices in CliRunner().invoke(app, [*command, "--help"]).stdout


def test_a_failure_is_json_where_json_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from services import cli

    def failing(*arguments: str) -> tuple[int | str | None, str]:
        monkeypatch.setattr("sys.argv", ["seatledger", *arguments])
        with pytest.raises(SystemExit) as left:
            cli.main()
        shown = capsys.readouterr()
        assert shown.out == ""
        return left.value.code, shown.err

    code, said = failing("subscriptions", "quantity", "s", "--to", "0", "--json")
    error = json.loads(said)["error"]
    assert (code, error["kind"]) == (2, "bad-request")
    assert error["detail"] == "--to: got 0; give a whole number greater than 0"
    code, said = failing("subscriptions", "list", "--json")
    assert (code, json.loads(said)["error"]["kind"]) == (1, "unavailable")
    code, said = failing("subscriptions", "cancel", "s", "--mode", "never", "--json")
    assert (code, json.loads(said)["error"]["kind"]) == (2, "bad-request")
    code, said = failing("subscriptions", "quantity", "s", "--to", "0")
    assert (code, said) == (2, "--to: got 0; give a whole number greater than 0\n")


@pytest.mark.parametrize("several", [("s-1",), ("s-1", "s-2", "s-3")], ids=len)
def test_protection_as_json_is_one_document_of_those_that_are_done(
    monkeypatch: pytest.MonkeyPatch, several: tuple[str, ...]
) -> None:
    def operate(_: object, __: object, command: Command, **___: object) -> Decided:
        if command.subscription == "s-2":
            raise UserError("it is protected already")
        return Decided({"id": command.subscription})

    monkeypatch.setattr(subscriptions_cli, "operate", operate)
    result = CliRunner().invoke(app, ["subscriptions", "protect-price", *several, "--json"])
    assert json.loads(result.stdout) == {"items": [{"id": one} for one in several if one != "s-2"]}
    assert str(result.exception or "") == ("s-2: it is protected already" if "s-2" in several else "")


@pytest.mark.parametrize(
    ("term", "sentence"),
    [
        (None, "There is no list price of office in USD: seatledger products show office"),
        ("P1Y", "There is no list price of office in USD for P1Y, or that term cannot be chosen: "
         "seatledger products show office"),
    ],
)  # fmt: skip
def test_where_nothing_is_offered_it_says_why_instead_of_an_empty_table(
    monkeypatch: pytest.MonkeyPatch, term: str | None, sentence: str
) -> None:
    none: dict[str, object] = {"product": "office", "currency": "USD", "term": term, "quantity": 1, "offers": []}
    monkeypatch.setattr(cli_commands, "operate", lambda *_, **__: Decided(none))
    result = CliRunner().invoke(app, ["orders", "offers", "office", "--currency", "USD"])
    assert result.stdout == f"{sentence}\n"


def test_a_list_as_json_says_after_what_the_next_page_begins(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    known = [Reseller.model_validate({**_NOTHING, "reseller": f"res-{number}"}) for number in (1, 2, 3)]

    async def resellers(_: object, after: str, limit: int) -> list[Reseller]:
        return [one for one in known if one.reseller > after][:limit]

    monkeypatch.setattr(queries, "resellers", resellers)
    monkeypatch.setattr(cli_commands, "read_now", lambda _, read: asyncio.run(read(None)))

    def page(after: str, *, as_json: bool = True) -> str:
        cli_commands.show_all(lambda: "", "reseller", limit=2, after=after, as_json=as_json)
        shown = capsys.readouterr()
        return shown.out if as_json else shown.err

    first = json.loads(page(""))
    assert ([one["reseller"] for one in first["items"]], first["next"]) == (["res-1", "res-2"], "res-2")
    rest = json.loads(page(first["next"]))
    assert ([one["reseller"] for one in rest["items"]], rest["next"]) == (["res-3"], None)
    assert page("", as_json=False) == "There are more; go on with --after res-2\n"
    assert page("res-2", as_json=False) == ""
