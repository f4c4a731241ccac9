"""`python -m deploy.emulators.watchguard --port N [--seed FILE]`: listens until Ctrl-C, and says where."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from deploy.emulators.serving import Emulator, serve
from deploy.emulators.watchguard.app import create_app
from deploy.emulators.watchguard.seed import Seed, example

WATCHGUARD = Emulator(
    "deploy.emulators.watchguard", "WatchGuard Cloud", "accounts, what they hold; without it four examples",
    Seed, example, create_app,
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code of `serve`."""
    return serve(WATCHGUARD, arguments)


if __name__ == "__main__":
    sys.exit(main())
