"""Where broker and database are: what the environment names, else those of the system that runs on this machine."""

import os

BROKER = "SEATLEDGER_BROKER"
DATABASE = "SEATLEDGER_DATABASE"


def broker_address() -> str:
    """SEATLEDGER_BROKER, else the running system's: host:port. UserError when there is neither."""
    return os.environ.get(BROKER) or _running("broker")


def database_dsn() -> str:
    """SEATLEDGER_DATABASE, else the running system's. UserError when there is neither."""
    return os.environ.get(DATABASE) or _running("database")


def _running(what: str) -> str:
    from deploy.local import system

    found = system.require_running(system.home_folder())
    return found.broker if what == "broker" else found.database
