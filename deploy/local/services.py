"""The service processes, by module name: deployment starts them and imports none."""

from dataclasses import dataclass

ROLES = ("projector", "api", "worker")
PREPARE = "services.prepare"


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
        """Whether it is an API."""
        return self.role == "api"

    @property
    def port_variable(self) -> str:
        """What it is given its port in; at it /healthz, /readyz and /metrics answer."""
        return "SEATLEDGER_API_PORT" if self.serves else "SEATLEDGER_METRICS_PORT"


SERVICES: tuple[ServiceProcess, ...] = tuple(
    ServiceProcess(service, role, f"services.{service}.{role}")
    for service in ("orders", "subscriptions", "invoicing", "reconciliation")
    for role in ROLES
)
