"""Serves the console until SIGTERM or SIGINT; `services.console_process` is what is started."""

from __future__ import annotations

import sys
from collections.abc import Collection

import uvicorn
from pydantic import ValidationError

from services.console.application import create_app
from services.console.config import ConsoleConfig
from services.console.oidc_sign_in import OidcSignIn
from services.console.system import System
from shared.projections.spec import ProjectionSpec
from shared.store.config import Config
from shared.store.logging import configure_logging
from shared.web.application import issuer_of
from shared.web.oidc import Issuer


def serve(specs: Collection[ProjectionSpec]) -> int:
    """With the projections that dead letters are retried in. Exit code 1 for a wrong environment."""
    try:
        config, console = Config(), ConsoleConfig()
        oidc = _oidc(config, console)
    except (ValidationError, ValueError) as error:
        print(f"the environment is not as it should be: {error}", file=sys.stderr)
        return 1
    configure_logging("console-pages", config.log_level)
    app = create_app(
        config.database, console.addresses(), issuer_of(config), secure_cookies=console.console_secure_cookies,
        system=System(config.database, config.broker, specs),
        reconciliation_beta=config.reconciliation_beta, oidc=oidc,
    )  # fmt: skip
    uvicorn.run(app, host=config.api_host, port=config.api_port, log_config=None, access_log=False)
    return 0


def _oidc(config: Config, console: ConsoleConfig) -> OidcSignIn | None:
    """Signing in at the issuer, where the console is known there. Raises ValueError for a client of no issuer."""
    if console.oidc_client_id is None or console.oidc_client_secret is None:
        return None
    if config.oidc_issuer is None:
        raise ValueError("SEATLEDGER_OIDC_CLIENT_ID goes with SEATLEDGER_OIDC_ISSUER: give that too")
    issued = Issuer(config.oidc_issuer, console.oidc_client_id, config.oidc_jwks_url)
    address = None if console.console_address is None else str(console.console_address)
    return OidcSignIn(config.oidc_issuer, console.oidc_client_id, console.oidc_client_secret, issued, address)
