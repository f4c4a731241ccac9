"""The service processes, by module name: deployment starts them and imports none."""

from dataclasses import dataclass

ROLES = ("projector", "api", "worker")
PAGES = "pages"
PREPARE = "services.prepare"
# Where `up` reads the port of the console from, when it is not told on the command line.
CONSOLE_PORT = "SEATLEDGER_CONSOLE_PORT"


@dataclass(frozen=True)
class ServiceProcess:
    """One process of a service, started as `python -m <module>`."""

    service: str
    role: str
    module: str

    @property
    def name(self) -> str:
        return f"{self.service}-{self.role}"

    @property
    def serves(self) -> bool:
        """Whether it has an API; the console has one beside its pages."""
        return self.role in ("api", PAGES)

    @property
    def listens(self) -> bool:
        """Whether it is asked over HTTP: an API, or the pages of the console."""
        return self.role in ("api", PAGES)

    @property
    def port_variable(self) -> str:
        """What it is given its port in; at it /healthz, /readyz and /metrics answer."""
        return "SEATLEDGER_API_PORT" if self.listens else "SEATLEDGER_METRICS_PORT"


def api_variable(service: str) -> str:
    """What the console finds the API of a service by."""
    return f"SEATLEDGER_{service.upper()}_API"


SERVICES: tuple[ServiceProcess, ...] = (
    *(
        ServiceProcess(service, role, f"services.{service}.{role}")
        for service in ("orders", "subscriptions", "invoicing", "reconciliation")
        for role in ROLES
    ),
    ServiceProcess("console", PAGES, "services.console_process"),
)
