"""`python -m services.subscriptions.worker`: the clock of subscriptions, the relay, what commands leave behind."""

from services.subscriptions.projection import SPEC
from shared.commands.forgetting import forgetting
from shared.projections.worker import main
from shared.store.config import Config

if __name__ == "__main__":
    config = Config()
    main(SPEC, config, (forgetting(config),))
