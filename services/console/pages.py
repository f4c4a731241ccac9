"""Serves the console until SIGTERM or SIGINT; `services.console_process` is what is started."""

from __future__ import annotations

import sys
from collections.abc import Collection

import uvicorn
from pydantic import ValidationError

from services.console.application import create_app
from services.console.config import ConsoleConfig
from services.console.system import System
from shared.projections.spec import ProjectionSpec
from shared.store.config import Config
from shared.store.logging import configure_logging
from shared.web.application import issuer_of


def serve(specs: Collection[ProjectionSpec]) -> int:
    """With the projections that dead letters are retried in. Exit code 1 for a wrong environment."""
    try:
        config, console = Config(), ConsoleConfig()
    except ValidationError as error:
        print(f"the environment is not as it should be: {error}", file=sys.stderr)
        return 1
    configure_logging("console-pages", config.log_level)
    app = create_app(
        config.database, console.addresses(), issuer_of(config), secure_cookies=console.console_secure_cookies,
        system=System(config.database, config.broker, specs), reconciliation_beta=config.reconciliation_beta,
    )  # fmt: skip
    uvicorn.run(app, host=config.api_host, port=config.api_port, log_config=None, access_log=False)
    return 0
