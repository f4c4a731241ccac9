"""`python -m services.console.pages`: serves the console until SIGTERM or SIGINT."""

from __future__ import annotations

import sys

import uvicorn
from pydantic import ValidationError

from services.console.application import create_app
from services.console.config import ConsoleConfig
from services.console.overview.running import Runtime
from shared.store.config import Config
from shared.store.logging import configure_logging
from shared.web.application import issuer_of


def main() -> int:
    """Exit code 1 for a wrong environment."""
    try:
        config, console = Config(), ConsoleConfig()
    except ValidationError as error:
        print(f"the environment is not as it should be: {error}", file=sys.stderr)
        return 1
    configure_logging("console-pages", config.log_level)
    app = create_app(
        config.database, console.addresses(), issuer_of(config), secure_cookies=console.console_secure_cookies,
        runtime=Runtime(config.database, config.broker),
    )  # fmt: skip
    uvicorn.run(app, host=config.api_host, port=config.api_port, log_config=None, access_log=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
