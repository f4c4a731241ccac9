"""Taking over a subscription that was running before it was billed here; importing it again changes nothing."""

from __future__ import annotations

from services.subscriptions.commands.bodies import Import
from shared.billing.facts import SubscriptionImported as Imported
from shared.commands.decision import Exists
from shared.commands.principal import Principal
from shared.commands.standing import Standing
from shared.events.envelope import CloudEvent
from shared.events.facts import facts_of
from shared.events.models.subscriptions import SubscriptionImported

_RATES = ("tax_rate", "tax_exempt", "extra_charge_rate")


def imported(standing: Standing, request: Import, principal: Principal) -> SubscriptionImported | None:
    """The event of a row; None when just this was imported before. Raises Exists for a subscription that is there.

    What it costs is part of a takeover; what an account is charged beside that needs the permission for rates.
    """
    principal.need("subscriptions:import", "import subscriptions")
    if _states_rates(request):
        principal.need("rates:write", "set tax or extra charge of an account: leave them out of the row")
    model = SubscriptionImported.model_validate(dict(request))
    if not standing.facts:
        return model
    said = _said(standing, model)
    if any(fact.body == said for fact in standing.facts):
        return None
    founded = any(isinstance(fact.body, Imported) for fact in standing.facts)
    word = "was imported before with other content" if founded else "is there already, and was not imported"
    raise Exists(f"subscription {standing.subscription} {word}: change what is there, or give the row an id of its own")


def _states_rates(request: Import) -> bool:
    accounts = (request.customer, request.reseller)
    return any(getattr(account, rate, None) is not None for account in accounts for rate in _RATES)


def _said(standing: Standing, model: SubscriptionImported) -> object:
    """What the row says of the subscription, as a fact has it."""
    event = CloudEvent("", "", "SubscriptionImported", standing.at, b"")
    return facts_of(event, model)[0].body
