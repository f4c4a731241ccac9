"""Run it: `python -m deploy.emulators.graph --port N [--seed FILE]`, until it is ended; it says where it listens."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from deploy.emulators.graph.app import create_app
from deploy.emulators.graph.seed import Seed
from deploy.emulators.serving import Emulator, serve

GRAPH = Emulator(
    "deploy.emulators.graph", "Microsoft Graph", "invoices and their rows; without it none are there",
    Seed, Seed, create_app, "/v1.0",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code of `serve`."""
    return serve(GRAPH, arguments)


if __name__ == "__main__":
    sys.exit(main())
