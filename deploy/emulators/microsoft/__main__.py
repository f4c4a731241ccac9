"""Run the emulator: `python -m deploy.emulators.microsoft --port N [--seed FILE]`, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from deploy.emulators.microsoft.app import build
from deploy.emulators.microsoft.seeding import read
from deploy.emulators.microsoft.state import State
from shared.errors import UserError
from shared.readiness import ready


def run(
    port: Annotated[int, typer.Option(min=1, max=65535, help="where it listens")],
    seed: Annotated[Path | None, typer.Option(help="JSON: the customers that are there")] = None,
    host: Annotated[str, typer.Option(help="the address it listens on")] = "127.0.0.1",
) -> None:
    """Microsoft Partner Center that is not there: login, API, and /_emulator to plant and to set traps."""
    state = State()
    try:
        if seed is not None:
            state.plant(read(seed))
    except UserError as error:
        sys.exit(str(error))
    server = _Server(
        uvicorn.Config(build(state), host=host, port=port, log_level="warning", timeout_graceful_shutdown=1)
    )
    server.run()
    # uvicorn says itself why it could not begin (a port that is taken).
    sys.exit(0 if server.started else 1)


class _Server(uvicorn.Server):
    """Tells who started it once it listens."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            ready()


if __name__ == "__main__":
    typer.run(run)
