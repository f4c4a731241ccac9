"""The command `seatledger`, put together from the services.

Every command imports what it needs when it runs: `simulate` on a small file is to start within half a second.
Exit code 0: done; 1: failed, one clear sentence on standard error; 2: wrong usage; 130: Ctrl-C. With --json a failure
is {"error": {"kind": ..., "detail": ...}} there, with the kinds of the API's problems.
"""

import gc
import os
import sys
from collections.abc import Sequence

import typer
from typer.exceptions import TyperException

from services.cli_accounts import customers, resellers
from services.cli_billing import billing
from services.cli_catalogue import products, settings
from services.cli_deliveries import deliveries
from services.cli_events import event_log
from services.cli_invoices import invoices
from services.cli_letterheads import letterheads
from services.cli_operations import dead_letters, operating, positions
from services.cli_options import group
from services.cli_orders import orders
from services.cli_readers import readers
from services.cli_reconciliation import reconciliation
from services.cli_replay import generations, replaying
from services.cli_subscriptions import subscriptions
from services.cli_system import system
from services.cli_tokens import tokens
from services.presentation import failure
from shared.errors import UNAVAILABLE, UserError, WrongUsage

app = typer.Typer(
    name="seatledger",
    help="Billing of licences that resellers sell: events in; subscriptions, schedules and invoices out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)
schemas = group("The contracts: as JSON from the code, the views as a page from the database.")
app.add_typer(system)
app.add_typer(billing)
app.add_typer(replaying)
app.add_typer(operating)
for name, one in (
    ("resellers", resellers), ("customers", customers), ("products", products), ("settings", settings),
    ("orders", orders), ("subscriptions", subscriptions), ("invoices", invoices), ("letterheads", letterheads),
    ("deliveries", deliveries),
    ("tokens", tokens), ("readers", readers),
    ("generations", generations), ("dead-letters", dead_letters), ("positions", positions),
    ("events", event_log), ("reconcile", reconciliation), ("schemas", schemas),
):  # fmt: skip
    app.add_typer(one, name=name)


@schemas.command()
def events() -> None:
    """JSON Schema of every event."""
    from services import cli_schemas

    cli_schemas.events()


@schemas.command()
def asyncapi() -> None:
    """AsyncAPI 3: topics, keys and the events on them."""
    from services import cli_schemas

    cli_schemas.asyncapi()


@schemas.command()
def openapi() -> None:
    """OpenAPI 3.1: the APIs of all services."""
    from services import cli_schemas

    cli_schemas.openapi()


@schemas.command()
def read_model() -> None:
    """The views that dashboards read, and every column of theirs, as a page in Markdown: as the database says it."""
    from services import read_model_command

    read_model_command.show()


def main() -> None:
    """Entry point. A UserError is one sentence on standard error and exit code 1, or 2 where usage was wrong."""
    # A command's objects live until it ends; and no plugin of pydantic is installed, so none has to be looked for.
    gc.set_threshold(100_000, 50, 50)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    as_json = "--json" in sys.argv[1:]
    if refused := _unusable(sys.argv[1:]):
        failure(WrongUsage(refused), as_json=as_json)
        sys.exit(2)
    try:
        app() if not as_json else _for_programs()
    except UserError as error:
        failure(error, as_json=as_json)
        sys.exit(2 if isinstance(error, WrongUsage) else 1)
    except OSError as error:
        if not _output_is_lost():
            raise
        sentence = f"Standard output cannot be written ({error.strerror}): what was asked for may be done all the same"
        failure(UserError(sentence, UNAVAILABLE), as_json=as_json)
        sys.exit(1)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    finally:
        # All goes with the process; looking through it for cycles first would take a tenth of a second.
        gc.freeze()


def _unusable(arguments: Sequence[str]) -> str:
    """Why no command can run as it was called; "" where one can."""
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            shown = os.fsencode(argument).decode(errors="backslashreplace")
            return f"An argument is not UTF-8: '{shown}'; give ids, texts and names of files as UTF-8"
    if sys.stdout is None:
        return "Standard output is closed, so nothing was done: send it to a file, or to /dev/null"
    return ""


def _output_is_lost() -> bool:
    """Whether standard output takes nothing any more; what is left for it is dropped, or it fails at exit again."""
    try:
        # An unbuffered one keeps nothing that a flush could fail on.
        print(flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return True
    return False


def _for_programs() -> None:
    """As `app()`, where wrong usage is JSON too."""
    try:
        sys.exit(app(standalone_mode=False))
    except TyperException as error:
        failure(WrongUsage(error.format_message()), as_json=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
