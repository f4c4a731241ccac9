"""`seatledger schemas read-model`: the page of the views, from the database."""

from __future__ import annotations

from services import read_model
from services.addresses import database_dsn
from shared.commands.operating import read_now


def show() -> None:
    """Print it, from SEATLEDGER_DATABASE or the database of the running system."""
    print(read_now(database_dsn, read_model.page), end="", flush=True)
